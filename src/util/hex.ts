/** Bytes to and from hexadecimal text. */

const DIGITS: readonly string[] = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'));

/** Lower-case hex, two digits a byte, `separator` between bytes. */
export function toHex(bytes: Uint8Array, separator = ''): string {
  const parts = new Array<string>(bytes.length);
  for (let i = 0; i < bytes.length; i++) parts[i] = DIGITS[bytes[i]!]!;
  return parts.join(separator);
}

/** Value of each character code below 128: a digit, SPACE or NONE. */
const SPACE = 16;
const NONE = 17;
const VALUES = new Uint8Array(128).fill(NONE);
for (const [i, digit] of [...'0123456789abcdef'].entries()) {
  VALUES[digit.charCodeAt(0)] = i;
  VALUES[digit.toUpperCase().charCodeAt(0)] = i;
}
for (const space of ' \t\n\r\f\v') VALUES[space.charCodeAt(0)] = SPACE;

/** Bytes of a hex text; white space is skipped. Undefined when it holds anything else or an odd number of digits. */
export function fromHex(text: string): Uint8Array | undefined {
  const out = new Uint8Array(text.length >> 1);
  let digits = 0;
  let high = 0;
  for (let i = 0; i < text.length; i++) {
    const value = VALUES[text.charCodeAt(i)] ?? NONE;
    if (value === SPACE) continue;
    if (value === NONE) return undefined;
    if ((digits & 1) === 0) high = value;
    else out[digits >> 1] = (high << 4) | value;
    digits++;
  }
  return digits % 2 === 0 ? out.subarray(0, digits >> 1) : undefined;
}
