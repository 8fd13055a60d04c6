/** Reads records of a node file by the tables of their fields; what is wrong becomes a problem with its path. */
import type { Problem } from '../../../util/problem.ts';
import { suggest } from '../../../util/suggest.ts';
import { nodeProblem } from '../messages.ts';
import type { Kind } from './kinds.ts';

export type Shape = Readonly<Record<string, Kind<unknown>>>;

/** What a record of a shape holds once it is read: every field may be absent. */
export type Values<S extends Shape> = { readonly [K in keyof S]?: S[K] extends Kind<infer T> ? T : never };

/** Where problems go, and the file that they are about. */
export interface Sink {
  readonly file: string;
  readonly problems: Problem[];
}

/** How a value that was found reads in a message. */
function shown(value: unknown): string {
  const json = JSON.stringify(value) ?? 'nothing';
  return json.length > 60 ? `${json.slice(0, 60)}…` : json;
}

export function report(sink: Sink, path: string, found: unknown, wanted: string): void {
  sink.problems.push(nodeProblem('file-value', {}, { file: sink.file, path, found: shown(found), wanted }));
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
    const near = suggest(key, known);
    const help = near === undefined ? `there are: ${known.join(', ')}` : `did you mean '${near}'?`;
    const where = path === '' ? key : `${path}.${key}`;
    sink.problems.push(nodeProblem('file-key', {}, { file: sink.file, path: where, key, help }));
  }
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
      if (needed.includes(name)) report(sink, `${path}.${name}`, undefined, kind.wanted);
      continue;
    }
    const read = kind.read(given);
    if (read === undefined) report(sink, `${path}.${name}`, given, kind.wanted);
    else values[name] = read;
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
