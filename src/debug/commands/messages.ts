/** What the command line says of bad commands. */
import { reporter } from '../../util/problem.ts';

export const commandProblem = reporter('debug', {
  unknown: { text: "there is no command '{word}'", help: '{help}' },
  ambiguous: { text: "'{word}' may be {known}" },
  'bad-number': { text: "'{text}' is no whole number", help: 'usage: {usage}' },
  missing: { text: '{what} is missing', help: 'usage: {usage}' },
  'bad-set': {
    text: "'{text}' is no assignment",
    help: 'write PLACE = VALUE, such as set r1 = 5 or set pkt[12:2] = 0x0800',
  },
  'too-wide': { text: '{value} does not fit into {size} bytes' },
  'not-settable': {
    text: "'{text}' cannot be set",
    help: 'registers R0 to R9, stack, packet, context and map values can',
  },
  'bad-format': {
    text: "'{text}' is no format",
    help: 'x hex, d signed, u unsigned, o octal, t binary, c characters; sizes b h w g; x also takes i: insns',
  },
  nowhere: { text: 'nothing runs now', help: "'s' goes into the next packet, 'rs' into the one before" },
  'no-caller': { text: 'this is the outermost frame' },
  'no-callee': { text: 'this is the innermost frame' },
  'no-verifier': { text: 'the verifier was not asked about this program' },
  'not-known': { text: "'{text}' is no place of the verifier's", help: 'registers R0 to R10 and slots fp-8, fp-16 …' },
  'no-packet': { text: 'there is no packet {number}; there are {count}' },
  'no-insn': {
    text: 'there is no insn at {text}',
    help: 'give pc, a slot of the program that runs, or a register that holds a function',
  },
  'no-writer': { text: 'files cannot be written here' },
  'no-display': { text: 'there is no display {number}' },
  'long-line': { text: 'a command of {length} characters is too long; {limit} will do' },
});
