import { reporter } from '../../util/problem.ts';

export const DAP_MESSAGES = {
  'dap-no-length': { text: "a message header without 'Content-Length: N' was dropped" },
  'dap-header-too-long': { text: 'more than {limit} bytes without the end of a message header; dropped' },
  'dap-too-long': { text: 'a message of {length} bytes was dropped; the limit is {limit}' },
  'dap-not-json': { text: 'a message that is no JSON in UTF-8 was dropped: {why}' },
  'dap-not-request': { text: 'a message that is no request was dropped: {why}' },
  'dap-too-many': { text: 'too many requests wait already ({limit})' },
  'dap-unknown-request': { text: "no request '{command}'{hint}" },
  'dap-arguments': { text: '{command}: {where}: {wanted}' },
  'dap-order': { text: '{command}: {why}' },
  'dap-cancelled': { text: 'cancelled' },
  'dap-internal': { text: 'internal error: {why}', help: 'this is a bug in bpflab' },
  'dap-stale': { text: 'reference {reference} is no longer valid: it belongs to another stop' },
  'dap-no-variable': { text: "no variable '{name}' there" },
  'dap-read-only': { text: "'{name}' cannot be set" },
  'dap-not-a-number': { text: "'{text}' is no number that fits in {bytes} bytes" },
  'dap-no-source': { text: 'no such source: {what}' },
  'dap-no-line': { text: 'no insn at or below line {line}' },
  'dap-no-insn': { text: 'no insn at {reference}' },
  'dap-memory-reference': { text: "'{reference}' is no address: a hexadecimal number such as 0x12000 is wanted" },
  'dap-not-writable': { text: '{count} bytes at {reference} are no memory that can be written' },
  'dap-not-base64': { text: 'data is no base64' },
  'dap-no-function': { text: "no function, label or helper '{name}'{hint}" },
  'dap-no-filter': { text: "no exception filter '{name}'" },
  'dap-no-target': { text: 'target {target} is no longer valid' },
  'dap-not-watchable': { text: '{name}: only what is written to registers and memory can be watched' },
  'dap-command': { text: '{text}' },
  'dap-no-exception': { text: 'it does not stand at an exception' },
  'dap-rejected': {
    text: "'{prog}' is rejected by the verifier and does not run",
    help: 'launch it with "noVerify": true to run it all the same',
  },
} as const;

export const dapProblem = reporter('debug', DAP_MESSAGES);
