/** Turns sources into statements: comments, `.include`, `.ifdef`, `.macro` and listings are gone behind this door. */
import type { Problem } from '../util/problem.ts';
import { holdsListing, listingLine } from './listing.ts';
import { asmProblem } from './messages.ts';
import type { Source } from './source.ts';
import { makeSource, placeOf } from './source.ts';
import type { CommentState, Statement, Token } from './token.ts';
import { MAX_TOKENS, tokeniseLine } from './token.ts';

const MAX_INCLUDES = 200;
const MAX_INCLUDE_DEPTH = 16;
const MAX_MACRO_LINES = 100_000;
const MAX_LINE = 10_000;

export interface ReaderHost {
  readonly report: (problem: Problem) => void;
  readonly isDefined: (name: string) => boolean;
  /** Text of an included file, undefined if there is none. `from` is the file that includes it. */
  readonly readFile?: ((path: string, from: string) => string | undefined) | undefined;
  /** Truth of an `.if` expression; problems are reported. */
  readonly test: (tokens: readonly Token[], from: number) => boolean;
}

interface Frame {
  readonly source: Source;
  readonly listing: boolean;
  readonly comment: CommentState;
  readonly conditions: Condition[];
  line: number;
}

interface Condition {
  readonly at: Token;
  /** Whether this branch is read; `dead`: neither branch is. */
  active: boolean;
  readonly dead: boolean;
  elseSeen: boolean;
}

interface Macro {
  readonly params: readonly string[];
  readonly lines: readonly string[];
}

/** `lb/maps.bpf` of `maps.bpf` included from `lb/tc.bpf`, so that what it includes is looked up beside it. */
function besidePath(from: string, path: string): string {
  if (path.startsWith('/')) return path;
  const parts: string[] = [];
  for (const part of `${from.replace(/[^/]*$/, '')}${path}`.split('/')) {
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..' && parts.at(-1) !== '') parts.pop();
    else if (part !== '.') parts.push(part);
  }
  return parts.join('/');
}

/** Gives the statements of a file and of what it includes, one by one. */
export class Reader {
  private readonly host: ReaderHost;
  private readonly frames: Frame[] = [];
  private pending: Statement[] = [];
  private readonly macros = new Map<string, Macro>();
  private includes = 0;
  private macroLines = 0;

  constructor(source: Source, host: ReaderHost) {
    this.host = host;
    this.push(source);
  }

  private push(source: Source): void {
    this.frames.push({ source, listing: holdsListing(source.lines), comment: {}, conditions: [], line: 0 });
  }

  /** The next statement that is not the reader's own business. */
  next(): Statement | undefined {
    for (;;) {
      const statement = this.pending.shift() ?? this.readLine();
      if (statement === undefined) return undefined;
      if (statement === 'again' || this.own(statement)) continue;
      return statement;
    }
  }

  private readLine(): Statement | 'again' | undefined {
    const frame = this.frames.at(-1);
    if (!frame) return undefined;
    if (frame.line >= frame.source.lines.length) {
      this.finish(frame);
      return this.frames.length > 0 ? 'again' : undefined;
    }
    frame.line++;
    this.pending = this.statementsOf(frame);
    return this.pending.shift() ?? 'again';
  }

  private finish(frame: Frame): void {
    this.frames.pop();
    if (frame.comment.open) this.host.report(asmProblem('open-comment', placeOf(frame.comment.open)));
    for (const c of frame.conditions)
      this.host.report(asmProblem('unclosed-block', placeOf(c.at), { name: c.at.text, end: '.endif' }));
  }

  private statementsOf(frame: Frame): Statement[] {
    const { source, line } = frame;
    const text = source.lines[line - 1]!;
    if (text.length > MAX_LINE) {
      this.host.report(asmProblem('line-too-long', placeOf({ source, line, col: 1, length: 1 }), { limit: MAX_LINE }));
      return [];
    }
    const listed = frame.listing && !frame.comment.open ? listingLine(text) : undefined;
    if (listed?.kind === 'noise') return [];
    if (listed?.kind === 'symbol') return this.symbolLine(source, line, listed.name);
    const style = { listing: listed?.kind === 'insn', from: listed?.from ?? 0 };
    const statements = tokeniseLine(source, line, frame.comment, style);
    return statements.flatMap((tokens) => {
      const bad = this.badToken(tokens);
      if (bad) {
        if (this.reading(frame)) this.host.report(bad);
        return [];
      }
      const last = tokens.at(-1)!;
      const statement = { source, line, tokens, text: text.slice(tokens[0]!.col - 1, last.col - 1 + last.length) };
      return [listed?.kind === 'insn' ? { ...statement, code: listed.code, index: listed.index } : statement];
    });
  }

  private symbolLine(source: Source, line: number, name: string): Statement[] {
    const spot = { source, line, col: source.lines[line - 1]!.indexOf(name) + 1, length: name.length };
    const tokens: Token[] = [
      { ...spot, kind: 'word', text: name },
      { ...spot, kind: 'punct', text: ':' },
    ];
    return [{ source, line, tokens, text: `${name}:` }];
  }

  private badToken(tokens: readonly Token[]): Problem | undefined {
    if (tokens.length > MAX_TOKENS) return asmProblem('statement-too-long', placeOf(tokens[0]!), { limit: MAX_TOKENS });
    const bad = tokens.find((t) => t.kind === 'bad');
    if (!bad) return undefined;
    const quote = bad.text.startsWith('"') || bad.text.startsWith("'");
    return quote
      ? asmProblem('open-string', placeOf({ ...bad, length: 1 }))
      : asmProblem('bad-token', placeOf(bad), { token: bad.text.slice(0, 60) });
  }

  private reading(frame: Frame): boolean {
    return frame.conditions.every((c) => c.active);
  }

  /** Deals with a statement that only decides what is read. */
  private own(statement: Statement): boolean {
    const frame = this.frames.at(-1);
    if (!frame) return false;
    const [first, second] = statement.tokens;
    const word = first!.kind === 'word' ? first!.text : '';
    switch (word) {
      case '.ifdef':
      case '.ifndef':
      case '.if':
        this.open(frame, statement, word);
        return true;
      case '.else':
      case '.endif':
        this.turn(frame, first!, word);
        return true;
    }
    if (!this.reading(frame)) return true;
    switch (word) {
      case '.include':
        this.include(frame, first!, second);
        return true;
      case '.macro':
        this.define(frame, statement);
        return true;
      case '.endm':
        this.host.report(asmProblem('stray-end', placeOf(first!), { name: '.endm', begin: '.macro' }));
        return true;
    }
    const macro = this.macros.get(word);
    if (macro && second?.text !== ':' && second?.text !== '=') {
      this.expand(macro, statement);
      return true;
    }
    return false;
  }

  private open(frame: Frame, { tokens }: Statement, word: string): void {
    const at = tokens[0]!;
    const dead = !this.reading(frame);
    if (tokens[1] === undefined)
      this.host.report(
        asmProblem('bad-directive', placeOf(at), { name: word, expected: 'a name', usage: `${word} NAME … .endif` }),
      );
    const holds =
      !dead &&
      (word === '.if' ? this.host.test(tokens, 1) : this.host.isDefined(tokens[1]?.text ?? '') === (word === '.ifdef'));
    frame.conditions.push({ at, active: holds, dead, elseSeen: false });
  }

  private turn(frame: Frame, at: Token, word: string): void {
    const condition = frame.conditions.at(-1);
    if (!condition || (word === '.else' && condition.elseSeen)) {
      this.host.report(asmProblem('stray-end', placeOf(at), { name: word, begin: '.ifdef' }));
      return;
    }
    if (word === '.endif') frame.conditions.pop();
    else {
      condition.elseSeen = true;
      condition.active = !condition.dead && !condition.active;
    }
  }

  private include(frame: Frame, at: Token, path: Token | undefined): void {
    if (path?.kind !== 'string') {
      const args = { name: '.include', expected: 'a quoted path', usage: '.include "file.bpf"' };
      this.host.report(asmProblem('bad-directive', placeOf(path ?? at), args));
      return;
    }
    if (this.frames.length > MAX_INCLUDE_DEPTH || ++this.includes > MAX_INCLUDES) {
      const limit = this.frames.length > MAX_INCLUDE_DEPTH ? `${MAX_INCLUDE_DEPTH} levels` : `${MAX_INCLUDES} files`;
      this.host.report(asmProblem('too-many-includes', placeOf(path), { limit }));
      return;
    }
    const text = this.host.readFile?.(path.text, frame.source.file);
    if (text === undefined) this.host.report(asmProblem('no-include', placeOf(path), { name: path.text }));
    else this.push(makeSource(besidePath(frame.source.file, path.text), text));
  }

  private define(frame: Frame, { tokens }: Statement): void {
    const name = tokens[1];
    const lines: string[] = [];
    let closed = false;
    while (!closed && frame.line < frame.source.lines.length) {
      const line = frame.source.lines[frame.line++]!;
      closed = /^\s*\.endm\b/.test(line);
      if (!closed) lines.push(line);
    }
    if (!closed) this.host.report(asmProblem('unclosed-block', placeOf(tokens[0]!), { name: '.macro', end: '.endm' }));
    if (name?.kind !== 'word') {
      const args = { name: '.macro', expected: 'a name', usage: '.macro NAME a, b … .endm' };
      this.host.report(asmProblem('bad-directive', placeOf(name ?? tokens[0]!), args));
      return;
    }
    const params = tokens.slice(2).filter((t) => t.text !== ',');
    this.macros.set(name.text, { params: params.map((t) => t.text), lines });
  }

  private expand(macro: Macro, statement: Statement): void {
    const [name] = statement.tokens;
    const rest = statement.text.slice(name!.text.length).trim();
    const args = rest === '' ? [] : rest.split(',').map((a) => a.trim());
    this.macroLines += macro.lines.length;
    if (args.length !== macro.params.length) {
      const counts = { name: name!.text, want: macro.params.length, have: args.length };
      this.host.report(asmProblem('macro-args', placeOf(name!), counts));
    } else if (this.macroLines > MAX_MACRO_LINES || this.frames.length > MAX_INCLUDE_DEPTH) {
      this.host.report(asmProblem('macro-limit', placeOf(name!), { limit: MAX_MACRO_LINES }));
    } else {
      const values = new Map(macro.params.map((p, i) => [p, args[i]!]));
      const count = String(this.macroLines);
      const lines = macro.lines.map((line) =>
        line.replace(/\\(@|[A-Za-z_]\w*)/g, (whole, p: string) => (p === '@' ? count : (values.get(p) ?? whole))),
      );
      this.push({ file: `${statement.source.file}:${statement.line} (${name!.text})`, lines });
    }
  }
}
