/** Reads records of a node file by the tables of their fields; what is wrong becomes a problem with its path. */
import type { Args, Problem } from '../../../util/problem.ts';
import { suggest } from '../../../util/suggest.ts';
import { nodeProblem } from '../messages.ts';
import type { Json, Kind } from './kinds.ts';

export type Shape = Readonly<Record<string, Kind<unknown>>>;

/** What a record of a shape holds once it is read: every field may be absent. */
export type Values<S extends Shape> = { readonly [K in keyof S]?: S[K] extends Kind<infer T> ? T : never };

/** A record with a name of its own, as schemas and documents show it. */
export interface Table {
  readonly title: string;
  readonly about: string;
  readonly shape: Shape;
  readonly needed: readonly string[];
  /** What its JSON Schema says beside the fields. */
  readonly also?: Json;
  /** Its JSON Schema, where the fields are not all there is to say. */
  readonly schema?: Json;
}

/** Where problems go, and the file that they are about. */
export interface Sink {
  readonly file: string;
  readonly problems: Problem[];
  /** What goes before every path: the part of the file that is being read. */
  readonly under?: string;
}

/** So many problems are told; more help nobody. */
const MOST_PROBLEMS = 100;

export function isFull(sink: Sink): boolean {
  return sink.problems.length >= MOST_PROBLEMS;
}

/** Takes a problem of a place in the file. */
export function say(sink: Sink, code: Parameters<typeof nodeProblem>[0], path: string, args: Args): void {
  if (isFull(sink)) return;
  const where = sink.under === undefined ? path : joined(sink.under, path);
  sink.problems.push(nodeProblem(code, {}, { file: sink.file, path: where, ...args }));
}

/** A path and what is below it. */
export function joined(path: string, name: string): string {
  return path === '' || name === '' ? `${path}${name}` : `${path}.${name}`;
}

/** How a value that was found reads in a message. */
function shown(value: unknown): string {
  const json = JSON.stringify(value) ?? 'nothing';
  return json.length > 60 ? `${json.slice(0, 60)}…` : json;
}

export function report(sink: Sink, path: string, found: unknown, wanted: string): void {
  say(sink, 'file-value', path, { found: shown(found), wanted });
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Tells keys that are not known; `path` is that of the record, '' for the file's own. */
export function checkKeys(
  sink: Sink,
  record: Readonly<Record<string, unknown>>,
  known: readonly string[],
  path: string,
): void {
  for (const key of Object.keys(record)) {
    if (known.includes(key)) continue;
    if (isFull(sink)) return;
    const near = suggest(key, known);
    const help = near === undefined ? `there are: ${known.join(', ')}` : `did you mean '${near}'?`;
    say(sink, 'file-key', joined(path, key), { key, help });
  }
}

/** Reads a value; undefined where it is wrong, which is then told. */
export function readKind<T>(sink: Sink, kind: Kind<T>, value: unknown, path: string): T | undefined {
  if (kind.within) return kind.within(sink, value, path);
  const read = kind.read(value);
  if (read === undefined) report(sink, path, value, kind.wanted);
  return read;
}

/** Reads a record; fields that are missing or wrong are absent from the result. */
export function readRecord<S extends Shape>(
  sink: Sink,
  value: unknown,
  shape: S,
  path: string,
  needed: readonly (keyof S & string)[] = [],
): Values<S> {
  if (!isRecord(value)) {
    report(sink, path, value, `a mapping with ${Object.keys(shape).join(', ')}`);
    return {};
  }
  checkKeys(sink, value, Object.keys(shape), path);
  const values: Record<string, unknown> = {};
  for (const [name, kind] of Object.entries(shape)) {
    const given = value[name];
    if (given === undefined) {
      if (needed.includes(name)) report(sink, joined(path, name), undefined, kind.wanted);
      continue;
    }
    const read = readKind(sink, kind, given, joined(path, name));
    if (read !== undefined) values[name] = read;
  }
  return values as Values<S>;
}

/** The items of a list; nothing where it is absent. */
export function listOf(sink: Sink, value: unknown, path: string): readonly unknown[] {
  if (value === undefined) return [];
  if (Array.isArray(value)) return value;
  report(sink, path, value, 'a list');
  return [];
}
