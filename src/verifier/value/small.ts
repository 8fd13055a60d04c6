/**
 * Bounds of values below 2^31: all five views are then ranges of the same numbers, so that plain numbers do what `regBoundsSync`
 * does with bigints, and the result is the same.
 */
import type { Draft } from './reg.ts';
import { S32_MAX } from './reg.ts';

const LIMIT = BigInt(S32_MAX);
const U32 = 0xffff_ffffn;

/** Small bigints made once: most bounds are small. */
const CACHED = Array.from({ length: 1024 }, (_, i) => BigInt(i));
const big = (v: number): bigint => CACHED[v] ?? BigInt(v);

/**
 * All views learn from each other, where every one of them says that the value is below 2^31. False where they do not, or
 * contradict each other: nothing has changed then.
 */
export function syncSmall(d: Draft): boolean {
  const { var_off, smin_value, smax_value } = d;
  if (d.umax_value > LIMIT || var_off.value > LIMIT || d.umin_value > LIMIT) return false;
  if (d.s32_max_value < 0 || smax_value < 0n) return false;
  const value = Number(var_off.value);
  // Unknown bits above the range are known to be 0.
  const mask = var_off.mask <= LIMIT ? Number(var_off.mask) : Number(BigInt.asUintN(31, var_off.mask));
  let min = Math.max(Number(d.umin_value), value, d.u32_min_value, d.s32_min_value);
  let max = Math.min(Number(d.umax_value), value | mask, d.u32_max_value, d.s32_max_value);
  if (smin_value >= 0n && smax_value <= U32) {
    min = Math.max(min, Number(smin_value));
    max = Math.min(max, Number(smax_value));
  } else if (smin_value > big(min) || smax_value < BigInt(Math.max(max, 0))) {
    // What the signed bounds know more goes another way.
    return false;
  }
  return settleSmall(d, min, max, value, mask);
}

/** The views of a value in a range below 2^31 with known bits; false where they contradict each other. */
export function settleSmall(d: Draft, least: number, most: number, value: number, mask: number): boolean {
  if (least > most) return false;
  const differ = least ^ most;
  const delta = differ === 0 ? 0 : 2 ** (32 - Math.clz32(differ)) - 1;
  const unknown = mask & delta;
  const known = (value | (least & ~delta)) & ~unknown;
  const min = Math.max(least, known);
  const max = Math.min(most, known | unknown);
  if (min > max) return false;
  const { var_off } = d;
  d.umin_value = d.smin_value = big(min);
  d.umax_value = d.smax_value = min === max ? d.umin_value : big(max);
  d.u32_min_value = d.s32_min_value = min;
  d.u32_max_value = d.s32_max_value = max;
  const [v, m] = [big(known), big(unknown)];
  if (v !== var_off.value || m !== var_off.mask) d.var_off = { value: v, mask: m };
  return true;
}
