/** Reads one instruction statement with the grammar. */
import type { Expr } from './expr.ts';
import { parseExpr } from './expr.ts';
import type { GrammarNode, HoleKind, Reading } from './grammar.ts';
import { GRAMMAR } from './grammar.ts';
import type { Token } from './token.ts';

/** Where a jump goes or what a call calls. */
export type Target =
  /** `+4`, `pc-2`: insns behind the next one. */
  | { readonly kind: 'relative'; readonly distance: Expr; readonly at: Token }
  | { readonly kind: 'name'; readonly name: string; readonly id?: Expr; readonly at: Token }
  | { readonly kind: 'number'; readonly value: Expr; readonly at: Token };

export type Captured =
  | { readonly kind: 'reg'; readonly number: number; readonly at: Token }
  | { readonly kind: 'expr'; readonly expr: Expr | undefined; readonly at: Token }
  | { readonly kind: 'target'; readonly target: Target; readonly at: Token };

export interface Match {
  readonly readings: readonly Reading[];
  readonly captured: readonly Captured[];
}

/** How far a statement could be read, and what would have fitted there. */
export interface Mismatch {
  readonly stuck: number;
  readonly expected: readonly string[];
  readonly deep?: true;
}

const HOLE_WORDS: Readonly<Record<HoleKind, string>> = {
  reg64: 'a register',
  reg32: 'a 32-bit register',
  expr: 'a number',
  off: 'an offset',
  target: 'a label',
};

class Matcher {
  private readonly tokens: readonly Token[];
  private stuck = 0;
  private expected = new Set<string>();
  private deep = false;
  private readonly captured: Captured[] = [];

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  run(): Match | Mismatch {
    const readings = this.walk(GRAMMAR, 0);
    if (readings) return { readings, captured: this.captured };
    return { stuck: this.stuck, expected: [...this.expected], ...(this.deep && { deep: true as const }) };
  }

  private miss(at: number, what: Iterable<string>): void {
    if (at < this.stuck) return;
    if (at > this.stuck) this.expected.clear();
    this.stuck = at;
    for (const word of what) this.expected.add(word);
  }

  private walk(node: GrammarNode, at: number): readonly Reading[] | undefined {
    const token = this.tokens[at];
    if (!token) {
      if (node.readings.length > 0) return node.readings;
    } else {
      const literal = token.kind === 'string' ? undefined : node.literals.get(token.text);
      const readings = literal && this.walk(literal, at + 1);
      if (readings) return readings;
    }
    for (const [kind, next] of node.holes) {
      const readings = this.fill(kind, next, at);
      if (readings) return readings;
    }
    this.miss(
      at,
      [...node.literals.keys()].map((k) => `'${k}'`),
    );
    this.miss(
      at,
      [...node.holes.keys()].map((k) => HOLE_WORDS[k]),
    );
    if (node.readings.length > 0) this.miss(at, ['the end of the statement']);
    return undefined;
  }

  private fill(kind: HoleKind, next: GrammarNode, at: number): readonly Reading[] | undefined {
    const taken = this.take(kind, at);
    if (!taken) return undefined;
    this.captured.push(taken.value);
    const readings = this.walk(next, taken.next);
    if (!readings) this.captured.pop();
    return readings;
  }

  private take(kind: HoleKind, at: number): { value: Captured; next: number } | undefined {
    const token = this.tokens[at];
    if (!token) return undefined;
    switch (kind) {
      case 'reg64':
      case 'reg32':
        if (token.kind !== 'register' || token.text.startsWith('w') !== (kind === 'reg32')) return undefined;
        return { value: { kind: 'reg', number: Number(token.text.slice(1)), at: token }, next: at + 1 };
      case 'off':
        if (token.text === ')' || token.text === ']' || token.text === ',')
          return { value: { kind: 'expr', expr: undefined, at: token }, next: at };
        return token.text === '+' || token.text === '-' ? this.expr(at) : undefined;
      case 'expr':
        return this.expr(at);
      case 'target':
        return this.target(at);
    }
  }

  private expr(at: number): { value: Captured; next: number } | undefined {
    const taken = this.parse(at);
    return taken && { value: { kind: 'expr', expr: taken.value, at: this.tokens[at]! }, next: taken.next };
  }

  private parse(at: number, end = this.tokens.length): { value: Expr; next: number } | undefined {
    const tokens = end < this.tokens.length ? this.tokens.slice(0, end) : this.tokens;
    const taken = parseExpr(tokens, at);
    if (!('stuck' in taken)) return taken;
    if (taken.deep) this.deep = true;
    if (taken.stuck > at) this.miss(taken.stuck, ['a number']);
    return undefined;
  }

  /** `pc+3`, `+3`, `+0x4 <LBB0_2>`, `label`, `bpf_redirect#23`, `7`. */
  private target(at: number): { value: Captured; next: number } | undefined {
    const first = this.tokens[at]!;
    const second = this.tokens[at + 1];
    const counted = first.text === 'pc' && (second?.text === '+' || second?.text === '-');
    if (counted || first.text === '+' || first.text === '-') {
      const taken = this.parse(counted ? at + 1 : at, this.commentStart(at));
      if (!taken) return undefined;
      const target: Target =
        !counted && first.text === '-' && this.tokens[at - 1]?.text === 'call'
          ? { kind: 'number', value: taken.value, at: first }
          : { kind: 'relative', distance: taken.value, at: first };
      return { value: { kind: 'target', target, at: first }, next: this.skipComment(taken.next) };
    }
    if (first.kind === 'word') {
      const id = second?.text === '#' ? this.parse(at + 2) : undefined;
      const target: Target = { kind: 'name', name: first.text, ...(id && { id: id.value }), at: first };
      return { value: { kind: 'target', target, at: first }, next: id ? id.next : at + 1 };
    }
    if (first.kind !== 'number' && first.text !== '(') return undefined;
    const taken = this.parse(at);
    return (
      taken && {
        value: { kind: 'target', target: { kind: 'number', value: taken.value, at: first }, at: first },
        next: taken.next,
      }
    );
  }

  private commentStart(at: number): number {
    const found = this.tokens.findIndex((t, i) => i > at && (t.text === '<' || t.text === '#'));
    return found < 0 ? this.tokens.length : found;
  }

  /** `<LBB0_2>`, `<main+0x30>`, `#bpf_prog_6deef7357e7b4530_f`: what dumps add to a distance. */
  private skipComment(at: number): number {
    const open = this.tokens[at]?.text;
    if (open === '#' && this.tokens[at + 1]?.kind === 'word') return at + 2;
    if (open !== '<') return at;
    let end = at;
    while (end < this.tokens.length && this.tokens[end]!.text !== '>') end++;
    return this.tokens[end] ? end + 1 : at;
  }
}

/** The rows whose text a statement is, with what stands for their placeholders; or how far it made sense. */
export function matchInsn(tokens: readonly Token[]): Match | Mismatch {
  return new Matcher(tokens).run();
}
