/** Where the reader of an expression stands in its tokens, and what it has to say. */
import type { Problem } from '../../util/problem.ts';
import type { Node, NodeKind, NodeOf, Span } from './ast.ts';
import { exprProblem } from './messages.ts';
import type { Token } from './token.ts';

/** Brackets, operands of operands … inside of one another. */
const MAX_DEPTH = 64;
/** Operators and postfixes, which nest to the left. */
const MAX_CHAIN = 500;

/** What a reader answers where it cannot read; the cursor then holds the problem. */
export type Missing = undefined;

/** A row of tokens and a place in it. */
export class Cursor {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  /** Index of the token that comes next. */
  at = 0;
  /** Operators and postfixes so far. */
  chain = 0;
  /** The first thing that was wrong. */
  problem: Problem | undefined;

  constructor(text: string, list: readonly Token[]) {
    this.#text = text;
    this.#tokens = list;
  }

  peek(ahead = 0): Token {
    return this.#tokens[this.at + ahead] ?? this.#tokens.at(-1)!;
  }

  is(text: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.kind === 'punct' && token.text === text;
  }

  take(text: string): boolean {
    if (!this.is(text)) return false;
    this.at++;
    return true;
  }

  fail(
    code: Parameters<typeof exprProblem>[0],
    span: Span,
    args: Readonly<Record<string, string | number>> = {},
  ): Missing {
    this.problem ??= exprProblem(code, this.#text, span, args);
    return undefined;
  }

  expected(what: string): Missing {
    const token = this.peek();
    const found = token.kind === 'end' ? ' at the end' : `, not ${token.text}`;
    return this.fail('expr-expected', token, { what, found });
  }

  need(text: string): boolean {
    if (this.take(text)) return true;
    this.expected(`'${text}'`);
    return false;
  }

  /** From a token or node to the last token that was taken. */
  span({ at }: Span): Span {
    const last = this.#tokens[this.at - 1]!;
    return { at, length: last.at + last.length - at };
  }

  node<K extends NodeKind>(kind: K, from: Span, rest: Omit<NodeOf<K>, 'kind' | 'span'>): Node {
    return { kind, span: this.span(from), ...rest } as unknown as Node;
  }

  /** Too many levels, or too many operators? */
  tooDeep(depth: number): boolean {
    if (depth > MAX_DEPTH) this.fail('expr-deep', this.peek(), { limit: MAX_DEPTH });
    else if (this.chain >= MAX_CHAIN) this.fail('expr-operators', this.peek(), { limit: MAX_CHAIN });
    else return false;
    return true;
  }
}
