/** Two's-complement helpers over bigint (unsigned 64-bit values in, unsigned 64-bit values out) and 32-bit halves. */

export const U64_MASK = 0xffff_ffff_ffff_ffffn;
export const U32_MASK = 0xffff_ffffn;

/** The unsigned 64-bit value whose low and high 32-bit halves are given (any sign). */
export function joinHalves(lo: number, hi: number): bigint {
  return (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0);
}

/** Low 32 bits of a 64-bit value as a signed number. */
export function loHalf(v: bigint): number {
  return Number(BigInt.asIntN(32, v));
}

/** High 32 bits of a 64-bit value as a signed number. */
export function hiHalf(v: bigint): number {
  return Number(BigInt.asIntN(32, v >> 32n));
}

/** Reverses the lowest `bytes` bytes of a value; the rest is cleared. */
export function swapBytes(v: bigint, bytes: number): bigint {
  let out = 0n;
  for (let i = 0; i < bytes; i++) out = (out << 8n) | ((v >> BigInt(8 * i)) & 0xffn);
  return out;
}

/** Byte-swaps a 32-bit word given and returned as a signed number. */
export function swap32(v: number): number {
  return ((v & 0xff) << 24) | ((v & 0xff00) << 8) | ((v >>> 8) & 0xff00) | (v >>> 24);
}

/** Byte-swaps the low 16 bits; the rest is cleared. */
export function swap16(v: number): number {
  return ((v & 0xff) << 8) | ((v >>> 8) & 0xff);
}

/** Rounds up to a multiple of a power of two. */
export function alignUp(v: number, align: number): number {
  return (v + align - 1) & ~(align - 1);
}

/** Of 32-bit numbers. */
export function isPowerOfTwo(v: number): boolean {
  return v > 0 && (v & (v - 1)) === 0;
}
