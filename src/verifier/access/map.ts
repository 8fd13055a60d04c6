/** Values of maps, and the fields in them that have rules of their own. */
import type { Env, Err } from '../env.ts';
import { curFrame } from '../state.ts';
import { checkRegion } from './region.ts';

/** Who accesses: an insn or a helper. */
export type AccessSource = 'DIRECT' | 'HELPER';

/** @kernel check_map_access */
export function checkMapAccess(
  env: Env,
  regno: number,
  off: number,
  size: number,
  zeroOk: boolean,
  source: AccessSource,
): Err {
  void source;
  const { map } = curFrame(env.cur).regs[regno]!.v;
  return checkRegion(env, regno, off, size, map!.value_size, zeroOk);
}
