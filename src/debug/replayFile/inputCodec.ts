/** What a session is made of, in a recording. */
import type { CtxFields, CtxValue } from '../../kernel/replay/ctx.ts';
import type { Position } from '../../kernel/replay/result.ts';
import type { TestRunInput } from '../../kernel/testRun/uarg.ts';
import type { SessionInput, SessionMaps, SessionPacket, SessionScenario } from '../session/input.ts';
import type { ProgramFile, ProgramFiles, SymbolPlace } from '../symbols.ts';
import {
  anything,
  big,
  bytes,
  type Codec,
  dictionary,
  either,
  isObject,
  list,
  object,
  oneOf,
  optional,
  orNull,
  refuse,
  text,
  whole,
} from './codec.ts';
import { requestCodec } from './requestCodec.ts';

const MAX_PACKETS = 100_000;
const MAX_PACKET = 1 << 20;
const MAX_CAPTURE = 1 << 26;
const MAX_SLOTS = 1_000_001;
const MAX_LINE = 1 << 20;
const MAX_TEXT = 1 << 24;
const SAFE = Number.MAX_SAFE_INTEGER;
const U32 = 0xffff_ffff;
const U64 = (1n << 64n) - 1n;

const name = text(4096);
const names = list(name, 1000);
const isNumber = (v: unknown): v is number => typeof v === 'number';
const isText = (v: unknown): v is string => typeof v === 'string';
const isList = (v: unknown): boolean => Array.isArray(v);

type Run = NonNullable<SessionPacket['run']>;

const run = object<Run>({
  ctx: optional(bytes(MAX_PACKET)),
  repeat: optional(whole(0, U32)),
  flags: optional(whole(0, U32)),
  outSize: optional(whole(0, U32)),
  ctxOutSize: optional(whole(0, U32)),
  cpu: optional(whole(0, U32)),
  batchSize: optional(whole(0, U32)),
} satisfies Record<keyof Omit<TestRunInput, 'data'>, unknown>);

const packet = object<SessionPacket>({
  bytes: bytes(MAX_PACKET),
  timeNs: optional(big(-U64, U64)),
  progs: optional(names),
  run: optional(run),
});

/** `[file, line, col, length, text]`; file counts the names of the program's `sources`, 0 stands for no length and no text. */
type Spot = readonly (number | string)[];

function spotCodec(sources: readonly string[]): Codec<Position> {
  const column = whole(0, MAX_LINE);
  return {
    write({ pos, text: line }) {
      const { file, line: row, col, length } = pos;
      const spot: Spot = [sources.indexOf(file), row, col, length ?? 0, ...(line === undefined ? [] : [line])];
      return [...spot];
    },
    read(json, path, sink) {
      const parts: readonly unknown[] = Array.isArray(json) ? json : [];
      if (parts.length < 4 || parts.length > 5) {
        return refuse(json, path, sink, '[file, line, col, length, text]');
      }
      const file = whole(0, sources.length - 1).read(parts[0], `${path}[0]`, sink);
      const [line, col, length] = [1, 2, 3].map((i) => column.read(parts[i], `${path}[${i}]`, sink));
      const shown = parts.length === 5 ? text(MAX_LINE).read(parts[4], `${path}[4]`, sink) : undefined;
      if (file === undefined || line === undefined || col === undefined || length === undefined) return undefined;
      if (parts.length === 5 && shown === undefined) return undefined;
      const pos = { file: sources[file]!, line, col, ...(length > 0 && { length }) };
      return { pos, ...(shown !== undefined && { text: shown }) };
    },
  };
}

const symbol = object<SymbolPlace>({ name, slot: whole(0, MAX_SLOTS) });

/** As it stands in the file: names of sources once, positions by number. */
interface StoredProgram {
  readonly name: string;
  readonly functions: readonly SymbolPlace[];
  readonly labels: readonly SymbolPlace[];
  readonly sources: readonly string[];
  readonly positions: unknown;
}

const storedProgram = object<StoredProgram>({
  name,
  functions: list(symbol, 100_000),
  labels: list(symbol, 100_000),
  sources: list(name, 10_000),
  positions: { write: (value) => value as never, read: (json) => json },
});

const program: Codec<ProgramFile> = {
  write({ name: own, functions, labels, positions }) {
    const sources = [...new Set(positions.flatMap((p) => (p ? [p.pos.file] : [])))];
    const written = list(orNull(spotCodec(sources)), MAX_SLOTS).write(positions);
    return storedProgram.write({ name: own, functions, labels, sources, positions: written });
  },
  read(json, path, sink) {
    const stored = storedProgram.read(json, path, sink);
    if (!stored) return undefined;
    const { sources, positions: given, ...rest } = stored;
    const positions = list(orNull(spotCodec(sources)), MAX_SLOTS).read(given, `${path}.positions`, sink);
    return positions && { ...rest, positions };
  },
};

const files = object<ProgramFiles>({
  programs: list(program, 1000),
  texts: dictionary(text(MAX_TEXT), 10_000, 4096),
});

/** Numbers beyond 2^53 stand as `{"bigint": "…"}`, since text is text here. */
const bigObject = object<{ readonly bigint: bigint }>({ bigint: big(-U64, U64) });
const ctxBig: Codec<bigint> = {
  write: (value) => bigObject.write({ bigint: value }),
  read: (json, path, sink) => bigObject.read(json, path, sink)?.bigint,
};
const ctxValue: Codec<CtxValue> = either<number, string | bigint>(
  'a number, a text or {"bigint": …}',
  { codec: whole(-SAFE, SAFE), is: isNumber, reads: isNumber },
  either<string, bigint>('a text or {"bigint": …}', { codec: name, is: isText, reads: isText }, ctxBig),
);
const ctxField: Codec<CtxValue | readonly CtxValue[]> = either<readonly CtxValue[], CtxValue>(
  'a value or a list of values',
  { codec: list(ctxValue, 1000), is: isList as (v: unknown) => v is readonly CtxValue[], reads: isList },
  ctxValue,
);

const ctxBytes = object<{ readonly bytes: Uint8Array }>({ bytes: bytes(MAX_PACKET) });
const ctxFields = object<{ readonly fields: CtxFields }>({ fields: dictionary(ctxField, 1000) });

/** `{"bytes": hex}` or `{"fields": {…}}` */
const ctx: Codec<CtxFields | Uint8Array> = {
  write: (value) =>
    value instanceof Uint8Array ? ctxBytes.write({ bytes: value }) : ctxFields.write({ fields: value }),
  read(json, path, sink) {
    if (isObject(json) && Object.hasOwn(json, 'bytes')) return ctxBytes.read(json, path, sink)?.bytes;
    return ctxFields.read(json, path, sink)?.fields;
  },
};

const maps = object<SessionMaps>({ file: name, content: anything(64), map: name });

const scenarioRequest = object<SessionScenario['requests'][number]>({
  file: name,
  define: dictionary(whole(-SAFE, SAFE), 1000),
  request: requestCodec,
});

const scenario = object<SessionScenario>({
  json: anything(64),
  requests: list(scenarioRequest, 1000),
  captures: dictionary(bytes(MAX_CAPTURE), 1000),
  maps: dictionary(anything(64), 1000),
});

export const inputCodec: Codec<SessionInput> = object<SessionInput>({
  name,
  request: requestCodec,
  files,
  packets: list(packet, MAX_PACKETS),
  progs: names,
  ctx: optional(ctx),
  repeat: optional(whole(0, U32)),
  time: optional(oneOf(['capture', 'fixed'])),
  insnLimit: optional(whole(0, SAFE)),
  seed: optional(whole(-SAFE, SAFE)),
  cpus: optional(whole(1, 1024)),
  clockNs: optional(big(0n, U64)),
  scenario: optional(scenario),
  node: optional(anything(64)),
  maps: optional(list(maps, 1000)),
});
