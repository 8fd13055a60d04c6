/**
 * Errors as data. A `Problem` says what went wrong, where, and with which values; the words live in the
 * `messages.ts` of the folder that reports it and are put together only when somebody reads them.
 */

/** A place in a text: 1-based line and column, and how many characters the caret underlines. */
export interface SourcePos {
  readonly file: string;
  readonly line: number;
  readonly col: number;
  readonly length?: number;
}

/** Where a problem is. `insn` counts 8-byte slots; `byte` is an offset into a binary file. */
export interface Place {
  readonly pos?: SourcePos;
  readonly insn?: number;
  /** The text of the insn or source line, for the reader. */
  readonly text?: string;
  readonly byte?: number;
}

/** The values that a message names. */
export type Args = Readonly<Record<string, string | number>>;

/** One message: `text` says what is wrong with `{name}` placeholders, `help` what to do about it. */
export interface Message {
  readonly text: string;
  readonly help?: string;
}

/** A folder's messages, keyed by code without the folder's prefix. */
export type Catalogue = Readonly<Record<string, Message>>;

/** One thing that is wrong: a code for scripts, its place, and the words for people; see `explainProblem`. */
export interface Problem {
  /** `folder.code`, stable for scripts: `asm.unknown-label`. */
  readonly code: string;
  readonly at: Place;
  readonly args: Args;
  readonly message: Message;
}

/** Either a value or at least one problem. */
export type Result<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Makes the problem constructor of one folder; its codes are checked against the folder's catalogue. */
export function reporter<C extends Catalogue>(folder: string, catalogue: C) {
  return (code: keyof C & string, at: Place = {}, args: Args = {}): Problem => ({
    code: `${folder}.${code}`,
    at,
    args,
    message: catalogue[code] as Message,
  });
}

export function ok<T>(value: T): Result<T> {
  return { ok: true, value };
}

export function fail(...problems: readonly Problem[]): { readonly ok: false; readonly problems: readonly Problem[] } {
  return { ok: false, problems };
}

/** A word of a text that somebody typed may be as long as its line: it is named, not repeated. */
const LONG_WORD = /\S{241,}/g;

function fill(template: string, args: Args): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) =>
    String(args[name] ?? whole).replace(LONG_WORD, (word) => `${word.slice(0, 60)}…`),
  );
}

/** The one-line text of a problem, without its place. */
export function problemText(p: Problem): string {
  return fill(p.message.text, p.args);
}

/** `file:line:col`, `insn 12`, `byte 0x40` or '' for a place. */
function placeText(at: Place): string {
  if (at.pos) return `${at.pos.file}:${at.pos.line}:${at.pos.col}`;
  if (at.insn !== undefined) return at.text === undefined ? `insn ${at.insn}` : `insn ${at.insn} (${at.text})`;
  if (at.byte !== undefined) return `byte 0x${at.byte.toString(16)}`;
  return '';
}

/** Lines longer than this are shown in part, with so many characters before and behind the place. */
const LONG_LINE = 200;
const BEFORE = 60;
const BEHIND = 100;

/** The source line and, below it, the caret. */
function sourceLines(pos: SourcePos, line: string): string[] {
  const at = pos.col - 1;
  const from = line.length > LONG_LINE ? Math.max(0, at - BEFORE) : 0;
  const to = line.length > LONG_LINE ? at + BEHIND : line.length;
  const shown = `${from > 0 ? '…' : ''}${line.slice(from, to)}${to < line.length ? '…' : ''}`;
  const pad = `${from > 0 ? ' ' : ''}${line.slice(from, at).replace(/[^\t]/g, ' ')}`;
  const length = Math.max(1, Math.min(pos.length ?? 1, to - at));
  const margin = ' '.repeat(`${pos.line}`.length);
  return [`  ${pos.line} | ${shown}`, `  ${margin} | ${pad}${'^'.repeat(length)}`];
}

/**
 * A problem for people: `file:line:col: error: what`, the source line with a caret below the place, then `help:`.
 */
export function explainProblem(p: Problem): string {
  const place = placeText(p.at);
  const lines = [`${place === '' ? '' : `${place}: `}error: ${problemText(p)}`];
  const { pos, text } = p.at;
  if (pos && text !== undefined) lines.push(...sourceLines(pos, text));
  if (p.message.help !== undefined) lines.push(`  help: ${fill(p.message.help, p.args)}`);
  return lines.join('\n');
}

/** A problem as JSON for scripts; the shape is part of the `--json` output. */
export function problemJson(p: Problem): Record<string, unknown> {
  const help = p.message.help === undefined ? {} : { help: fill(p.message.help, p.args) };
  return { code: p.code, at: p.at, args: p.args, text: problemText(p), ...help };
}
