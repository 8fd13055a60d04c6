/** Kinds of values that have parts: records, lists, mappings, and values that can be written in several forms. */
import type { Json, Kind } from './kinds.ts';
import {
  checkKeys,
  isFull,
  isRecord,
  joined,
  readKind,
  report,
  type Shape,
  type Sink,
  say,
  type Table,
} from './shape.ts';

type TypeOf<K> = K extends Kind<infer T> ? T : never;

/** A record that was read: the needed fields are there. Its keys are in the file's order. */
export type Given<S extends Shape, N extends keyof S = never> = { readonly [K in N]: TypeOf<S[K]> } & {
  readonly [K in Exclude<keyof S, N>]?: TypeOf<S[K]>;
};

/** The value of a kind. */
export type ValueOf<K> = TypeOf<K>;

/** A kind whose parts tell of themselves. */
function withParts<T>(
  within: (sink: Sink, value: unknown, path: string) => T | undefined,
  rest: Omit<Kind<T>, 'read' | 'within'>,
): Kind<T> {
  return {
    ...rest,
    within,
    read(value) {
      const sink: Sink = { file: '', problems: [] };
      const read = within(sink, value, '');
      return sink.problems.length === 0 ? read : undefined;
    },
  };
}

/** What a record demands beyond its fields. */
interface Demands<T> {
  /** Said once all fields are good: answers what is wanted, or undefined. */
  check?(value: T): string | undefined;
  /** The same for the JSON Schema. */
  readonly also?: Json;
}

/**
 * A record of fields.
 *
 * @param title its name in schemas and documents
 * @param about what it is, in a sentence
 */
export function record<S extends Shape, N extends keyof S & string = never>(
  title: string,
  about: string,
  shape: S,
  needed: readonly N[] = [],
  demands: Demands<Given<S, N>> = {},
): Kind<Given<S, N>> {
  const names = Object.keys(shape);
  const few = names.length > 12 ? `${names.slice(0, 12).join(', ')} …` : names.join(', ');
  const wanted = `a mapping with ${few}`;
  const table: Table = { title, about, shape, needed, ...(demands.also && { also: demands.also }) };
  const within = (sink: Sink, value: unknown, path: string): Given<S, N> | undefined => {
    if (!isRecord(value)) {
      report(sink, path, value, wanted);
      return undefined;
    }
    const before = sink.problems.length;
    checkKeys(sink, value, names, path);
    const values: Record<string, unknown> = {};
    for (const [name, given] of Object.entries(value)) {
      if (!Object.hasOwn(shape, name) || given === undefined) continue;
      values[name] = readKind(sink, shape[name]!, given, joined(path, name));
    }
    for (const name of needed) {
      if (value[name] === undefined) report(sink, joined(path, name), undefined, shape[name]!.wanted);
    }
    if (sink.problems.length > before || isFull(sink)) return undefined;
    const lacks = demands.check?.(values as Given<S, N>);
    if (lacks !== undefined) report(sink, path, value, lacks);
    return lacks === undefined ? (values as Given<S, N>) : undefined;
  };
  return withParts(within, { wanted, word: title, schema: { $ref: `#/$defs/${title}` }, tables: [table] });
}

/** A list of at most `most` items. */
export function list<T>(item: Kind<T>, most: number, least = 0): Kind<readonly T[]> {
  const wanted = least > 0 ? `a list of at least ${least}` : 'a list';
  const within = (sink: Sink, value: unknown, path: string): readonly T[] | undefined => {
    if (!Array.isArray(value)) {
      report(sink, path, value, wanted);
      return undefined;
    }
    if (value.length > most || value.length < least) {
      say(sink, 'file-why', path, {
        why: `${value.length} items, wanted: ${least > 0 ? `${least} to` : 'at most'} ${most}`,
      });
      return undefined;
    }
    const before = sink.problems.length;
    const items: T[] = [];
    for (const [i, one] of value.entries()) {
      const read = readKind(sink, item, one, `${path}[${i}]`);
      if (read !== undefined) items.push(read);
      if (isFull(sink)) return undefined;
    }
    return sink.problems.length > before ? undefined : items;
  };
  const schema = { type: 'array', items: item.schema, maxItems: most, ...(least > 0 && { minItems: least }) };
  return withParts(within, { wanted, word: `list of ${item.word ?? item.wanted}`, schema, tables: item.tables ?? [] });
}

/** Names to values: `names` says what the names can be. */
export function mapping<T>(names: NameKind, item: Kind<T>, most: number): Kind<readonly (readonly [string, T])[]> {
  const wanted = `a mapping of ${names.wanted} to ${item.word ?? item.wanted}`;
  const pattern = new RegExp(names.pattern);
  type Pairs = readonly (readonly [string, T])[];
  const within = (sink: Sink, value: unknown, path: string): Pairs | undefined => {
    if (!isRecord(value)) {
      report(sink, path, value, wanted);
      return undefined;
    }
    const entries = Object.entries(value);
    if (entries.length > most) {
      say(sink, 'file-why', path, { why: `${entries.length} entries, wanted: at most ${most}` });
      return undefined;
    }
    const before = sink.problems.length;
    const pairs: (readonly [string, T])[] = [];
    for (const [name, one] of entries) {
      const at = joined(path, name);
      if (!pattern.test(name)) report(sink, at, name, names.wanted);
      const read = readKind(sink, item, one, at);
      if (read !== undefined) pairs.push([name, read]);
      if (isFull(sink)) return undefined;
    }
    return sink.problems.length > before ? undefined : pairs;
  };
  return withParts(within, {
    wanted,
    word: `mapping of ${names.word} to ${item.word ?? item.wanted}`,
    schema: {
      type: 'object',
      propertyNames: { pattern: names.pattern },
      additionalProperties: item.schema,
      maxProperties: most,
    },
    tables: item.tables ?? [],
  });
}

/** What the names of a mapping can be. */
export interface NameKind {
  readonly pattern: string;
  readonly wanted: string;
  readonly word: string;
}

/** The forms in which a value can be written, by the type of what stands there. */
interface Forms {
  readonly text?: Kind<unknown>;
  readonly number?: Kind<unknown>;
  readonly list?: Kind<unknown>;
  readonly record?: Kind<unknown>;
}

/** A value in one of several forms. */
export function forms<F extends Forms>(of: F, word?: string): Kind<TypeOf<F[keyof F]>> {
  const kinds = Object.values(of) as Kind<unknown>[];
  const wanted = kinds.map((k) => k.wanted).join(', or ');
  const within = (sink: Sink, value: unknown, path: string): TypeOf<F[keyof F]> | undefined => {
    const kind = formOf(of, value);
    if (kind) return readKind(sink, kind, value, path) as TypeOf<F[keyof F]> | undefined;
    report(sink, path, value, wanted);
    return undefined;
  };
  return withParts(within, {
    wanted,
    word: word ?? kinds.map((k) => k.word ?? k.wanted).join(' or '),
    schema: { anyOf: kinds.map((k) => k.schema) },
    tables: kinds.flatMap((k) => k.tables ?? []),
  });
}

function formOf(of: Forms, value: unknown): Kind<unknown> | undefined {
  if (typeof value === 'string') return of.text;
  if (typeof value === 'number') return of.number;
  if (Array.isArray(value)) return of.list;
  return isRecord(value) ? of.record : undefined;
}

/** What is read as one kind and meant as something else. */
export function as<A, B>(kind: Kind<A>, change: (value: A) => B): Kind<B> {
  const { within, read, ...rest } = kind;
  const changed = (value: A | undefined): B | undefined => (value === undefined ? undefined : change(value));
  return {
    ...rest,
    read: (value) => changed(read(value)),
    ...(within && { within: (sink: Sink, value: unknown, path: string) => changed(within(sink, value, path)) }),
  };
}
