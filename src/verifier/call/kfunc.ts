/** Calls of kernel functions. */
import type { Insn } from '../../isa/insn.ts';
import type { Env, Err } from '../env.ts';
import { notCovered } from '../env.ts';

/** @kernel check_kfunc_call */
export function checkKfuncCall(env: Env, insn: Insn): Err {
  // A kfunc that was not resolved is refused only when it is still there after the walk.
  if (insn.imm === 0 && !env.kfuncs.has(env.insn_idx)) return 0;
  return notCovered(env, 'kfunc call');
}
