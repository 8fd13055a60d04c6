/**
 * Values to JSON and back, by tables: one codec says how a value is written, what is accepted when it is read, and what
 * is said of anything else. An object's table has a row for each of its fields, so that a new field does not compile
 * without one.
 */
import { fromHex, toHex } from '../../util/hex.ts';
import type { Problem } from '../../util/problem.ts';
import { suggest } from '../../util/suggest.ts';
import { replayFileProblem } from './messages.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Problems of one reading; after some it stops collecting. */
export class Sink {
  readonly problems: Problem[] = [];

  add(problem: Problem): undefined {
    if (this.problems.length < 20) this.problems.push(problem);
    return undefined;
  }
}

export interface Codec<T> {
  write(value: T): Json;
  /** The value, or undefined with a problem in the sink. */
  read(json: unknown, path: string, sink: Sink): T | undefined;
  readonly optional?: true;
}

/** A field that may be absent. */
export type Optional<T> = Codec<T> & { readonly optional: true };

export function optional<T>(codec: Codec<T>): Optional<T> {
  return { ...codec, optional: true };
}

/** What was found, in a few words. */
function foundText(json: unknown): string {
  if (json === undefined) return 'missing';
  if (Array.isArray(json)) return `a list of ${json.length}`;
  if (typeof json === 'object' && json !== null) return 'an object';
  const text = JSON.stringify(json) ?? typeof json;
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

export function refuse(json: unknown, path: string, sink: Sink, wanted: string): undefined {
  return sink.add(replayFileProblem('replay-value', {}, { path, found: foundText(json), wanted }));
}

/** A value that is written as it is. */
export function plain<T extends Json>(wanted: string, test: (json: unknown) => json is T): Codec<T> {
  return {
    write: (value) => value,
    read: (json, path, sink) => (test(json) ? json : refuse(json, path, sink, wanted)),
  };
}

export function text(max: number): Codec<string> {
  const wanted = `a text of at most ${max} characters`;
  return plain(wanted, (json): json is string => typeof json === 'string' && json.length <= max);
}

/** A whole number from `min` to `max`. */
export function whole(min: number, max: number): Codec<number> {
  const wanted = `a whole number from ${min} to ${max}`;
  return plain(
    wanted,
    (json): json is number =>
      Number.isInteger(json) && !Object.is(json, -0) && Number(json) >= min && Number(json) <= max,
  );
}

export const flag: Codec<boolean> = plain('true or false', (json): json is boolean => typeof json === 'boolean');

export function oneOf<const T extends string | number>(values: readonly T[]): Codec<T> {
  const wanted = `one of ${values.join(', ')}`;
  return plain(wanted, (json): json is T => values.includes(json as T));
}

/** A whole number of any size as decimal text. */
export function big(min: bigint, max: bigint): Codec<bigint> {
  const wanted = `a number from ${min} to ${max} as decimal text`;
  return {
    write: (value) => `${value}`,
    read(json, path, sink) {
      const value = typeof json === 'string' && /^(?:0|-?[1-9]\d{0,39})$/.test(json) ? BigInt(json) : undefined;
      return value !== undefined && value >= min && value <= max ? value : refuse(json, path, sink, wanted);
    },
  };
}

/** Bytes as hex. */
export function bytes(max: number): Codec<Uint8Array> {
  const wanted = `hex text of at most ${max} bytes`;
  return {
    write: (value) => toHex(value),
    read(json, path, sink) {
      const value = typeof json === 'string' && json.length <= 2 * max ? fromHex(json) : undefined;
      return value ?? refuse(json, path, sink, wanted);
    },
  };
}

/** Hex that stays text, white space allowed. */
export function hexText(max: number): Codec<string> {
  const wanted = `hex text of at most ${max} characters`;
  return plain(
    wanted,
    (json): json is string => typeof json === 'string' && json.length <= max && fromHex(json) !== undefined,
  );
}

export function list<T>(item: Codec<T>, max: number): Codec<readonly T[]> {
  return {
    write: (value) => value.map(item.write),
    read(json, path, sink) {
      if (!Array.isArray(json) || json.length > max) return refuse(json, path, sink, `a list of at most ${max}`);
      const before = sink.problems.length;
      const values: T[] = [];
      for (const [i, one] of json.entries()) {
        const value = item.read(one, `${path}[${i}]`, sink);
        if (sink.problems.length > before) return undefined;
        values.push(value as T);
      }
      return values;
    },
  };
}

/** `null` stands for undefined. */
export function orNull<T>(codec: Codec<T>): Codec<T | undefined> {
  return {
    write: (value) => (value === undefined ? null : codec.write(value)),
    read: (json, path, sink) => (json === null ? undefined : codec.read(json, path, sink)),
  };
}

export function isObject(json: unknown): json is Readonly<Record<string, unknown>> {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

/** The path of a key, as JSON paths are written. */
function member(path: string, key: string): string {
  return /^[A-Za-z_]\w*$/.test(key) ? `${path}.${key}` : `${path}[${foundText(key)}]`;
}

/** An object whose keys are names of the file. */
export function dictionary<T>(value: Codec<T>, max: number, keyLength = 256): Codec<Readonly<Record<string, T>>> {
  return {
    write: (object) => Object.fromEntries(Object.entries(object).map(([key, one]) => [key, value.write(one)])),
    read(json, path, sink) {
      const entries = isObject(json) ? Object.entries(json) : [];
      const fits = entries.length <= max && entries.every(([key]) => key.length <= keyLength);
      if (!isObject(json) || !fits) return refuse(json, path, sink, `an object of at most ${max} names`);
      const before = sink.problems.length;
      const read = entries.map(([key, one]) => [key, value.read(one, member(path, key), sink)] as const);
      return sink.problems.length > before ? undefined : (Object.fromEntries(read) as Record<string, T>);
    },
  };
}

/** A row for each field of an object. */
export type Rows<T> = {
  readonly [K in keyof T]-?: Record<never, never> extends Pick<T, K> ? Optional<Exclude<T[K], undefined>> : Codec<T[K]>;
};

function unknownKey(path: string, key: string, known: readonly string[]): Problem {
  const hint = suggest(key, known);
  const help = hint === undefined ? `known: ${known.join(', ')}` : `did you mean ${hint}?`;
  return replayFileProblem('replay-key', {}, { path, key: foundText(key), help });
}

/** An object with just these fields. */
export function object<T extends object>(rows: Rows<T>): Codec<T> {
  const entries = Object.entries(rows) as [string, Codec<unknown>][];
  const known = entries.map(([key]) => key);
  return {
    write(value) {
      const from = value as Readonly<Record<string, unknown>>;
      return Object.fromEntries(
        entries.flatMap(([key, codec]) =>
          codec.optional && from[key] === undefined ? [] : [[key, codec.write(from[key])]],
        ),
      );
    },
    read(json, path, sink) {
      if (!isObject(json)) return refuse(json, path, sink, `an object with ${known.join(', ')}`);
      const before = sink.problems.length;
      for (const key of Object.keys(json)) if (!known.includes(key)) sink.add(unknownKey(path, key, known));
      const read: [string, unknown][] = [];
      for (const [key, codec] of entries) {
        if (!Object.hasOwn(json, key)) {
          if (!codec.optional) sink.add(replayFileProblem('replay-missing', {}, { path, key }));
          continue;
        }
        read.push([key, codec.read(json[key], member(path, key), sink)]);
      }
      return sink.problems.length > before ? undefined : (Object.fromEntries(read) as T);
    },
  };
}

/** One of several objects, told apart by their `kind`. */
export function byKind<T extends { readonly kind: string }>(
  cases: {
    readonly [K in T['kind']]: Codec<Extract<T, { readonly kind: K }>>;
  },
): Codec<T> {
  const codecs = cases as unknown as Readonly<Record<string, Codec<T>>>;
  return {
    write: (value) => codecs[value.kind]!.write(value),
    read(json, path, sink) {
      const kind = isObject(json) ? json.kind : undefined;
      if (typeof kind === 'string' && Object.hasOwn(codecs, kind)) return codecs[kind]!.read(json, path, sink);
      return refuse(isObject(json) ? kind : json, `${path}.kind`, sink, `one of ${Object.keys(codecs).join(', ')}`);
    },
  };
}

/** What the first of two codecs refuses is read by the second; `first` tells which one writes a value. */
export function either<A, B>(
  wanted: string,
  first: {
    readonly codec: Codec<A>;
    readonly is: (value: A | B) => value is A;
    readonly reads: (json: unknown) => boolean;
  },
  second: Codec<B>,
): Codec<A | B> {
  return {
    write: (value) => (first.is(value) ? first.codec.write(value) : second.write(value as B)),
    read(json, path, sink) {
      if (json === null || typeof json === 'boolean') return refuse(json, path, sink, wanted);
      return first.reads(json) ? first.codec.read(json, path, sink) : second.read(json, path, sink);
    },
  };
}

/** Any JSON of at most so many levels, kept as it is. */
export function anything(maxDepth: number): Codec<unknown> {
  const fits = (json: unknown, depth: number): boolean => {
    if (typeof json !== 'object' || json === null) return json !== undefined;
    return depth > 0 && Object.values(json).every((one) => fits(one, depth - 1));
  };
  return {
    write: (value) => value as Json,
    read: (json, path, sink) =>
      fits(json, maxDepth) ? json : refuse(json, path, sink, `JSON of at most ${maxDepth} levels`),
  };
}

/** A codec that is made when it is first used: for types that hold themselves. */
export function later<T>(make: () => Codec<T>): Codec<T> {
  let made: Codec<T> | undefined;
  const codec = (): Codec<T> => {
    made ??= make();
    return made;
  };
  return {
    write: (value) => codec().write(value),
    read: (json, path, sink) => codec().read(json, path, sink),
  };
}
