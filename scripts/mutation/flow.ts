/** What is known of registers before each insn without running anything: which have a value, and in what range. */
import { jumpDistance } from '../../src/isa/disasm.ts';
import type { Insn } from '../../src/isa/insn.ts';
import { slotsOf } from '../../src/isa/insn.ts';
import type { Code } from './code.ts';
import {
  ANY,
  aluRange,
  immRange,
  joined,
  partsOf,
  type Range,
  rangeOf,
  sameRange,
  sizeRange,
  U32,
  U64,
} from './range.ts';

/** Ranges of r0 to r10; undefined where a register need not have a value. */
export type Registers = readonly (Range | undefined)[];

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
