/** What the session over the verifier's exploration says of bad input. */
import { reporter } from '../../util/problem.ts';

export const knownProblem = reporter('debug', {
  'no-program': { text: 'the request has no program {index}: it has {count}' },
  'no-node': { text: 'there is no node {text}', help: 'nodes are 1 to {count}' },
  'no-verifier-place': {
    text: "there is no '{text}' in {prog}",
    help: 'write an insn (*12), a line (40, file.bpf:40), a label or function; {hint}',
  },
  'no-insn': { text: '{prog} has no insn {slot}: it has insns 0 to {last}' },
  'bad-number': { text: "'{text}' is no {what}", help: 'write a number from {from} to {to}' },
  'no-info': { text: "'{text}' says not what to tell", help: 'it may be {known}' },
  'not-pruned': { text: 'the path is not pruned at node {node}', help: 'prune goes to the next node where one is' },
  'no-child': { text: 'node {node} has no branch {text}', help: 'it has {count}' },
  'not-rejected': { text: 'the program is not rejected: {verdict}' },
  'no-path': { text: 'the program is refused (errno {errno}), but not on a path: see cause' },
  'no-nodes': { text: 'no insn was explored', help: 'cause says why' },
  'no-explanation': { text: 'the log says nothing that can be explained' },
  'not-stored': {
    text: 'the exploration is stored up to node {count}; the rejection lies beyond',
    help: 'cause and explain know of it, hot counts all of it',
  },
  'no-verifier-breakpoint': { text: 'there is no breakpoint {text}' },
  'too-many-verifier-breakpoints': { text: 'there can be {limit} breakpoints' },
});
