/** How bpf_trace_printk and its kin write single values: numbers, pointers, addresses. */
import { siphash } from '../net/siphash.ts';
import { joinDecimal } from './decimal.ts';

/** A 64-bit value: low and high half. */
export type Value = readonly [number, number];

/** Key of the hash that %p prints instead of an address, which the kernel draws at boot. */
const POINTER_HASH_KEY = [0x6c62_7066, 0x0062_6c61, 0x6e69_6f70, 0x0072_6574] as const;

/** Flags and width of a conversion. */
export interface Spec {
  readonly zero: boolean;
  readonly plus: boolean;
  readonly left: boolean;
  readonly blank: boolean;
  /** -1 when the format names none; other negative ones pad nothing. */
  readonly width: number;
}

/** Text padded with blanks to the width, to the left or right as the flag says. */
export function pad(text: string, { left, width }: Spec): string {
  return left ? text.padEnd(width) : text.padStart(width);
}

/** A number's digits behind its sign, padded with zeros where the flag asks for it. */
function padNumber(sign: string, digits: string, spec: Spec): string {
  if (spec.zero && !spec.left) return sign + digits.padStart(spec.width - sign.length, '0');
  return pad(sign + digits, spec);
}

/** Lower-case digits of the unsigned number with these halves. */
export function hex(lo: number, hi: number): string {
  const low = (lo >>> 0).toString(16);
  return hi === 0 ? low : (hi >>> 0).toString(16) + low.padStart(8, '0');
}

/** %i %d %u %x %X, of 32 bits or, if wide, of 64. */
export function number(conversion: string, wide: boolean, [lo, hi]: Value, spec: Spec): string {
  if (conversion === 'x' || conversion === 'X') {
    const digits = hex(lo, wide ? hi : 0);
    return padNumber('', conversion === 'X' ? digits.toUpperCase() : digits, spec);
  }
  const signed = conversion !== 'u';
  const high = wide ? hi : signed ? lo >> 31 : 0;
  const negative = signed && high < 0;
  const sign = negative ? '-' : signed && spec.plus ? '+' : signed && spec.blank ? ' ' : '';
  const digits = negative ? joinDecimal(-lo | 0, ~high + (lo === 0 ? 1 : 0)) : joinDecimal(lo, high);
  return padNumber(sign, digits, spec);
}

/** %pI4, %pi4, %pI6, %pi6. */
export function address(form: number, family: number, bytes: Uint8Array): string {
  const capital = form === 73;
  if (family === 52) return Array.from(bytes, (b) => (capital ? `${b}` : `${b}`.padStart(3, '0'))).join('.');
  const groups: string[] = [];
  for (let i = 0; i < 16; i += 2) groups.push((bytes[i]! * 256 + bytes[i + 1]!).toString(16).padStart(4, '0'));
  return groups.join(capital ? ':' : '');
}

/** A bare pointer: 16 digits unless the format says how wide. */
export function pointerDigits(lo: number, hi: number, spec: Spec): string {
  return padNumber('', hex(lo, hi), spec.width === -1 ? { ...spec, zero: true, width: 16 } : spec);
}

/** Error numbers made pointers: the last page of the address space. */
function isError([lo, hi]: Value): boolean {
  return hi === -1 && lo >>> 0 >= 0xffff_f001;
}

/** %p as the kernel prints it: a hash of the address, except for NULL and error numbers. */
export function pointer([lo, hi]: Value, spec: Spec): string {
  if ((lo | hi) === 0 || isError([lo, hi])) return pointerDigits(lo, hi, spec);
  const bytes = new Uint8Array(8);
  const dv = new DataView(bytes.buffer);
  dv.setInt32(0, lo, true);
  dv.setInt32(4, hi, true);
  const [hash] = siphash(bytes, POINTER_HASH_KEY);
  return pointerDigits(hash, 0, spec);
}
