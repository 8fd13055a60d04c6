/**
 * Recordings, `*.bpflab-replay`: one JSON document with all that a session is made of and where it stands, so that it is
 * the same session on any machine.
 */
import { KERNELS, type KernelName } from '../../spec/profiles.ts';
import { fail, ok, type Result } from '../../util/problem.ts';
import type { SessionInput } from '../session/input.ts';
import type { TimedEdit } from '../session/timeline.ts';
import { type Codec, isObject, object, oneOf, plain, Sink, text } from './codec.ts';
import { inputCodec } from './inputCodec.ts';
import { replayFileProblem } from './messages.ts';
import { breakpointsCodec, displaysCodec, editsCodec, type RecordedBreakpoint, tick } from './sessionCodec.ts';

/** Version of the format. A reader reads no other. */
const REPLAY_VERSION = 1;
/** Characters that a recording may have. */
const MAX_REPLAY = 1 << 28;

/** A recording. */
export interface ReplayData {
  /** Version of the bpflab that wrote it. */
  readonly bpflab: string;
  /** The kernel profile that programs ran in. */
  readonly kernel: KernelName;
  readonly input: SessionInput;
  /** Changes that the user made, by their moments, also those that are still to come. */
  readonly edits: readonly TimedEdit[];
  readonly breakpoints: readonly RecordedBreakpoint[];
  /** Expressions shown at every stop. */
  readonly displays: readonly string[];
  /** Where it stands. */
  readonly tick: number;
  /** See `digestOf`: the moment as it was. */
  readonly digest: string;
}

const digest = plain(
  '16 hexadecimal digits',
  (json): json is string => typeof json === 'string' && /^[0-9a-f]{16}$/.test(json),
);

const KEY = 'bpflab-replay';

type Document = ReplayData & { readonly [KEY]: number };

const documentCodec: Codec<Document> = object<Document>({
  [KEY]: oneOf([REPLAY_VERSION as number]),
  bpflab: text(64),
  kernel: oneOf(Object.keys(KERNELS) as KernelName[]),
  tick,
  digest,
  breakpoints: breakpointsCodec,
  displays: displaysCodec,
  edits: editsCodec,
  input: inputCodec,
});

/** A recording as text: JSON, one line for each of its parts. */
export function writeReplay(data: ReplayData): string {
  const json = documentCodec.write({ [KEY]: REPLAY_VERSION, ...data }) as Readonly<Record<string, unknown>>;
  const lines = Object.entries(json).map(([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`);
  return `{\n${lines.join(',\n')}\n}\n`;
}

/** Is the text meant as a recording? */
export function isReplay(file: string): boolean {
  return /^\s*\{\s*"bpflab-replay"/.test(file);
}

function parse(file: string): Result<unknown> {
  try {
    return ok(JSON.parse(file));
  } catch (error) {
    const why = error instanceof Error ? error.message : 'it cannot be parsed';
    return fail(replayFileProblem('replay-json', {}, { why: why.slice(0, 200) }));
  }
}

/** Reads a recording; every field is checked, unknown ones are refused. Problems have the JSON path of what is wrong. */
export function readReplay(file: string): Result<ReplayData> {
  if (file.length > MAX_REPLAY) {
    return fail(replayFileProblem('replay-size', {}, { size: file.length, limit: MAX_REPLAY }));
  }
  const json = parse(file);
  if (!json.ok) return json;
  const { value } = json;
  if (!isObject(value) || !Object.hasOwn(value, KEY)) {
    return fail(replayFileProblem('replay-not', {}, { version: REPLAY_VERSION }));
  }
  const version = value[KEY];
  if (version !== REPLAY_VERSION) {
    const by = typeof value.bpflab === 'string' ? value.bpflab.slice(0, 64) : 'unknown';
    const found = typeof version === 'number' ? version : 'unknown';
    return fail(replayFileProblem('replay-version', {}, { found, version: REPLAY_VERSION, by }));
  }
  const sink = new Sink();
  const document = documentCodec.read(value, '$', sink);
  if (!document) return fail(...sink.problems);
  const { [KEY]: _version, ...data } = document;
  return ok(data);
}
