/** Where the insn at hand may go. */
import type { Insn } from '../../../isa/insn.ts';
import type { ProgSymbols } from '../../symbols.ts';
import type { View } from '../../view.ts';

export interface Jump {
  /** Slot that it goes to when it is taken. */
  readonly to: number;
  /** Whether it will be; undefined where that is not told by registers. */
  readonly taken: boolean;
}

function operand(view: View, insn: Insn): bigint {
  if (insn.row?.kind === 'jump' && insn.row.operand === 'reg') return view.machine!.register(insn.src, view.depth);
  return BigInt.asUintN(64, BigInt(insn.imm));
}

/** The jump or local call of a slot of the frame that is looked at; undefined where there is none. */
export function jumpAt(view: View, prog: ProgSymbols, slot: number): Jump | undefined {
  const insn = prog.insns[slot]?.insn;
  const row = insn?.row;
  if (!insn || !row || !view.machine) return undefined;
  if (row.kind === 'goto') return { to: slot + 1 + (row.distance === 'imm' ? insn.imm : insn.off), taken: true };
  if (row.kind === 'call' && row.target === 'local') return { to: slot + 1 + insn.imm, taken: true };
  if (row.kind !== 'jump') return undefined;
  const taken = row.eval(view.machine.register(insn.dst, view.depth), operand(view, insn));
  return { to: slot + 1 + insn.off, taken };
}
