/**
 * 64-bit arithmetic on pairs of 32-bit halves, without bigint. Results go to `r[d]` (low) and `r[d + 1]` (high) of an
 * Int32Array, which in the interpreter is the register file in linear memory.
 */

const TWO32 = 0x1_0000_0000;

/** r[d] = hi:lo */
export function set64(r: Int32Array, d: number, lo: number, hi: number): void {
  r[d] = lo;
  r[d + 1] = hi;
}

/** r[d] += hi:lo */
export function add64(r: Int32Array, d: number, lo: number, hi: number): void {
  const sum = (r[d]! >>> 0) + (lo >>> 0);
  r[d] = sum;
  r[d + 1] = r[d + 1]! + hi + (sum >= TWO32 ? 1 : 0);
}

/** r[d] -= hi:lo */
export function sub64(r: Int32Array, d: number, lo: number, hi: number): void {
  const difference = (r[d]! >>> 0) - (lo >>> 0);
  r[d] = difference;
  r[d + 1] = r[d + 1]! - hi - (difference < 0 ? 1 : 0);
}

/** High 32 bits of the unsigned product of two words. */
function mulHigh(a: number, b: number): number {
  const al = a & 0xffff;
  const ah = a >>> 16;
  const bl = b & 0xffff;
  const bh = b >>> 16;
  const low = al * bl;
  const middle = ah * bl + (low >>> 16);
  const other = al * bh + (middle & 0xffff);
  return (ah * bh + Math.floor(middle / 0x10000) + Math.floor(other / 0x10000)) | 0;
}

/** r[d] *= hi:lo, the low 64 bits */
export function mul64(r: Int32Array, d: number, lo: number, hi: number): void {
  const a = r[d]!;
  const high = mulHigh(a, lo) + Math.imul(a, hi) + Math.imul(r[d + 1]!, lo);
  r[d] = Math.imul(a, lo);
  r[d + 1] = high;
}

/** Shift amounts are taken modulo 64. */
export function lsh64(r: Int32Array, d: number, amount: number): void {
  const n = amount & 63;
  if (n === 0) return;
  if (n >= 32) set64(r, d, 0, r[d]! << (n - 32));
  else set64(r, d, r[d]! << n, (r[d + 1]! << n) | (r[d]! >>> (32 - n)));
}

/** Logical shift to the right, the amount modulo 64. */
export function rsh64(r: Int32Array, d: number, amount: number): void {
  const n = amount & 63;
  if (n === 0) return;
  if (n >= 32) set64(r, d, r[d + 1]! >>> (n - 32), 0);
  else set64(r, d, (r[d]! >>> n) | (r[d + 1]! << (32 - n)), r[d + 1]! >>> n);
}

/** Arithmetic shift to the right, the amount modulo 64. */
export function arsh64(r: Int32Array, d: number, amount: number): void {
  const n = amount & 63;
  if (n === 0) return;
  const hi = r[d + 1]!;
  if (n >= 32) set64(r, d, hi >> (n - 32), hi >> 31);
  else set64(r, d, (r[d]! >>> n) | (hi << (32 - n)), hi >> n);
}

/** r[d] = -r[d] */
export function neg64(r: Int32Array, d: number): void {
  const lo = -r[d]! | 0;
  r[d + 1] = ~r[d + 1]! + (lo === 0 ? 1 : 0);
  r[d] = lo;
}

/** Unsigned division or remainder; the divisor is not 0. */
export function udivmod64(r: Int32Array, d: number, lo: number, hi: number, remainder: boolean): void {
  const alo = r[d]! >>> 0;
  const ahi = r[d + 1]! >>> 0;
  const blo = lo >>> 0;
  const bhi = hi >>> 0;
  if (ahi < 0x20_0000 && bhi < 0x20_0000) {
    // Both below 2^53: doubles hold them exactly, `%` is exact, and so is the quotient of what it leaves.
    const a = ahi * TWO32 + alo;
    const b = bhi * TWO32 + blo;
    const rest = a % b;
    const value = remainder ? rest : (a - rest) / b;
    set64(r, d, value, Math.floor(value / TWO32));
    return;
  }
  longDivide(r, d, alo, ahi, blo, bhi, remainder);
}

/** Shift and subtract, one bit a round, beginning at the dividend's highest set bit. */
function longDivide(
  r: Int32Array,
  d: number,
  alo: number,
  ahi: number,
  blo: number,
  bhi: number,
  remainder: boolean,
): void {
  let restLo = 0;
  let restHi = 0;
  let quotLo = 0;
  let quotHi = 0;
  const bits = ahi === 0 ? 32 - Math.clz32(alo) : 64 - Math.clz32(ahi);
  for (let i = bits - 1; i >= 0; i--) {
    const carry = restHi >>> 31;
    restHi = ((restHi << 1) | (restLo >>> 31)) >>> 0;
    restLo = ((restLo << 1) | ((i >= 32 ? ahi >>> (i - 32) : alo >>> i) & 1)) >>> 0;
    if (carry === 0 && (restHi < bhi || (restHi === bhi && restLo < blo))) continue;
    const difference = restLo - blo;
    restLo = difference >>> 0;
    restHi = (restHi - bhi - (difference < 0 ? 1 : 0)) >>> 0;
    if (i >= 32) quotHi |= 1 << (i - 32);
    else quotLo |= 1 << i;
  }
  if (remainder) set64(r, d, restLo, restHi);
  else set64(r, d, quotLo, quotHi);
}

const scratch = new Int32Array(2);

/** Signed division truncating towards zero, or its remainder (sign of the dividend); the divisor is not 0. */
export function sdivmod64(r: Int32Array, d: number, lo: number, hi: number, remainder: boolean): void {
  const negativeA = r[d + 1]! < 0;
  const negativeB = hi < 0;
  if (negativeA) neg64(r, d);
  set64(scratch, 0, lo, hi);
  if (negativeB) neg64(scratch, 0);
  udivmod64(r, d, scratch[0]!, scratch[1]!, remainder);
  if (remainder ? negativeA : negativeA !== negativeB) neg64(r, d);
}

/** Unsigned comparison of two pairs. */
export function below64(alo: number, ahi: number, blo: number, bhi: number): boolean {
  return ahi === bhi ? alo >>> 0 < blo >>> 0 : ahi >>> 0 < bhi >>> 0;
}

/** Signed comparison of two pairs. */
export function less64(alo: number, ahi: number, blo: number, bhi: number): boolean {
  return ahi === bhi ? alo >>> 0 < blo >>> 0 : ahi < bhi;
}
