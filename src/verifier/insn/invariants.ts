/** Bounds that contradict each other, as they do where a branch is dead: they are forgotten, and the log tells. */
import { ERRNO } from '../../spec/errno.ts';
import type { Env, Err } from '../env.ts';
import { verbose } from '../env.ts';
import { unbound32, unbound64 } from '../value/bounds.ts';
import type { Reg } from '../value/reg.ts';
import { draft } from '../value/reg.ts';
import { tnumSubreg } from '../value/tnum.ts';

/** Why the five views cannot all be right; undefined when they can. */
function violation(r: Reg): string | undefined {
  if (
    r.umin_value > r.umax_value ||
    r.smin_value > r.smax_value ||
    r.u32_min_value > r.u32_max_value ||
    r.s32_min_value > r.s32_max_value
  ) {
    return 'range bounds violation';
  }
  if (r.var_off.mask === 0n) {
    const { value } = r.var_off;
    const signed = BigInt.asIntN(64, value);
    if (r.umin_value !== value || r.umax_value !== value || r.smin_value !== signed || r.smax_value !== signed) {
      return 'const tnum out of sync with range bounds';
    }
  }
  const half = tnumSubreg(r.var_off);
  if (half.mask !== 0n) return undefined;
  const value = Number(half.value);
  const signed = value | 0;
  const same =
    r.u32_min_value === value && r.u32_max_value === value && r.s32_min_value === signed && r.s32_max_value === signed;
  return same ? undefined : 'const subreg tnum out of sync with range bounds';
}

const hex = (v: bigint | number): string => `0x${v.toString(16)}`;
const hex64 = (v: bigint): string => hex(BigInt.asUintN(64, v));

/** `what` names the operand in the log. @kernel reg_bounds_sanity_check */
export function boundsSanity(env: Env, c: { v: Reg }, what: string): Err {
  const r = c.v;
  const message = violation(r);
  if (message === undefined) return 0;
  if (env.log.level !== 0) {
    verbose(
      env,
      `REG INVARIANTS VIOLATION (${what}): ${message} u64=[${hex(r.umin_value)}, ${hex(r.umax_value)}] ` +
        `s64=[${hex64(r.smin_value)}, ${hex64(r.smax_value)}] u32=[${hex(r.u32_min_value)}, ${hex(r.u32_max_value)}] ` +
        `s32=[${hex(r.s32_min_value >>> 0)}, ${hex(r.s32_max_value >>> 0)}] ` +
        `var_off=(${hex(r.var_off.value)}, ${hex(r.var_off.mask)})\n`,
    );
  }
  if (env.facts.testRegInvariants) return -ERRNO.EFAULT;
  const d = draft(r);
  unbound64(d);
  unbound32(d);
  c.v = d;
  return 0;
}
