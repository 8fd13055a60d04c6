/** Arguments that are a kptr in a map value. */
import type { Env, Err } from '../env.ts';
import { notCovered } from '../env.ts';
import type { CallMeta } from './meta.ts';

/** @kernel process_kptr_func */
export function processKptr(env: Env, regno: number, meta: CallMeta): Err {
  void [regno, meta];
  return notCovered(env, 'kptr');
}
