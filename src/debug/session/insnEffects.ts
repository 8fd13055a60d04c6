/** What an insn may change, told by its row: where a debugger must look. */
import type { Insn } from '../../isa/insn.ts';
import { helperName } from '../../spec/helpers/index.ts';
import type { Executable } from '../../vm/executable.ts';
import { LOWERED } from '../../vm/executable.ts';
import { kfuncAt } from '../../vm/kfuncs.ts';

const R0 = 0;

/** May the insn write the register of the frame that it runs in? */
export function writesRegister({ row, dst, src }: Insn, reg: number): boolean {
  switch (row?.kind) {
    case 'alu':
    case 'load':
    case 'ld_imm64':
    case 'addr_space_cast':
      return dst === reg;
    case 'atomic':
      return row.fetch && (row.op === 'cmpxchg' ? R0 : src) === reg;
    case 'ld_packet':
    case 'call':
      return reg === R0;
    default:
      return false;
  }
}

/** May the insn write memory: stack, packet, context, maps, kernel objects? */
export function writesMemory({ row }: Insn): boolean {
  return row?.kind === 'store' || row?.kind === 'atomic' || (row?.kind === 'call' && row.target !== 'local');
}

/** The bytes that a store or atomic insn writes directly: its base register, offset and size; undefined for other insns. */
export function storeOf(
  insn: Insn,
): { readonly base: number; readonly off: number; readonly size: number } | undefined {
  const { row, dst, off } = insn;
  return row?.kind === 'store' || row?.kind === 'atomic' ? { base: dst, off, size: row.size } : undefined;
}

/** The helper or kfunc that an insn calls, by name. */
export function calleeName(prog: Executable, slot: number, insn: Insn): string | undefined {
  if (insn.row?.kind !== 'call') return undefined;
  if (insn.row.target === 'helper') return helperName(insn.imm);
  return insn.row.target === 'kfunc' ? kfuncAt(prog.code[slot * LOWERED.words + LOWERED.lo]!) : undefined;
}
