/** Expressions: C's operators and precedence over 64-bit integers, kept as a tree until every symbol is known. */
import type { Spot } from './source.ts';
import type { Token } from './token.ts';

export type Expr =
  | { readonly kind: 'number'; readonly value: bigint; readonly at: Spot }
  | { readonly kind: 'symbol'; readonly name: string; readonly at: Spot }
  | { readonly kind: 'unary'; readonly op: string; readonly arg: Expr; readonly at: Spot }
  | { readonly kind: 'binary'; readonly op: string; readonly left: Expr; readonly right: Expr; readonly at: Spot }
  | { readonly kind: 'choice'; readonly test: Expr; readonly yes: Expr; readonly no: Expr; readonly at: Spot }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expr[]; readonly at: Spot };

/** What a reader of tokens answers: the value and the index behind it, or the index of the token it could not take. */
export type Taken<T> = { readonly value: T; readonly next: number } | { readonly stuck: number; readonly deep?: true };

const MAX_DEPTH = 100;

/** Binary operators by precedence, loosest first, as in C. */
const LEVELS: readonly (readonly string[])[] = [
  ['||'],
  ['&&'],
  ['|'],
  ['^'],
  ['&'],
  ['==', '!='],
  ['<', '<=', '>', '>='],
  ['<<', '>>'],
  ['+', '-'],
  ['*', '/', '%'],
];
const PRECEDENCE: ReadonlyMap<string, number> = new Map(LEVELS.flatMap((ops, i) => ops.map((op) => [op, i] as const)));
const UNARY = new Set(['-', '+', '~', '!']);

/** Words that end an expression because instructions use them. */
const RESERVED = new Set(['goto', 'll', 'if']);

/** `r11`: meant as a register, there or not. */
const REGISTER = /^[rw]\d+$/;

class Reader {
  private readonly tokens: readonly Token[];
  at: number;
  stuck = -1;
  deep = false;

  constructor(tokens: readonly Token[], at: number) {
    this.tokens = tokens;
    this.at = at;
  }

  private punct(): string | undefined {
    const t = this.tokens[this.at];
    return t?.kind === 'punct' ? t.text : undefined;
  }

  private fail(): undefined {
    this.stuck = Math.max(this.stuck, this.at);
    return undefined;
  }

  private take(text: string): boolean {
    if (this.punct() !== text) return false;
    this.at++;
    return true;
  }

  choice(depth: number): Expr | undefined {
    const test = this.binary(0, depth);
    if (!test || !this.take('?')) return test;
    const yes = this.choice(depth + 1);
    if (!yes) return undefined;
    if (!this.take(':')) return this.fail();
    const no = this.choice(depth + 1);
    return no && { kind: 'choice', test, yes, no, at: test.at };
  }

  private binary(level: number, depth: number): Expr | undefined {
    let left = this.unary(depth);
    if (!left) return undefined;
    for (;;) {
      const op = this.punct();
      const own = op === undefined ? undefined : PRECEDENCE.get(op);
      if (own === undefined || own < level) return left;
      const before = this.at;
      this.at++;
      const right = this.binary(own + 1, depth + 1);
      if (!right) {
        // A register behind the operator: the operator belongs to the insn (`if r1 & r2 goto …` never gets here).
        this.at = before;
        return undefined;
      }
      left = { kind: 'binary', op: op!, left, right, at: left.at };
    }
  }

  private unary(depth: number): Expr | undefined {
    if (depth > MAX_DEPTH) {
      this.deep = true;
      return this.fail();
    }
    const token = this.tokens[this.at];
    if (token?.kind === 'punct' && UNARY.has(token.text)) {
      this.at++;
      const arg = this.unary(depth + 1);
      return arg && { kind: 'unary', op: token.text, arg, at: token };
    }
    return this.primary(depth);
  }

  private primary(depth: number): Expr | undefined {
    const token = this.tokens[this.at];
    if (token?.kind === 'number') {
      this.at++;
      return { kind: 'number', value: token.value!, at: token };
    }
    if (token?.kind === 'word' && !RESERVED.has(token.text) && !REGISTER.test(token.text)) {
      this.at++;
      return this.take('(') ? this.call(token, depth) : { kind: 'symbol', name: token.text, at: token };
    }
    if (!this.take('(')) return this.fail();
    const inner = this.choice(depth + 1);
    if (!inner) return undefined;
    return this.take(')') ? inner : this.fail();
  }

  private call(name: Token, depth: number): Expr | undefined {
    const args: Expr[] = [];
    if (!this.take(')')) {
      do {
        // `sizeof(struct key)`
        if (this.tokens[this.at]?.text === 'struct') this.at++;
        const arg = this.choice(depth + 1);
        if (!arg) return undefined;
        args.push(arg);
      } while (this.take(','));
      if (!this.take(')')) return this.fail();
    }
    return { kind: 'call', name: name.text, args, at: name };
  }
}

/** Reads an expression as far as it goes. */
export function parseExpr(tokens: readonly Token[], from: number): Taken<Expr> {
  const reader = new Reader(tokens, from);
  const value = reader.choice(0);
  if (value) return { value, next: reader.at };
  return { stuck: Math.max(reader.stuck, from), ...(reader.deep && { deep: true as const }) };
}
