/** Scenario files: read with the line of every problem, and written back with what was recorded. */
import { type Document, isMap, isNode, parseDocument, stringify } from 'yaml';
import { readScenario } from '../kernel/scenario/file/index.ts';
import type { Path, Scenario } from '../kernel/scenario/model.ts';
import type { Problem } from '../util/problem.ts';
import { Failure } from './failure.ts';
import type { Io } from './io.ts';
import { findPlace, readYaml } from './yamlFile.ts';

/** A scenario file as it was read. */
export interface ScenarioFile {
  readonly scenario: Scenario;
  readonly text: string;
  /** Gives a problem the line of its `path` argument. */
  placed(problem: Problem): Problem;
}

/** Reads a scenario file, or leaves the command with every problem, each with its line. */
export function readScenarioFile(io: Io, path: string): ScenarioFile {
  const { json, text, placed } = readYaml(io, path);
  const read = readScenario(json, path);
  if (read.ok) return { scenario: read.value, text, placed };
  throw new Failure(read.problems.map(placed));
}

/** An expectation to be written. */
export interface ScenarioEdit {
  /** Of the expectation: `steps[3].expect`. */
  readonly path: Path;
  /** What `recordExpect` answers. */
  readonly value: unknown;
}

/** A text and the paths of edits that could not be made: their places are reached by aliases. */
export interface UpdatedScenario {
  readonly text: string;
  readonly skipped: readonly Path[];
}

/** Characters of the old text and what comes in their place. */
interface Splice {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** Writes expectations into the text of a file. Only values that differ are touched; every other character stays. */
export function updateScenario(text: string, edits: readonly ScenarioEdit[]): UpdatedScenario {
  const document = parseDocument(text, { prettyErrors: false });
  const splices: Splice[] = [];
  const skipped: Path[] = [];
  for (const { path, value } of edits) edit(document, text, path, value, splices, skipped);
  let out = text;
  const end = text.includes('\r\n') ? '\r\n' : '\n';
  for (const { from, to, text: put } of splices.sort((a, b) => b.from - a.from)) {
    out = out.slice(0, from) + put.replace(/\n/g, end) + out.slice(to);
  }
  return { text: out, skipped };
}

function edit(document: Document, text: string, path: Path, value: unknown, splices: Splice[], skipped: Path[]): void {
  const { node, pair, flow, whole } = findPlace(document, path);
  const key = pair?.key;
  if (!whole || !isNode(node) || !isNode(key) || !node.range || !key.range) {
    skipped.push(path);
    return;
  }
  const names = isRecord(value) ? Object.keys(value) : [];
  if (isMap(node) && isRecord(value) && names.length === node.items.length && names.every((name) => node.has(name))) {
    for (const [name, part] of Object.entries(value)) edit(document, text, `${path}.${name}`, part, splices, skipped);
    return;
  }
  if (same(node.toJS(document), value)) return;
  const colon = text.indexOf(':', key.range[1]);
  const [start, last] = node === key ? [colon + 1, colon + 1] : node.range;
  const to = start + text.slice(start, last).trimEnd().length;
  const column = key.range[0] - (text.lastIndexOf('\n', key.range[0] - 1) + 1);
  const head = text.slice(colon + 1, start).trimEnd();
  const isJson = isMap(document.contents) && document.contents.flow === true;
  splices.push(placedValue({ text, from: colon + 1, to, head, indent: ' '.repeat(column + 2) }, value, flow, isJson));
}

interface Spot {
  readonly text: string;
  readonly from: number;
  readonly to: number;
  /** Comments and anchors between the key and the value. */
  readonly head: string;
  readonly indent: string;
}

/** Every text stays in one line, with its line ends escaped. */
const PLAIN = { lineWidth: 0, blockQuote: false, doubleQuotedMinMultiLineLength: 1_000_000_000 } as const;

/** The value in the form of its surroundings. */
function placedValue({ text, from, to, head, indent }: Spot, value: unknown, flow: boolean, json: boolean): Splice {
  const empty = typeof value !== 'object' || value === null || Object.keys(value).length === 0;
  if (flow || empty) {
    const line = json ? JSON.stringify(value) : inline(value);
    return { from, to, text: head.includes('#') ? `${head}\n${indent}${line}` : `${head} ${line}` };
  }
  const block = stringify(value, { ...PLAIN, indentSeq: true }).trimEnd();
  const body = block.replace(/^/gm, indent);
  // A comment behind the old value goes with the key.
  const [comment] = /^[ \t]+#[^\r\n]*/.exec(text.slice(to)) ?? [''];
  return { from, to: to + comment.length, text: `${head}${comment}\n${body}` };
}

/** A value in one line. */
function inline(value: unknown): string {
  return stringify(value, { ...PLAIN, collectionStyle: 'flow' })
    .trimEnd()
    .replace(/\n\s*/g, ' ');
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The same value, be it lines as a list or as one text. */
function same(old: unknown, value: unknown): boolean {
  const lines = typeof old === 'string' && Array.isArray(value) ? old.replace(/\n$/, '').split('\n') : old;
  return JSON.stringify(lines === '' ? [] : lines) === JSON.stringify(value);
}
