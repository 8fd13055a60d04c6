/**
 * Tristate numbers: 64 bits of which each is known (in `value`) or unknown (set in `mask`). Both are unsigned bigints and
 * share no set bit.
 */
import { U32_MASK, U64_MASK } from '../../util/bits.ts';

const low = (v: bigint): number => Number(BigInt.asIntN(32, v));
const high = (v: bigint): number => Number(BigInt.asIntN(32, v >> 32n));

export interface Tnum {
  readonly value: bigint;
  readonly mask: bigint;
}

const U64 = (v: bigint): bigint => BigInt.asUintN(64, v);

export function tnumConst(value: bigint): Tnum {
  return { value: U64(value), mask: 0n };
}

export const TNUM_UNKNOWN: Tnum = { value: 0n, mask: U64_MASK };

const DELTA = Array.from({ length: 64 }, (_, bits) => (1n << BigInt(bits)) - 1n);

/** The smallest tnum that holds all of min..max (unsigned). */
export function tnumRange(min: bigint, max: bigint): Tnum {
  const chi = min ^ max;
  const high = Number(chi >> 32n);
  const bits = high === 0 ? 32 - Math.clz32(Number(chi)) : 64 - Math.clz32(high);
  if (bits > 63) return TNUM_UNKNOWN;
  const delta = DELTA[bits]!;
  return { value: min & ~delta, mask: delta };
}

export function tnumAdd(a: Tnum, b: Tnum): Tnum {
  const sumMask = a.mask + b.mask;
  const sumValue = a.value + b.value;
  const unknown = U64((sumMask + sumValue) ^ sumValue) | a.mask | b.mask;
  return { value: U64(sumValue) & ~unknown, mask: unknown };
}

export function tnumSub(a: Tnum, b: Tnum): Tnum {
  const difference = U64(a.value - b.value);
  const unknown = (U64(difference + a.mask) ^ U64(difference - b.mask)) | a.mask | b.mask;
  return { value: difference & ~unknown, mask: unknown };
}

export function tnumAnd(a: Tnum, b: Tnum): Tnum {
  const possible = (a.value | a.mask) & (b.value | b.mask);
  const value = a.value & b.value;
  return { value, mask: possible & ~value };
}

export function tnumOr(a: Tnum, b: Tnum): Tnum {
  const value = a.value | b.value;
  return { value, mask: (a.mask | b.mask) & ~value };
}

export function tnumXor(a: Tnum, b: Tnum): Tnum {
  const mask = a.mask | b.mask;
  return { value: (a.value ^ b.value) & ~mask, mask };
}

/**
 * Long multiplication over the bits of `a`: certain products add up exactly, uncertain ones only widen the mask. The sum of two
 * masks M and N is (M + N) | M | N; it is kept in two 32-bit halves.
 */
export function tnumMul(a: Tnum, b: Tnum): Tnum {
  const certain = U64(a.value * b.value);
  let [valueLow, valueHigh, maskLow, maskHigh] = [low(a.value), high(a.value), low(a.mask), high(a.mask)];
  // What a known and an unknown bit of `a` add, shifted along.
  let [knownLow, knownHigh] = [low(b.mask), high(b.mask)];
  const any = b.value | b.mask;
  let [anyLow, anyHigh] = [low(any), high(any)];
  let [sumLow, sumHigh] = [0, 0];
  while ((valueLow | valueHigh | maskLow | maskHigh) !== 0) {
    if ((valueLow | maskLow) & 1) {
      const [addLow, addHigh] = valueLow & 1 ? [knownLow, knownHigh] : [anyLow, anyHigh];
      const newLow = (sumLow >>> 0) + (addLow >>> 0);
      const carry = newLow > 0xffff_ffff ? 1 : 0;
      const newHigh = (sumHigh + addHigh + carry) | 0;
      sumLow = newLow | 0 | sumLow | addLow;
      sumHigh = newHigh | sumHigh | addHigh;
    }
    valueLow = (valueLow >>> 1) | (valueHigh << 31);
    valueHigh >>>= 1;
    maskLow = (maskLow >>> 1) | (maskHigh << 31);
    maskHigh >>>= 1;
    knownHigh = (knownHigh << 1) | (knownLow >>> 31);
    knownLow <<= 1;
    anyHigh = (anyHigh << 1) | (anyLow >>> 31);
    anyLow <<= 1;
  }
  const mask = (BigInt(sumHigh >>> 0) << 32n) | BigInt(sumLow >>> 0);
  return tnumAdd(tnumConst(certain), { value: 0n, mask });
}

export function tnumLshift(a: Tnum, shift: number): Tnum {
  return { value: U64(a.value << BigInt(shift)), mask: U64(a.mask << BigInt(shift)) };
}

export function tnumRshift(a: Tnum, shift: number): Tnum {
  return { value: a.value >> BigInt(shift), mask: a.mask >> BigInt(shift) };
}

/** Arithmetic shift within `width` bits; for 32 the result has no bit above them. */
export function tnumArshift(a: Tnum, shift: number, width: 32 | 64): Tnum {
  const move = (v: bigint): bigint => BigInt.asUintN(width, BigInt.asIntN(width, v) >> BigInt(shift));
  return { value: move(a.value), mask: move(a.mask) };
}

/** What both say; the caller knows that they do not contradict each other. */
export function tnumIntersect(a: Tnum, b: Tnum): Tnum {
  const mask = a.mask & b.mask;
  return { value: (a.value | b.value) & ~mask, mask };
}

/** Whether every number of `b` is one of `a`. */
export function tnumIn(a: Tnum, b: Tnum): boolean {
  return (b.mask & ~a.mask) === 0n && a.value === (b.value & ~a.mask);
}

export function tnumIsConst(a: Tnum): boolean {
  return a.mask === 0n;
}

export function tnumIsUnknown(a: Tnum): boolean {
  return a.mask === U64_MASK;
}

/** Whether some number is one of both. */
export function tnumOverlap(a: Tnum, b: Tnum): boolean {
  return ((a.value ^ b.value) & ~(a.mask | b.mask)) === 0n;
}

/** Whether every number of `a` is a multiple of the power of two `size`. */
export function tnumIsAligned(a: Tnum, size: number): boolean {
  return ((a.value | a.mask) & BigInt(size - 1)) === 0n;
}

export function tnumSubreg(a: Tnum): Tnum {
  return { value: a.value & U32_MASK, mask: a.mask & U32_MASK };
}

export function tnumClearSubreg(a: Tnum): Tnum {
  return { value: a.value & ~U32_MASK, mask: a.mask & ~U32_MASK };
}

/** `a` with the lower half of `b`. */
export function tnumWithSubreg(a: Tnum, b: Tnum): Tnum {
  return tnumOr(tnumClearSubreg(a), tnumSubreg(b));
}

/** As the log prints it: `(0x0; 0xff)`, a known one as a number. @kernel tnum_strn */
export function tnumText(a: Tnum): string {
  if (a.mask !== 0n) return `(0x${a.value.toString(16)}; 0x${a.mask.toString(16)})`;
  return a.value <= 0xffffn ? `${a.value}` : `0x${a.value.toString(16)}`;
}
