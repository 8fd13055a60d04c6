/** YAML files whose values have places: what is wrong with a value is told with its line. */
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Pair,
  parseDocument,
} from 'yaml';
import type { Problem } from '../util/problem.ts';
import { unusable } from './failure.ts';
import { readText } from './files.ts';
import type { Io } from './io.ts';

/** Texts longer than this are not read. */
const LONGEST = 32 * 1024 * 1024;
/** Values that aliases may make of one: beyond that a file is out to fill the memory. */
const MOST_ALIASES = 100;

/** A YAML file as it was read. */
export interface YamlFile {
  readonly text: string;
  /** Its content, parsed as JSON would be. */
  readonly json: unknown;
  /** The problem with the line of the innermost part of its path that the file has. */
  placed(problem: Problem): Problem;
}

/** Reads a file of YAML or JSON, or leaves the command with what is wrong with it and where. */
export function readYaml(io: Io, path: string): YamlFile {
  const text = readText(io, path);
  if (text.length > LONGEST) unusable('bad-yaml', {}, { path, why: `longer than ${LONGEST >> 20} MiB` });
  const lines = new LineCounter();
  const document = parsed(path, () => parseDocument(text, { lineCounter: lines, prettyErrors: false }));
  const [wrong] = document.errors;
  if (wrong) {
    const { line, col } = lines.linePos(wrong.pos[0]);
    unusable('bad-yaml', { pos: { file: path, line, col } }, { path, why: wrong.message });
  }
  const json: unknown = parsed(path, () => document.toJS({ maxAliasCount: MOST_ALIASES }));
  return {
    text,
    json,
    placed(problem) {
      const { node } = findPlace(document, String(problem.args.path ?? ''));
      const range = isNode(node) ? node.range : undefined;
      if (!range || node === document.contents) return problem;
      const { line, col } = lines.linePos(range[0]);
      return { ...problem, at: { pos: { file: path, line, col }, text: text.split('\n')[line - 1] ?? '' } };
    },
  };
}

/** What nests too deep or repeats too much is no good file; the parser throws. */
function parsed<T>(path: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    const why =
      error instanceof RangeError ? 'nested too deep' : error instanceof Error ? error.message : String(error);
    unusable('bad-yaml', {}, { path, why });
  }
}

/** Where a path leads in a document. */
interface FoundPlace {
  /** The innermost value of the path that is there. */
  readonly node: unknown;
  /** The entry of a mapping that holds it. */
  readonly pair: Pair | undefined;
  /** It stands between brackets. */
  readonly flow: boolean;
  /** All of the path is there, and none of it by an alias. */
  readonly whole: boolean;
}

/** Follows a path such as `steps[3].expect`; keys may hold dots: the longest that fits is taken. */
export function findPlace(document: Document, path: string): FoundPlace {
  let place: FoundPlace = { node: document.contents, pair: undefined, flow: false, whole: true };
  let rest = path;
  while (rest !== '') {
    const { node } = place;
    const index = /^\[(\d+)\]/.exec(rest);
    const flow = place.flow || ((isMap(node) || isSeq(node)) && node.flow === true);
    if (index && isSeq(node)) {
      const item = node.items[Number(index[1])];
      if (item === undefined) return { ...place, whole: false };
      rest = rest.slice(index[0].length);
      place = { node: item, pair: undefined, flow, whole: true };
      continue;
    }
    const name = rest.replace(/^\./, '');
    const pair = isMap(node) ? longestKey(node.items, name) : undefined;
    if (!pair) return { ...place, whole: false };
    rest = name.slice(keyText(pair).length);
    place = { node: pair.value ?? pair.key, pair, flow, whole: true };
    if (isAlias(place.node) && rest !== '') return { ...place, whole: false };
  }
  return place;
}

function keyText({ key }: Pair): string {
  return String(isScalar(key) ? key.value : key);
}

function longestKey(items: readonly unknown[], name: string): Pair | undefined {
  let best: Pair | undefined;
  for (const item of items) {
    if (!isPair(item)) continue;
    const key = keyText(item);
    const fits = name === key || (name.startsWith(key) && /[.[]/.test(name[key.length]!));
    if (fits && (!best || key.length > keyText(best).length)) best = item;
  }
  return best;
}
