/** Which registers are read later. */
import type { Insn } from '../../src/isa/insn.ts';
import { helperRow } from '../../src/spec/helpers/index.ts';
import type { Code } from './code.ts';
import { calleeOf, functionOf, successors } from './flow.ts';

/** Arguments that a helper reads. */
function argCount(insn: Insn): number {
  const { row } = insn;
  if (row?.kind !== 'call' || row.target !== 'helper') return 5;
  return helperRow(insn.imm)?.args.length ?? 5;
}

/** Bits of the registers that an insn reads, and those that it overwrites. */
export function usesOf(
  insn: Insn,
  calleeReads: number,
  returns: number,
): { readonly reads: number; readonly writes: number } {
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

/** Bits of the registers whose values behind an insn may still be read. */
export const liveBehind = (insn: Insn, slot: number, live: readonly number[]): number =>
  successors(insn, slot).reduce((bits, to) => bits | (live[to] ?? 0), 0);

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
      const after = liveBehind(insn, slot, live);
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
