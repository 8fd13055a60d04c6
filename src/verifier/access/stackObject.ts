/** Objects that live in whole stack slots: dynptrs and iterators. */
import type { Env } from '../env.ts';
import { reject } from '../env.ts';
import type { FuncState } from '../state.ts';
import type { Reg } from '../value/reg.ts';
import { tnumIsConst } from '../value/tnum.ts';

/** The pointer leads beyond the slots that exist so far. */
export const OUTSIDE = -34;

/** The frame that a stack pointer points into. @kernel func */
export function frameOf(env: Env, r: Reg): FuncState {
  return env.cur.frame[r.frameno]!;
}

/**
 * Index of the highest slot of an object of `count` slots; -EINVAL, or OUTSIDE.
 * @kernel stack_slot_obj_get_spi
 */
export function stackObjectSpi(env: Env, r: Reg, what: string, count: number): number {
  if (!tnumIsConst(r.var_off)) return reject(env, 'object-variable', { what });
  const off = r.off + Number(BigInt.asIntN(32, r.var_off.value));
  const spi = Math.trunc((-off - 1) / 8);
  if (off % 8 !== 0 || spi + 1 < count) return reject(env, 'object-offset', { what, off });
  return spi - count + 1 >= 0 && spi < frameOf(env, r).stack.length ? spi : OUTSIDE;
}
