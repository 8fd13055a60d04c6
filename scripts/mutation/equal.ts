/** Which mutants are no mutants: what can be proved to have the same effect. */
import type { Insn } from '../../src/isa/insn.ts';
import type { AluRow } from '../../src/isa/rows.ts';
import { type Demand, demandBehind } from './bits.ts';
import type { Code } from './code.ts';
import { isAlike } from './constant.ts';
import { type Registers, successors, valuesBefore } from './flow.ts';
import { liveBefore, liveBehind } from './live.ts';
import type { Mutation } from './mutants.ts';
import { immRange, partsOf, type Range, U64 } from './range.ts';

/** What is known of a program without running it. */
export interface Facts {
  readonly live: readonly number[];
  readonly values: readonly (Registers | undefined)[];
  /** Before each insn, for each register: bits of the registers that surely hold the same 64 bits. */
  readonly copies: readonly (readonly number[] | undefined)[];
  /** Behind each insn, which bits of the registers matter. */
  readonly demand: readonly Demand[];
}

export function factsOf(code: Code): Facts {
  const live = liveBefore(code);
  return { live, values: valuesBefore(code, live), copies: copiesBefore(code), demand: demandBehind(code) };
}

const ALONE: readonly number[] = Array.from({ length: 11 }, (_, r) => 1 << r);

/** The copies of registers without one that is written. */
function forgotten(copies: readonly number[], register: number): number[] {
  return copies.map((bits, r) => (r === register ? 1 << r : bits & ~(1 << register)));
}

/** Registers that are copies of each other, before every insn. */
function copiesBefore({ insns, entries }: Code): readonly (readonly number[] | undefined)[] {
  const before = new Array<readonly number[] | undefined>(insns.length).fill(undefined);
  const work: number[] = [];
  const flow = (slot: number, copies: readonly number[]): void => {
    const old = before[slot];
    const next = old ? old.map((bits, r) => bits & copies[r]!) : copies;
    if (slot >= insns.length || old?.every((bits, r) => bits === next[r])) return;
    before[slot] = next;
    work.push(slot);
  };
  for (const entry of entries) flow(entry, ALONE);
  for (let slot = work.pop(); slot !== undefined; slot = work.pop()) {
    const insn = insns[slot];
    if (!insn) continue;
    const after = copiesBehind(insn, before[slot]!);
    for (const to of successors(insn, slot)) flow(to, after);
  }
  return before;
}

function copiesBehind(insn: Insn, copies: readonly number[]): readonly number[] {
  const { row, dst, src } = insn;
  const writes = written(insn);
  const after = writes.reduce((c, r) => forgotten(c, r), [...copies]);
  if (row?.name !== 'mov64_reg' || dst === src || (copies[dst]! & (1 << src)) !== 0)
    return row?.name === 'mov64_reg' ? copies : after;
  const group = after[src]! | (1 << dst);
  return after.map((bits, r) => ((group & (1 << r)) !== 0 ? group : bits));
}

/** Registers that an insn overwrites. */
function written({ row, dst, src }: Insn): readonly number[] {
  switch (row?.kind) {
    case 'alu':
    case 'load':
    case 'ld_imm64':
    case 'addr_space_cast':
      return [dst];
    case 'atomic':
      return row.fetch ? [row.op === 'cmpxchg' ? 0 : src] : [];
    case 'call':
    case 'ld_packet':
      return [0, 1, 2, 3, 4, 5];
    default:
      return [];
  }
}

/** An insn that does nothing but give registers values. */
function isPure({ row }: Insn): boolean {
  const kind = row?.kind;
  return kind === 'alu' || kind === 'load' || kind === 'ld_imm64' || (kind === 'goto' && row!.name === 'ja');
}

/** Nobody reads what the insn, or what stands in its place, gives a value. */
function isDead(insn: Insn, slot: number, { insns }: Mutation, facts: Facts): boolean {
  if (
    insn.row?.kind === 'goto' ||
    ![insn, ...insns].every(isPure) ||
    insns.some((i) => i.row?.kind === 'goto' && i.off !== 0)
  )
    return false;
  return [insn, ...insns].every((i) => isUnread(i, slot, facts));
}

/** An insn that only gives registers values, and nobody reads them. */
function isUnread(insn: Insn, slot: number, { live }: Facts): boolean {
  const after = liveBehind(insn, slot, live);
  return isPure(insn) && written(insn).every((r) => (after & (1 << r)) === 0);
}

const MIDDLE = [1n << 31n, 1n << 32n, 1n << 63n];

/** Values of a range where comparisons with values of another one can change. */
function corners(range: Range, other: Range): readonly bigint[] {
  const parts = partsOf(range);
  const ends = parts.flatMap(({ lo, hi }) => [lo, hi]);
  const near = [...ends, other.lo, other.hi, ...MIDDLE].flatMap((v) => [v - 1n, v, v + 1n]);
  return near.filter((v) => parts.some(({ lo, hi }) => v >= lo && v <= hi));
}

/** Both comparisons, or both operations, have the same outcome for all values that there can be. */
function isSame(a: Insn, b: Insn, before: Registers): boolean {
  const [x, y] = [a.row, b.row];
  if (a.dst !== b.dst || x?.kind !== y?.kind) return false;
  const dst = before[a.dst] ?? { lo: 0n, hi: U64 };
  const operandOf = (insn: Insn, row: NonNullable<typeof x>): Range | undefined => {
    if (row.kind !== 'jump' && row.kind !== 'alu') return undefined;
    return row.operand === 'imm' ? immRange(insn.imm, 64) : row.operand === 'reg' ? before[insn.src] : undefined;
  };
  const [p, q] = [operandOf(a, x!), operandOf(b, y!)];
  if (!p || !q || (x!.uses.includes('src') && a.src !== b.src)) return false;
  if (x?.kind === 'jump' && y?.kind === 'jump') {
    if (a.off !== b.off || x.op === 'jset' || y.op === 'jset') return false;
    // Operands are one and the same register, or constants.
    if (p.lo !== p.hi && x.operand === 'imm') return false;
    const wide = x.width === 64 || (dst.hi < MIDDLE[1]! && p.hi < MIDDLE[1]!);
    if (!wide) return false;
    const rights = x.operand === 'imm' ? [[p.lo, q.lo] as const] : corners(p, dst).map((v) => [v, v] as const);
    return rights.every(([l, r]) =>
      corners(dst, { lo: l < r ? l : r, hi: l < r ? r : l }).every((v) => x.eval(v, l) === y.eval(v, r)),
    );
  }
  if (x?.kind === 'alu' && y?.kind === 'alu') return isSameAlu(x, y, dst, p, q);
  return false;
}

/** Addition, disjunction and exclusive disjunction are one where no bit is set in both. */
const DISJOINT = ['add', 'or', 'xor'];

function isSameAlu(x: AluRow, y: AluRow, dst: Range, p: Range, q: Range): boolean {
  if (x.width !== y.width) return false;
  if (dst.lo === dst.hi && p.lo === p.hi && q.lo === q.hi) return x.eval(dst.lo, p.lo) === y.eval(dst.lo, q.lo);
  if (!DISJOINT.includes(x.op) || !DISJOINT.includes(y.op) || p.lo !== p.hi || q.lo !== p.lo) return false;
  const lowest = p.lo & -p.lo;
  return p.lo === 0n || dst.hi < lowest;
}

/** An operation that changes nothing: a mask of bits that are the only ones, a cut to 32 bits of a number that has no more. */
function isIdle({ row, dst, src, imm }: Insn, before: Registers): boolean {
  const range = before[dst];
  if (row?.kind !== 'alu' || !range) return false;
  if (row.op === 'mov' && row.operand === 'imm') {
    const { lo } = immRange(imm, row.width);
    return range.lo === lo && range.hi === lo;
  }
  if (row.width === 32 && range.hi >= MIDDLE[1]!) return false;
  if (row.op === 'mov' && row.operand === 'reg') return dst === src;
  if (row.op === 'and' && row.operand === 'imm') {
    const mask = immRange(imm, row.width).lo;
    return (mask & (mask + 1n)) === 0n && range.hi <= mask;
  }
  return ['add', 'sub', 'or', 'xor', 'lsh', 'rsh'].includes(row.op) && row.operand === 'imm' && imm === 0;
}

/** A register was taken for another one that holds the same. */
function readsCopy(a: Insn, b: Insn, copies: readonly number[], before: Registers): boolean {
  if (a.code !== b.code || a.off !== b.off || a.imm !== b.imm || a.next?.imm !== b.next?.imm || !a.row) return false;
  const { kind } = a.row;
  const equal = (r: number, s: number): boolean => {
    const [x, y] = [before[r], before[s]];
    return (
      r === s ||
      (copies[r]! & (1 << s)) !== 0 ||
      (x !== undefined && y !== undefined && x.lo === x.hi && y.lo === y.hi && x.lo === y.lo)
    );
  };
  const dstIsRead = kind === 'store' || kind === 'jump' || (kind === 'atomic' && !a.row.fetch);
  if (kind === 'atomic' && a.row.fetch && a.src !== b.src) return false;
  return (a.dst === b.dst || (dstIsRead && equal(a.dst, b.dst))) && equal(a.src, b.src);
}

/** The bits in which the results of two insns for the same dst may differ; undefined: in all. */
function differentBits(a: Insn, b: Insn | undefined): bigint | undefined {
  const { row } = a;
  if (row?.kind === 'load') {
    if (b?.row?.kind !== 'load' || row.signed || b.row.signed || a.dst !== b.dst || a.src !== b.src || a.off !== b.off)
      return undefined;
    return U64 & ~((1n << BigInt(8 * Math.min(row.size, b.row.size))) - 1n);
  }
  if (row?.kind !== 'alu' || row.operand !== 'imm') return undefined;
  const constant = immRange(a.imm, row.width).lo;
  const upper = row.width === 32 ? U64 & ~(MIDDLE[1]! - 1n) : 0n;
  if (!b) return row.op === 'and' ? upper | (((1n << BigInt(row.width)) - 1n) & ~constant) : undefined;
  if (b.row?.kind !== 'alu' || a.dst !== b.dst || row.width !== b.row.width || b.row.operand !== 'imm')
    return undefined;
  if (row.op === b.row.op && ['and', 'or', 'xor', 'mov'].includes(row.op))
    return constant ^ immRange(b.imm, row.width).lo;
  if (row.op === 'arsh' && b.row.op === 'rsh' && a.imm === b.imm) {
    return ((1n << constant) - 1n) << (BigInt(row.width) - constant);
  }
  return undefined;
}

/** The constant that a register holds behind an insn. */
function constantBehind({ row, dst, imm }: Insn): readonly [register: number, value: bigint] | undefined {
  return row?.kind === 'alu' && row.op === 'mov' && row.operand === 'imm'
    ? [dst, immRange(imm, row.width).lo]
    : undefined;
}

/** Whether all that is asked of a constant is answered alike for the one that stands, or was before, in its place. */
function asksAlike(code: Code, slot: number, mutation: Mutation, before: Registers, { live }: Facts): boolean {
  const ours = constantBehind(code.insns[slot]!);
  if (!ours) return false;
  const [register, value] = ours;
  const old = before[register];
  const kept = old && old.lo === old.hi ? old.lo : undefined;
  const theirs = constantBehind(mutation.insns[0]!);
  const other = mutation.kind === 'deleted' ? kept : theirs?.[0] === register ? theirs[1] : undefined;
  return other !== undefined && isAlike(code, slot, register, [value, other], live);
}

/** Why a mutant does the same as the original, if that can be proved; for accesses that reach further, if they may. */
export function provedEqual(code: Code, slot: number, mutation: Mutation, facts: Facts): string | undefined {
  const insn = code.insns[slot]!;
  const before = facts.values[slot];
  const [other] = mutation.insns;
  if (!before || !other) return undefined;
  if (isDead(insn, slot, mutation, facts)) return 'nobody reads the result';
  const bits = differentBits(insn, mutation.kind === 'deleted' ? undefined : other);
  if (bits !== undefined && (bits & facts.demand[slot]![insn.dst]!) === 0n) return 'nobody reads the bits that differ';
  if (asksAlike(code, slot, mutation, before, facts))
    return 'the answer to all that is asked of the number is the same';
  const idle = isIdle(insn, before);
  if (mutation.kind === 'deleted') return idle ? 'it changes nothing' : undefined;
  if (idle && isUnread(other, slot, facts))
    return 'it changes nothing, and nobody reads the result of what stands there instead';
  if (isSame(insn, other, before)) return 'the same for every value that there can be';
  const copies = facts.copies[slot];
  return copies && readsCopy(insn, other, copies, before) ? 'both registers hold the same' : undefined;
}
