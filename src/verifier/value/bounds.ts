/** The bounds of a value: five views (tnum, u64, s64, u32, s32) that learn from each other. All functions change the draft. */
import { U32_MASK, U64_MASK } from '../../util/bits.ts';
import type { Draft, Reg } from './reg.ts';
import { S32_MAX, S32_MIN, S64_MAX, S64_MIN, U32_MAX } from './reg.ts';
import { syncSmall } from './small.ts';
import { tnumClearSubreg, tnumIntersect, tnumOr, tnumRange, tnumSubreg } from './tnum.ts';

export const maxBig = (a: bigint, b: bigint): bigint => (a > b ? a : b);
export const minBig = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const low = (v: bigint): number => Number(BigInt.asUintN(32, v));
const slow = (v: bigint): number => Number(BigInt.asIntN(32, v));

export function unbound64(d: Draft): void {
  d.smin_value = S64_MIN;
  d.smax_value = S64_MAX;
  d.umin_value = 0n;
  d.umax_value = U64_MASK;
}

export function unbound32(d: Draft): void {
  d.s32_min_value = S32_MIN;
  d.s32_max_value = S32_MAX;
  d.u32_min_value = 0;
  d.u32_max_value = U32_MAX;
}

const raiseS32 = (d: Draft, min: number, max: number): void => {
  d.s32_min_value = Math.max(d.s32_min_value, min);
  d.s32_max_value = Math.min(d.s32_max_value, max);
};
const raiseU32 = (d: Draft, min: number, max: number): void => {
  d.u32_min_value = Math.max(d.u32_min_value, min);
  d.u32_max_value = Math.min(d.u32_max_value, max);
};
const raiseS64 = (d: Draft, min: bigint, max: bigint): void => {
  d.smin_value = maxBig(d.smin_value, min);
  d.smax_value = minBig(d.smax_value, max);
};
const raiseU64 = (d: Draft, min: bigint, max: bigint): void => {
  d.umin_value = maxBig(d.umin_value, min);
  d.umax_value = minBig(d.umax_value, max);
};

/** The 32-bit bounds learn from the known bits. */
export function updateBounds32(d: Draft): void {
  const { value, mask } = tnumSubreg(d.var_off);
  raiseS32(d, slow(value | (mask & 0x8000_0000n)), slow(value | (mask & 0x7fff_ffffn)));
  raiseU32(d, Number(value), Number(value | mask));
}

/** All bounds learn from the known bits. */
export function updateBounds(d: Draft): void {
  updateBounds32(d);
  const { value, mask } = d.var_off;
  raiseS64(d, BigInt.asIntN(64, value | (mask & (1n << 63n))), BigInt.asIntN(64, value | (mask & S64_MAX)));
  raiseU64(d, value, value | mask);
}

const follows = (a: bigint, b: bigint): boolean =>
  low((a >> 32n) + 1n) === low(b >> 32n) && slow(a) < 0 && slow(b) >= 0;

/** 32-bit bounds learn from the 64-bit ones, then signed and unsigned from each other. */
function deduce32(d: Draft): void {
  const { umin_value: umin, umax_value: umax, smin_value: smin, smax_value: smax } = d;
  if (umin >> 32n === umax >> 32n) {
    raiseU32(d, low(umin), low(umax));
    if (slow(umin) <= slow(umax)) raiseS32(d, slow(umin), slow(umax));
  }
  if (smin >> 32n === smax >> 32n) {
    if (low(smin) <= low(smax)) raiseU32(d, low(smin), low(smax));
    if (slow(smin) <= slow(smax)) raiseS32(d, slow(smin), slow(smax));
  }
  // Upper halves one apart while the lower halves run from negative to positive: a signed range across zero.
  if (follows(umin, umax)) raiseS32(d, slow(umin), slow(umax));
  if (follows(smin, smax)) raiseS32(d, slow(smin), slow(smax));
  if ((d.u32_min_value | 0) <= (d.u32_max_value | 0)) raiseS32(d, d.u32_min_value | 0, d.u32_max_value | 0);
  if (d.s32_min_value >>> 0 <= d.s32_max_value >>> 0) raiseU32(d, d.s32_min_value >>> 0, d.s32_max_value >>> 0);
  else if (d.u32_max_value < d.s32_min_value >>> 0) {
    // The signed range crosses zero, but its negative part is above the unsigned range …
    d.s32_min_value = d.u32_min_value | 0;
    d.u32_max_value = Math.min(d.u32_max_value, d.s32_max_value >>> 0);
  } else if (d.s32_max_value >>> 0 < d.u32_min_value) {
    // … or its positive part below.
    d.s32_max_value = d.u32_max_value | 0;
    d.u32_min_value = Math.max(d.u32_min_value, d.s32_min_value >>> 0);
  }
}

function deduce64(d: Draft): void {
  const [umin, umax] = [BigInt.asIntN(64, d.umin_value), BigInt.asIntN(64, d.umax_value)];
  if (umin <= umax) raiseS64(d, umin, umax);
  const [smin, smax] = [BigInt.asUintN(64, d.smin_value), BigInt.asUintN(64, d.smax_value)];
  if (smin <= smax) raiseU64(d, smin, smax);
  else if (d.umax_value < smin) {
    d.smin_value = umin;
    d.umax_value = minBig(d.umax_value, smax);
  } else if (smax < d.umin_value) {
    d.smax_value = BigInt.asIntN(64, d.umax_value);
    d.umin_value = maxBig(d.umin_value, smin);
  }
}

const swap = (v: bigint, half: bigint): bigint => (v & ~U32_MASK) | half;

/** 64-bit bounds learn from the 32-bit ones. */
function deduceMixed(d: Draft): void {
  const [min, max] = [BigInt(d.u32_min_value), BigInt(d.u32_max_value)];
  raiseU64(d, swap(d.umin_value, min), swap(d.umax_value, max));
  raiseS64(d, swap(d.smin_value, min), swap(d.smax_value, max));
  if (d.s32_min_value >= 0 && d.smin_value >= BigInt(S32_MIN) && d.smax_value <= BigInt(S32_MAX)) {
    d.smin_value = d.umin_value = BigInt(d.s32_min_value);
    d.smax_value = BigInt(d.s32_max_value);
    d.umax_value = BigInt.asUintN(64, d.smax_value);
    d.var_off = tnumIntersect(d.var_off, tnumRange(d.umin_value, d.umax_value));
  }
}

function deduce(d: Draft): void {
  deduce32(d);
  deduce64(d);
  deduceMixed(d);
}

/** The known bits learn from the bounds. */
function boundOffset(d: Draft): void {
  const wide = tnumIntersect(d.var_off, tnumRange(d.umin_value, d.umax_value));
  const half = tnumIntersect(tnumSubreg(wide), tnumRange(BigInt(d.u32_min_value), BigInt(d.u32_max_value)));
  d.var_off = tnumOr(tnumClearSubreg(wide), half);
}

/** One number whose views all say so, or any number at all: nothing is left to learn. */
function isSettled(d: Draft): boolean {
  const { value, mask } = d.var_off;
  if (mask === 0n) {
    const half = low(value);
    return (
      d.umin_value === value &&
      d.umax_value === value &&
      d.u32_min_value === half &&
      d.u32_max_value === half &&
      d.s32_min_value === (half | 0) &&
      d.s32_max_value === (half | 0) &&
      d.smin_value === d.smax_value &&
      d.smin_value === BigInt.asIntN(64, value)
    );
  }
  if (mask === U32_MASK && value === 0n) {
    // Any 32-bit number, zero-extended.
    return (
      d.umin_value === 0n &&
      d.umax_value === U32_MASK &&
      d.smin_value === 0n &&
      d.smax_value === U32_MASK &&
      d.u32_min_value === 0 &&
      d.u32_max_value === U32_MAX &&
      d.s32_min_value === S32_MIN &&
      d.s32_max_value === S32_MAX
    );
  }
  return (
    mask === U64_MASK &&
    d.umin_value === 0n &&
    d.umax_value === U64_MASK &&
    d.smin_value === S64_MIN &&
    d.smax_value === S64_MAX &&
    d.u32_min_value === 0 &&
    d.u32_max_value === U32_MAX &&
    d.s32_min_value === S32_MIN &&
    d.s32_max_value === S32_MAX
  );
}

/** All five views learn from each other. @kernel reg_bounds_sync */
export function regBoundsSync(d: Draft): void {
  if (!isSettled(d) && !syncSmall(d)) syncWide(d);
}

/** The same for any value, by the kernel's steps. */
export function syncWide(d: Draft): void {
  updateBounds(d);
  deduce(d);
  deduce(d);
  boundOffset(d);
  updateBounds(d);
}

/** The value of a 32-bit result: its lower half, upper half cleared. @kernel zext_32_to_64 */
export function zext32to64(d: Draft): void {
  d.var_off = tnumSubreg(d.var_off);
  d.umin_value = BigInt(d.u32_min_value);
  d.umax_value = BigInt(d.u32_max_value);
  if (d.s32_min_value >= 0) {
    d.smin_value = BigInt(d.s32_min_value);
    d.smax_value = BigInt(d.s32_max_value);
  } else {
    d.smin_value = 0n;
    d.smax_value = BigInt(U32_MAX);
  }
}

/** Cuts a value to its lowest bytes. @kernel coerce_reg_to_size */
export function coerceRegToSize(d: Draft, size: number): void {
  const bits = BigInt(size * 8);
  const mask = (1n << bits) - 1n;
  d.var_off = { value: d.var_off.value & mask, mask: d.var_off.mask & mask };
  if ((d.umin_value & ~mask) === (d.umax_value & ~mask)) {
    d.umin_value &= mask;
    d.umax_value &= mask;
  } else {
    d.umin_value = 0n;
    d.umax_value = mask;
  }
  d.smin_value = d.umin_value;
  d.smax_value = d.umax_value;
  if (size < 4) unbound32(d);
  regBoundsSync(d);
}

/** Whether every value of `cur` is within the bounds of `old`. @kernel range_within */
export function rangeWithin(old: Reg, cur: Reg): boolean {
  return (
    old.umin_value <= cur.umin_value &&
    old.umax_value >= cur.umax_value &&
    old.smin_value <= cur.smin_value &&
    old.smax_value >= cur.smax_value &&
    old.u32_min_value <= cur.u32_min_value &&
    old.u32_max_value >= cur.u32_max_value &&
    old.s32_min_value <= cur.s32_min_value &&
    old.s32_max_value >= cur.s32_max_value
  );
}
