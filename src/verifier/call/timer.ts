/** Arguments that are a timer in a map value. */
import type { Env, Err } from '../env.ts';
import { notCovered } from '../env.ts';
import type { CallMeta } from './meta.ts';

/** @kernel process_timer_func */
export function processTimer(env: Env, regno: number, meta: CallMeta): Err {
  void [regno, meta];
  return notCovered(env, 'timer');
}
