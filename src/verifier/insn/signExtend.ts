/** Sign extension of the lowest bytes of a number. */
import { U64_MASK } from '../../util/bits.ts';
import { maxBig, minBig } from '../value/bounds.ts';
import type { Draft } from '../value/reg.ts';
import { setKnown, U32_MAX } from '../value/reg.ts';
import { TNUM_UNKNOWN, tnumIsConst, tnumRange, tnumSubreg, tnumWithSubreg } from '../value/tnum.ts';

/** The whole register becomes the sign-extended lowest `size` bytes. @kernel coerce_reg_to_size_sx */
export function signExtend64(d: Draft, size: 1 | 2 | 4): void {
  const bits = size * 8;
  if (tnumIsConst(d.var_off)) {
    setKnown(d, BigInt.asIntN(bits, d.var_off.value));
    return;
  }
  const shift = BigInt(bits);
  const [a, b] = [BigInt.asIntN(bits, d.smax_value), BigInt.asIntN(bits, d.smin_value)];
  const [max, min] = [maxBig(a, b), minBig(a, b)];
  if (d.smax_value >> shift === d.smin_value >> shift && max >= 0n === min >= 0n) {
    d.smin_value = min;
    d.smax_value = max;
    d.umin_value = min & U64_MASK;
    d.umax_value = max & U64_MASK;
    d.s32_min_value = Number(BigInt.asIntN(32, min));
    d.s32_max_value = Number(BigInt.asIntN(32, max));
    d.u32_min_value = d.s32_min_value >>> 0;
    d.u32_max_value = d.s32_max_value >>> 0;
    d.var_off = tnumRange(d.umin_value, d.umax_value);
    return;
  }
  const half = 1n << (shift - 1n);
  d.smin_value = -half;
  d.smax_value = half - 1n;
  d.s32_min_value = Number(-half);
  d.s32_max_value = Number(half - 1n);
  d.umin_value = 0n;
  d.umax_value = U64_MASK;
  d.u32_min_value = 0;
  d.u32_max_value = U32_MAX;
  d.var_off = TNUM_UNKNOWN;
}

/** The lower half becomes the sign-extended lowest bytes. @kernel coerce_subreg_to_size_sx */
export function signExtend32(d: Draft, size: 1 | 2): void {
  const bits = size * 8;
  const cut = (v: number): number => Number(BigInt.asIntN(bits, BigInt(v)));
  if (tnumIsConst(d.var_off)) {
    const v = cut(Number(BigInt.asIntN(32, d.var_off.value)));
    d.var_off = { value: BigInt(v >>> 0), mask: 0n };
    d.s32_min_value = d.s32_max_value = v;
    d.u32_min_value = d.u32_max_value = v >>> 0;
    return;
  }
  const [a, b] = [cut(d.s32_max_value), cut(d.s32_min_value)];
  const [max, min] = [Math.max(a, b), Math.min(a, b)];
  if (d.s32_max_value >> bits === d.s32_min_value >> bits && max >= 0 === min >= 0) {
    d.s32_min_value = min;
    d.s32_max_value = max;
    d.u32_min_value = min >>> 0;
    d.u32_max_value = max >>> 0;
    d.var_off = tnumSubreg(tnumRange(BigInt(d.u32_min_value), BigInt(d.u32_max_value)));
    return;
  }
  d.s32_min_value = -(2 ** (bits - 1));
  d.s32_max_value = 2 ** (bits - 1) - 1;
  d.u32_min_value = 0;
  d.u32_max_value = U32_MAX;
  d.var_off = tnumWithSubreg(d.var_off, TNUM_UNKNOWN);
}
