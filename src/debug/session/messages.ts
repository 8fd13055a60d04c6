/** What a session says of bad input. */
import { reporter } from '../../util/problem.ts';

export const sessionProblem = reporter('debug', {
  'no-prog': { text: "no program '{name}'", help: 'programs: {known}' },
  'no-file': { text: 'the session has no file {name}' },
  'no-programs': { text: '{name} has no program' },
  'no-place': {
    text: "there is no '{text}'",
    help: '{help}',
  },
  'slot-range': { text: 'program {prog} has no insn {slot}: it has insns 0 to {last}' },
  'no-line': { text: 'there are no insns at or below line {line} of {file}', help: 'files: {known}' },
  'bad-key': { text: "'{text}' is no key of {map}, whose keys have {size} bytes", help: '{help}' },
  'no-call': { text: "no helper or kfunc '{name}'", help: '{help}' },
  'no-verdict': { text: "{type} programs have no verdict '{name}'", help: 'verdicts are {known}, or a number' },
  'bad-hits': { text: "'{text}' is no hit count", help: 'write 3, >= 3, > 3 or % 3' },
  'no-breakpoint': { text: 'there is no breakpoint {number}' },
  'too-many-breakpoints': { text: 'there can be {limit} breakpoints' },
  'no-run': { text: 'nothing runs now', help: 'step into a packet first' },
  'no-frame': { text: 'there is no frame {depth}' },
  'frame-pointer': { text: 'R10 cannot be set: it is the frame pointer' },
  'no-register': { text: 'there is no register R{reg}' },
  'read-only': { text: '{size} bytes at {address} cannot be written by programs' },
  unreadable: { text: '{size} bytes at {address} are not in one piece of memory' },
  'edit-failed': { text: '{what} failed: {errno}' },
  'watch-map': {
    text: '{map} is a whole map',
    help: "'break change {map}' stops at every update and delete; 'watch {map}[KEY]' at one element",
  },
  'no-writes': {
    text: "'{text}' names nothing that can be written",
    help: 'a register, fp-8, pkt[12:2], ctx.mark, MAP[key].field',
  },
  'no-tick': { text: 'the session has no moment {tick}: it begins at {first}' },
});
