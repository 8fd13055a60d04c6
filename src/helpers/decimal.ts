/** Decimal digits of 64-bit numbers given as halves. */

/** The unsigned number with these halves (any sign) in decimal. */
export function joinDecimal(lo: number, hi: number): string {
  const low = lo >>> 0;
  const high = hi >>> 0;
  if (high === 0) return `${low}`;
  // Long division by 10^9 keeps every step an exact integer.
  const BASE = 1_000_000_000;
  const digits: string[] = [];
  let [h, l] = [high, low];
  while (h !== 0 || l !== 0) {
    const middle = (h % BASE) * 65536 + Math.floor(l / 65536);
    const last = (middle % BASE) * 65536 + (l % 65536);
    const quotientMiddle = Math.floor(middle / BASE);
    l = quotientMiddle * 65536 + Math.floor(last / BASE);
    h = Math.floor(h / BASE) + Math.floor(l / 2 ** 32);
    l %= 2 ** 32;
    digits.unshift(`${last % BASE}`.padStart(9, '0'));
  }
  return digits.join('').replace(/^0+/, '');
}
