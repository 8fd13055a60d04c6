/** Numbers that are not in the range that they should be in. */
import type { Env, Err } from '../env.ts';
import { reject } from '../env.ts';
import type { Reg } from '../value/reg.ts';
import { S64_MAX, S64_MIN } from '../value/reg.ts';

/** @kernel verbose_invalid_scalar */
export function verboseInvalidScalar(
  env: Env,
  r: Reg,
  [min, max]: readonly [number, number],
  where: string,
  what: string,
): Err {
  const parts: string[] = [];
  if (r.smin_value > S64_MIN) parts.push(`smin=${r.smin_value}`);
  if (r.smax_value < S64_MAX) parts.push(`smax=${r.smax_value}`);
  const value = parts.length > 0 ? parts.join(' ') : 'unknown scalar value';
  return reject(env, 'scalar-range', { where, what, value, min, max });
}
