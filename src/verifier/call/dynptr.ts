/** Dynptrs: on the stack, as arguments of calls, and the slices that stand on them. */
import type { TypeFlag } from '../../spec/helpers/row.ts';
import type { Env, Err } from '../env.ts';
import { notCovered, reject } from '../env.ts';
import { curFrame } from '../state.ts';
import type { Reg } from '../value/reg.ts';

/** @kernel process_dynptr_func */
export function processDynptr(env: Env, regno: number, flags: ReadonlySet<TypeFlag>, cloneRefId: number): Err {
  const { type } = curFrame(env.cur).regs[regno]!.v;
  if (type !== 'PTR_TO_STACK' && type !== 'CONST_PTR_TO_DYNPTR')
    return reject(env, 'dynptr-expected', { i: regno - 1 });
  void [flags, cloneRefId];
  return notCovered(env, 'dynptr');
}

/** Slot index of the dynptr that a stack pointer points to; a negative errno for none. @kernel dynptr_get_spi */
export function dynptrGetSpi(env: Env, r: Reg): number {
  void r;
  return notCovered(env, 'dynptr');
}

/** @kernel unmark_stack_slots_dynptr */
export function unmarkStackSlotsDynptr(env: Env, r: Reg): Err {
  void r;
  return notCovered(env, 'dynptr');
}

/** The dynptr behind an argument; undefined where there is none. @kernel get_dynptr_arg_reg */
export function dynptrOf(env: Env, r: Reg): Reg | undefined {
  if (r.type === 'CONST_PTR_TO_DYNPTR') return r;
  notCovered(env, 'dynptr');
  return undefined;
}
