/** Arguments that are a spin lock in a map value. */
import type { Env, Err } from '../env.ts';
import { notCovered } from '../env.ts';

/** @kernel process_spin_lock */
export function processSpinLock(env: Env, regno: number, lock: boolean): Err {
  void [regno, lock];
  return notCovered(env, 'spin lock');
}
