/** What is said of recordings that cannot be read. Places are JSON paths. */
import { reporter } from '../../util/problem.ts';

export const replayFileProblem = reporter('debug', {
  'replay-json': { text: 'the recording is no JSON: {why}' },
  'replay-not': {
    text: 'this is no recording of bpflab',
    help: 'a recording is one JSON object that begins with "bpflab-replay": {version}',
  },
  'replay-version': {
    text: 'the recording has version {found}; this bpflab reads version {version}',
    help: 'record it again, or use the bpflab that wrote it ({by})',
  },
  'replay-size': { text: 'the recording has {size} characters; {limit} is the limit' },
  'replay-value': { text: '{path} is {found}; wanted: {wanted}' },
  'replay-missing': { text: '{path}: {key} is missing' },
  'replay-key': { text: '{path}: unknown key {key}', help: '{help}' },
  'replay-differs': {
    text: 'the recording does not come out the same: at tick {tick} registers and packet have the digest {found}, recorded is {wanted}',
    help: 'it was written by bpflab {by}; another version may run programs differently',
  },
  'replay-kernel': { text: 'the recording ran in kernel {kernel}; sessions run in {own}' },
  'replay-breakpoint': { text: 'breakpoint {number} of the recording cannot be set: {why}' },
  'replay-tick': { text: 'the recording ends at tick {tick}, which the run does not reach: it ends at {last}' },
});
