/** Pointers to kernel objects as helper arguments. */
import type { ArgBase, HelperRow } from '../../spec/helpers/row.ts';
import type { Env, Err } from '../env.ts';
import { notCovered } from '../env.ts';
import type { SubprogArg } from '../structure/progInfo.ts';
import type { Reg } from '../value/reg.ts';
import type { CallMeta } from './meta.ts';

/** The type behind the pointer is the one that the helper asks for. The end of check_reg_type. */
export function checkBtfIdArg(env: Env, regno: number, r: Reg, base: ArgBase, row: HelperRow, meta: CallMeta): Err {
  void [regno, r, base, row, meta];
  return notCovered(env, 'pointer to a kernel object as an argument');
}

/** A trusted pointer that a global function asks for. */
export function checkBtfArgOfSubprog(env: Env, regno: number, r: Reg, arg: SubprogArg): Err {
  void [regno, r, arg];
  return notCovered(env, 'pointer to a kernel object as an argument of a global function');
}
