/** The opcode table's templates as one tree of tokens, which reads instructions of every dialect at once. */
import { OPCODES } from '../isa/opcodes.ts';
import type { Dialect, OpRow } from '../isa/rows.ts';
import type { Placeholder } from '../isa/template.ts';
import { cutTemplate } from '../isa/template.ts';
import { makeSource } from './source.ts';
import { tokeniseLine } from './token.ts';

/** What a placeholder takes: a register of either width, an expression, a signed displacement or a jump target. */
export type HoleKind = 'reg64' | 'reg32' | 'expr' | 'off' | 'target';

const KINDS: Readonly<Record<Placeholder, HoleKind>> = {
  dst: 'reg64',
  src: 'reg64',
  wdst: 'reg32',
  wsrc: 'reg32',
  imm: 'expr',
  hex: 'expr',
  imm64: 'expr',
  lo: 'expr',
  hi: 'expr',
  off: 'off',
  index: 'expr',
  pc: 'target',
  callee: 'target',
  dstas: 'expr',
  srcas: 'expr',
};

/** One way to read a statement: the row, and what its placeholders are, in order. */
export interface Reading {
  readonly row: OpRow;
  readonly holes: readonly Placeholder[];
  readonly dialect: Dialect;
}

export interface GrammarNode {
  readonly literals: Map<string, GrammarNode>;
  readonly holes: Map<HoleKind, GrammarNode>;
  /** Readings of a statement that ends here, in the table's order. */
  readonly readings: Reading[];
}

function makeNode(): GrammarNode {
  return { literals: new Map(), holes: new Map(), readings: [] };
}

function step<K>(edges: Map<K, GrammarNode>, key: K): GrammarNode {
  let next = edges.get(key);
  if (!next) {
    next = makeNode();
    edges.set(key, next);
  }
  return next;
}

function literalWords(literal: string): string[] {
  const [tokens] = tokeniseLine(makeSource('', literal), 1, {});
  return (tokens ?? []).map((t) => t.text);
}

function addTemplate(root: GrammarNode, row: OpRow, dialect: Dialect, template: string): void {
  let node = root;
  const holes: Placeholder[] = [];
  for (const { literal, hole } of cutTemplate(template)) {
    for (const word of literalWords(literal)) node = step(node.literals, word);
    if (!hole) continue;
    node = step(node.holes, KINDS[hole]);
    holes.push(hole);
  }
  const known = node.readings.some((r) => r.row === row && r.holes.join() === holes.join());
  if (!known) node.readings.push({ row, holes, dialect });
}

function buildGrammar(): GrammarNode {
  const root = makeNode();
  for (const row of OPCODES) {
    for (const dialect of ['llvm', 'ubpf', 'kernel'] as const) {
      for (const template of row.text[dialect]) addTemplate(root, row, dialect, template);
    }
  }
  return root;
}

export const GRAMMAR: GrammarNode = buildGrammar();
