/** What is known of registers before each insn without running anything: which have a value, in what range, and who reads them later. */
import { jumpDistance } from '../../src/isa/disasm.ts';
import type { Insn } from '../../src/isa/insn.ts';
import { slotsOf } from '../../src/isa/insn.ts';
import { helperRow } from '../../src/spec/helpers/index.ts';
import type { Code } from './code.ts';

/** Unsigned 64-bit values from `lo` to `hi`. */
export interface Range {
  readonly lo: bigint;
  readonly hi: bigint;
  /** Where it is known that there are gaps: the parts, from the lowest on. */
  readonly parts?: readonly Range[];
}

/** Parts of one range that are told apart. */
const MOST_PARTS = 8;

export const partsOf = (range: Range): readonly Range[] => range.parts ?? [range];

/** The range of values that lie in one of the parts. */
function rangeOf(parts: readonly Range[]): Range {
  const sorted = [...parts].sort((a, b) => (a.lo < b.lo ? -1 : a.lo > b.lo ? 1 : 0));
  const merged: Range[] = [];
  for (const { lo, hi } of sorted) {
    const last = merged.at(-1);
    if (last && lo <= last.hi + 1n) merged[merged.length - 1] = { lo: last.lo, hi: last.hi > hi ? last.hi : hi };
    else merged.push({ lo, hi });
  }
  const hull = { lo: merged[0]!.lo, hi: merged.at(-1)!.hi };
  return merged.length === 1 || merged.length > MOST_PARTS ? hull : { ...hull, parts: merged };
}

/** Ranges of r0 to r10; undefined where a register need not have a value. */
export type Registers = readonly (Range | undefined)[];

export const U64 = (1n << 64n) - 1n;
const U32 = (1n << 32n) - 1n;
const ANY: Range = { lo: 0n, hi: U64 };
const upTo = (hi: bigint): Range => ({ lo: 0n, hi });

/** Joins at one insn before ranges are given up: loops end. */
const PATIENCE = 8;

/** Where execution may go on behind an insn, in the same function. */
export function successors(insn: Insn, slot: number): number[] {
  const { row } = insn;
  const next = slot + slotsOf(insn);
  switch (row?.kind) {
    case 'exit':
      return [];
    case 'goto':
      return [slot + 1 + jumpDistance(insn)!];
    case 'jump':
    case 'may_goto':
      return [next, slot + 1 + insn.off];
    default:
      return [next];
  }
}

function sizeRange(size: number): Range {
  return upTo((1n << BigInt(8 * size)) - 1n);
}

/** The range of an operation's result. */
function aluRange(insn: Insn, dst: Range, src: Range): Range {
  const { row } = insn;
  if (row?.kind !== 'alu') return ANY;
  const { op, width } = row;
  const most = width === 64 ? U64 : U32;
  const [a, b] = width === 64 || dst.hi <= U32 ? [dst, src] : [upTo(U32), src];
  const within = (r: Range): Range => (r.lo >= 0n && r.hi <= most ? r : upTo(most));
  const operand = width === 64 || b.hi <= U32 ? b : upTo(U32);
  switch (op) {
    case 'mov':
      return operand;
    case 'add':
      return within({ lo: a.lo + operand.lo, hi: a.hi + operand.hi });
    case 'sub':
      return within({ lo: a.lo - operand.hi, hi: a.hi - operand.lo });
    case 'mul':
      return within({ lo: a.lo * operand.lo, hi: a.hi * operand.hi });
    case 'and':
      return upTo(a.hi < operand.hi ? a.hi : operand.hi);
    case 'or':
    case 'xor': {
      const bits = (a.hi > operand.hi ? a.hi : operand.hi).toString(2).length;
      return within({ lo: 0n, hi: (1n << BigInt(bits)) - 1n });
    }
    case 'lsh':
      return operand.lo === operand.hi && operand.hi < BigInt(width)
        ? within({ lo: a.lo << operand.lo, hi: a.hi << operand.lo })
        : upTo(most);
    case 'rsh':
      return operand.lo === operand.hi && operand.hi < BigInt(width)
        ? { lo: a.lo >> operand.lo, hi: a.hi >> operand.lo }
        : upTo(a.hi);
    case 'div':
      return upTo(a.hi);
    case 'mod':
      return operand.lo > 0n ? upTo(operand.hi - 1n) : upTo(most);
    case 'be':
    case 'le':
    case 'bswap':
      return upTo((1n << BigInt(row.fixed.imm ?? 64)) - 1n);
    default:
      return upTo(most);
  }
}

/** An immediate as the operand of a 64-bit or 32-bit operation. */
export function immRange(imm: number, width: 32 | 64): Range {
  const value = BigInt.asUintN(width, BigInt(imm));
  return { lo: value, hi: value };
}

/** Arguments that a helper reads. */
function argCount(insn: Insn): number {
  const { row } = insn;
  if (row?.kind !== 'call' || row.target !== 'helper') return 5;
  return helperRow(insn.imm)?.args.length ?? 5;
}

/** The registers behind an insn, whatever way it goes. */
function step(insn: Insn, before: Registers): Registers {
  const { row, dst, src } = insn;
  const after = [...before];
  switch (row?.kind) {
    case 'alu': {
      const operand = row.operand === 'imm' ? immRange(insn.imm, row.width) : row.operand === 'reg' ? before[src] : ANY;
      after[dst] = aluRange(insn, before[dst] ?? ANY, operand ?? ANY);
      break;
    }
    case 'load':
      after[dst] = row.signed ? ANY : sizeRange(row.size);
      break;
    case 'ld_imm64': {
      const value = (BigInt((insn.next?.imm ?? 0) >>> 0) << 32n) | BigInt(insn.imm >>> 0);
      after[dst] = row.pseudo === 'value' ? { lo: value, hi: value } : ANY;
      break;
    }
    case 'atomic':
      if (row.fetch) after[row.op === 'cmpxchg' ? 0 : src] = sizeRange(row.size);
      break;
    case 'ld_packet':
      after[0] = sizeRange(row.size);
      for (let r = 1; r <= 5; r++) after[r] = undefined;
      break;
    case 'call':
      after[0] = ANY;
      for (let r = 1; r <= 5; r++) after[r] = undefined;
      break;
  }
  return after;
}

/** What a comparison with a constant tells of the register, on the way that is taken or not. */
function refined(insn: Insn, before: Registers, taken: boolean): Registers {
  const { row, dst } = insn;
  if (row?.kind !== 'jump') return before;
  const range = before[dst] ?? ANY;
  const src = row.operand === 'reg' ? before[insn.src] : immRange(insn.imm, row.width);
  if (!src || src.lo !== src.hi || (row.width === 32 && range.hi > U32)) return before;
  const k = src.lo;
  const negative = 1n << BigInt(row.width - 1);
  let { lo, hi } = range;
  const most = (v: bigint): void => {
    hi = hi < v ? hi : v;
  };
  const least = (v: bigint): void => {
    lo = lo > v ? lo : v;
  };
  const op = taken ? row.op : (INVERTED[row.op] ?? '');
  if (op === 'jeq') [lo, hi] = [k, k];
  else if (op === 'jne' && lo === k) least(k + 1n);
  else if (op === 'jne' && hi === k) most(k - 1n);
  else if (op === 'jlt') most(k - 1n);
  else if (op === 'jle') most(k);
  else if (op === 'jgt') least(k + 1n);
  else if (op === 'jge') least(k);
  else if ((op === 'jsge' || op === 'jsgt') && k < negative) {
    // Not negative, so not above the largest positive number.
    most(negative - 1n);
    least(op === 'jsgt' ? k + 1n : k);
  } else if (op === 'jslt' && k === 0n) least(negative);
  else if ((op === 'jslt' || op === 'jsle') && hi < negative && k < negative) most(op === 'jslt' ? k - 1n : k);
  const parts = partsOf(range).flatMap((part) => {
    const holds = (v: bigint): boolean => op !== 'jne' || v !== k;
    const [from, to] = [part.lo > lo ? part.lo : lo, part.hi < hi ? part.hi : hi];
    return from > to || (from === to && !holds(from)) ? [] : [{ lo: from, hi: to }];
  });
  // A way that cannot be taken says nothing.
  if (lo > hi || hi < 0n || lo > U64 || parts.length === 0) return before;
  const after = [...before];
  after[dst] = rangeOf(parts);
  return after;
}

/** What is true where the comparison is not. */
export const INVERTED: Readonly<Record<string, string>> = {
  jeq: 'jne',
  jne: 'jeq',
  jgt: 'jle',
  jle: 'jgt',
  jge: 'jlt',
  jlt: 'jge',
  jsgt: 'jsle',
  jsle: 'jsgt',
  jsge: 'jslt',
  jslt: 'jsge',
};

const sameRange = (a: Range, b: Range): boolean => {
  const [x, y] = [partsOf(a), partsOf(b)];
  return x.length === y.length && x.every(({ lo, hi }, i) => lo === y[i]!.lo && hi === y[i]!.hi);
};

function joined(a: Range | undefined, b: Range | undefined, wide: boolean): Range | undefined {
  if (!a || !b) return undefined;
  const all = rangeOf([...partsOf(a), ...partsOf(b)]);
  return sameRange(all, a) ? a : wide ? ANY : all;
}

/** The function that a slot lies in, by its index among the entries. */
export const functionOf = (entries: readonly number[], slot: number): number => entries.findLastIndex((e) => e <= slot);

/** Where a call goes, in the same program. */
export const calleeOf = ({ row, imm }: Insn, slot: number): number | undefined =>
  row?.kind === 'call' && row.target === 'local' ? slot + 1 + imm : undefined;

/** Registers before every insn that can be reached. Of callers nothing is known, of callees what they return. */
export function valuesBefore(code: Code, live: readonly number[]): readonly (Registers | undefined)[] {
  const { insns, entries } = code;
  let returned: readonly (Range | undefined)[] = entries.map(() => ANY);
  // Each round may use what the one before has found: what a function returns depends on what others do.
  for (;;) {
    const before = valuesWith(code, live, returned);
    const now = entries.map((_, f): Range | undefined => {
      const exits = insns.flatMap((insn, slot) =>
        insn?.row?.kind === 'exit' && functionOf(entries, slot) === f && before[slot] ? [before[slot]![0] ?? ANY] : [],
      );
      return exits.length === 0 ? ANY : rangeOf(exits.flatMap(partsOf));
    });
    if (now.every((range, f) => sameRange(range!, returned[f]!))) return before;
    returned = now;
  }
}

function valuesWith(
  { insns, entries }: Code,
  live: readonly number[],
  returned: readonly (Range | undefined)[],
): readonly (Registers | undefined)[] {
  const before = new Array<Registers | undefined>(insns.length).fill(undefined);
  const visits = new Uint16Array(insns.length);
  const work: number[] = [];
  const flow = (slot: number, registers: Registers): void => {
    if (slot >= insns.length || slot < 0) return;
    const old = before[slot];
    visits[slot]!++;
    const wide = visits[slot]! > PATIENCE;
    const next = old ? old.map((range, r) => joined(range, registers[r], wide)) : registers;
    if (old?.every((range, r) => range === next[r])) return;
    before[slot] = next;
    work.push(slot);
  };
  for (const entry of entries) {
    const given = (r: number): boolean => r === 10 || (r >= 1 && r <= 5 && (live[entry]! & (1 << r)) !== 0);
    flow(
      entry,
      Array.from({ length: 11 }, (_, r) => (given(r) ? ANY : undefined)),
    );
  }
  for (let slot = work.pop(); slot !== undefined; slot = work.pop()) {
    const insn = insns[slot];
    if (!insn) continue;
    const after = [...step(insn, before[slot]!)];
    const callee = calleeOf(insn, slot);
    if (callee !== undefined) after[0] = returned[entries.indexOf(callee)] ?? ANY;
    const [next, target] = successors(insn, slot);
    if (insn.row?.kind === 'jump') {
      flow(next!, refined(insn, after, false));
      flow(target!, refined(insn, after, true));
    } else for (const to of [next, target]) if (to !== undefined) flow(to, after);
  }
  return before;
}

/** Bits of the registers that an insn reads, and those that it overwrites. */
function usesOf(insn: Insn, calleeReads: number, returns: number): { readonly reads: number; readonly writes: number } {
  const { row } = insn;
  const [dst, src] = [1 << insn.dst, 1 << insn.src];
  const args = (count: number): number => ((1 << (count + 1)) - 1) & ~1;
  switch (row?.kind) {
    case 'alu': {
      const old = row.op === 'mov' || row.op === 'movsx' ? 0 : dst;
      return { reads: old | (row.operand === 'reg' ? src : 0), writes: dst };
    }
    case 'jump':
      return { reads: dst | (row.operand === 'reg' ? src : 0), writes: 0 };
    case 'load':
      return { reads: src, writes: dst };
    case 'store':
      return { reads: dst | (row.operand === 'reg' ? src : 0), writes: 0 };
    case 'atomic':
      return { reads: dst | src | (row.op === 'cmpxchg' ? 1 : 0), writes: 0 };
    case 'ld_imm64':
      return { reads: 0, writes: dst };
    case 'ld_packet':
      return { reads: (1 << 6) | (row.indirect ? src : 0), writes: args(5) | 1 };
    case 'call': {
      const reads = row.target === 'local' ? calleeReads & args(5) : args(argCount(insn));
      return { reads: reads | (row.target === 'reg' ? dst : 0), writes: args(5) | 1 };
    }
    case 'exit':
      return { reads: returns, writes: 0 };
    default:
      return { reads: row?.kind === 'goto' || row?.kind === 'may_goto' ? 0 : 0x7ff, writes: 0 };
  }
}

/** Functions whose result somebody outside of the program takes: the program itself, and callbacks. */
export function answersOf({ insns, entries }: Pick<Code, 'insns' | 'entries'>): readonly boolean[] {
  const taken = new Set([0]);
  for (const [slot, insn] of insns.entries()) {
    if (insn?.row?.kind === 'ld_imm64' && insn.row.pseudo === 'func') taken.add(slot + 1 + insn.imm);
  }
  return entries.map((entry) => taken.has(entry));
}

/** Bits of the registers whose values before each insn may still be read. */
export function liveBefore(code: Pick<Code, 'insns' | 'entries'>): readonly number[] {
  const { insns, entries } = code;
  const live = new Array<number>(insns.length).fill(0);
  const returned = answersOf(code).map(Number);
  for (let changed = true; changed; ) {
    changed = false;
    for (let slot = insns.length - 1; slot >= 0; slot--) {
      const insn = insns[slot];
      if (!insn) continue;
      const callee = calleeOf(insn, slot);
      const { reads, writes } = usesOf(insn, live[callee ?? -1] ?? 0, returned[functionOf(entries, slot)]!);
      const after = successors(insn, slot).reduce((bits, to) => bits | (live[to] ?? 0), 0);
      const f = callee === undefined ? -1 : entries.indexOf(callee);
      if (f >= 0 && (after & 1) > returned[f]!) {
        returned[f] = 1;
        changed = true;
      }
      const before = reads | (after & ~writes);
      if (before === live[slot]) continue;
      live[slot] = before;
      changed = true;
    }
  }
  return live;
}
