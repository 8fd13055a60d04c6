/** Arguments that are a work queue in a map value. */
import type { Env, Err } from '../env.ts';
import { notCovered } from '../env.ts';
import type { Reg } from '../value/reg.ts';
import type { KfuncMeta } from './kfuncMeta.ts';

/** @kernel process_wq_func */
export function processWorkqueue(env: Env, r: Reg, meta: KfuncMeta): Err {
  void [r, meta];
  return notCovered(env, 'work queue');
}
