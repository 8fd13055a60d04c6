/**
 * How far a program reaches into a context that is plain memory: the end of its furthest access through R1 and copies of
 * it. Registers are followed through moves, additions of constants, spills and jumps.
 */
import type { Insn } from '../../isa/insn.ts';
import type { Executable } from '../../vm/executable.ts';

/** Offset from the context in each register and stack slot that holds such a pointer. */
type Held = ReadonlyMap<string, number>;

const REG = (n: number): string => `r${n}`;
const SLOT = (off: number): string => `fp${off}`;

function without(held: Held, name: string): Held {
  if (!held.has(name)) return held;
  const next = new Map(held);
  next.delete(name);
  return next;
}

function withPlace(held: Held, name: string, offset: number | undefined): Held {
  if (offset === undefined) return without(held, name);
  return new Map(held).set(name, offset);
}

function reach(held: Held, reg: number, off: number, size: number): number {
  const base = held.get(REG(reg));
  return base === undefined ? 0 : base + off + size;
}

/** What is held behind an insn, and how far the insn reaches. */
function step(insn: Insn, held: Held): { readonly held: Held; readonly end: number } {
  const { row, dst, src, off, imm } = insn;
  switch (row?.kind) {
    case 'alu': {
      const from = row.operand === 'reg' ? held.get(REG(src)) : undefined;
      if (row.name === 'mov64_reg' && off === 0) return { held: withPlace(held, REG(dst), from), end: 0 };
      const base = held.get(REG(dst));
      const moved = base !== undefined && row.name === 'add64_imm' ? base + imm : undefined;
      return { held: withPlace(held, REG(dst), moved), end: 0 };
    }
    case 'load': {
      const spilled = src === 10 && row.size === 8 ? held.get(SLOT(off)) : undefined;
      return { held: withPlace(held, REG(dst), spilled), end: reach(held, src, off, row.size) };
    }
    case 'store': {
      const value = row.operand === 'reg' && row.size === 8 ? held.get(REG(src)) : undefined;
      return { held: dst === 10 ? withPlace(held, SLOT(off), value) : held, end: reach(held, dst, off, row.size) };
    }
    case 'atomic':
      return { held, end: reach(held, dst, off, row.size) };
    case 'ld_imm64':
      return { held: without(held, REG(dst)), end: 0 };
    case 'call':
      return { held: [0, 1, 2, 3, 4, 5].reduce((h, n) => without(h, REG(n)), held), end: 0 };
    default:
      return { held, end: 0 };
  }
}

function successors(insn: Insn, slot: number): readonly number[] {
  const { row } = insn;
  if (row?.kind === 'exit') return [];
  const next = slot + (row?.kind === 'ld_imm64' ? 2 : 1);
  if (row?.kind === 'goto') return [slot + 1 + (row.distance === 'off' ? insn.off : insn.imm)];
  return row?.kind === 'jump' || row?.kind === 'may_goto' ? [next, slot + 1 + insn.off] : [next];
}

/** Both: where two paths hold different offsets in one place, the larger one. */
function merged(a: Held, b: Held): Held {
  const both = new Map(a);
  for (const [name, offset] of b) both.set(name, Math.max(offset, both.get(name) ?? offset));
  return both;
}

function same(a: Held, b: Held): boolean {
  return a.size === b.size && [...a].every(([name, offset]) => b.get(name) === offset);
}

/** Times that an insn is looked at again because more is held there: loops that move the pointer end so. */
const MAX_VISITS = 16;

/** Bytes from the context's beginning to the end of the furthest access. @kernel max_ctx_offset */
export function maxCtxOffset(prog: Executable): number {
  let furthest = 0;
  const known = new Map<number, { held: Held; visits: number }>();
  const open: { readonly slot: number; readonly held: Held }[] = [{ slot: 0, held: new Map([[REG(1), 0]]) }];
  for (let at = open.pop(); at; at = open.pop()) {
    const insn = prog.insns[at.slot];
    const before = known.get(at.slot);
    const held = before ? merged(before.held, at.held) : at.held;
    const visits = (before?.visits ?? 0) + 1;
    if (!insn || held.size === 0 || visits > MAX_VISITS || (before && same(before.held, held))) continue;
    known.set(at.slot, { held, visits });
    const next = step(insn, held);
    furthest = Math.max(furthest, next.end);
    for (const slot of successors(insn, at.slot)) open.push({ slot, held: next.held });
  }
  return furthest;
}
