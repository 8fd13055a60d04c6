/** Integers of up to 128 bits as four 32-bit words, lowest first. */
type Words = [number, number, number, number];

/** The words at an offset, of which the first `size` bytes count. */
export function wordsAt(bytes: DataView, from: number, size: number): Words {
  const word = (i: number): number => {
    let value = 0;
    for (let k = 0; k < 4 && 4 * i + k < size; k++) value |= bytes.getUint8(from + 4 * i + k) << (8 * k);
    return value;
  };
  return [word(0), word(1), word(2), word(3)];
}

/** `count` bits from bit `first` on, behind an offset. @kernel btf_bitfield_show */
export function bitsAt(bytes: DataView, from: number, first: number, count: number): Words {
  const shift = first & 7;
  const words = wordsAt(bytes, from + (first >> 3), Math.ceil((shift + count) / 8));
  const part = (i: number): number => {
    const shifted = shift === 0 ? words[i]! : (words[i]! >>> shift) | ((words[i + 1] ?? 0) << (32 - shift));
    const left = count - 32 * i;
    return left <= 0 ? 0 : left >= 32 ? shifted : shifted & (2 ** left - 1);
  };
  return [part(0), part(1), part(2), part(3)];
}
