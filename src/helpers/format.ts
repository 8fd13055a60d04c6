/**
 * The format engine of bpf_trace_printk and its kin: the kernel's subset of printf conversions. Text is bytes, one
 * character for each.
 */
import type { Arena } from '../mem/arena.ts';
import { siphash } from '../net/siphash.ts';
import { joinDecimal } from './decimal.ts';
import { EINVAL, ENOSPC } from './impl.ts';

/** Values as low and high halves. */
export type FormatArgs = readonly (readonly [number, number])[];

/** Bytes that the values of one format may take, strings included. */
const MAX_BPRINTF_BIN_ARGS = 512;
/** Key of the hash that %p prints instead of an address, which the kernel draws at boot. */
const POINTER_HASH_KEY = [0x6c62_7066, 0x0062_6c61, 0x6e69_6f70, 0x0072_6574] as const;

const isSpace = (c: number): boolean => c === 32 || (c >= 9 && c <= 13) || c === 0xa0;
const isPrint = (c: number): boolean => c >= 32 && c < 127;
const isDigit = (c: number): boolean => c >= 48 && c <= 57;
const isPunct = (c: number): boolean =>
  isPrint(c) && c !== 32 && !isDigit(c) && !/[A-Za-z]/.test(String.fromCharCode(c));
/** May stand after a %s or %p: the end, white space, punctuation. */
const endsSpec = (c: number): boolean => c === 0 || isSpace(c) || isPunct(c);

interface Spec {
  readonly zero: boolean;
  readonly plus: boolean;
  readonly left: boolean;
  readonly blank: boolean;
  /** -1 when the format names none. */
  readonly width: number;
}

function pad(text: string, { left, width }: Spec): string {
  return left ? text.padEnd(width) : text.padStart(width);
}

/** A number's digits behind its sign, padded with zeros where the flag asks for it. */
function padNumber(sign: string, digits: string, spec: Spec): string {
  if (spec.zero && !spec.left) return sign + digits.padStart(spec.width - sign.length, '0');
  return pad(sign + digits, spec);
}

function hex(lo: number, hi: number): string {
  const low = (lo >>> 0).toString(16);
  return hi === 0 ? low : (hi >>> 0).toString(16) + low.padStart(8, '0');
}

function number(conversion: string, wide: boolean, [lo, hi]: readonly [number, number], spec: Spec): string {
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

/** Bytes at an address that a program computed: none where nothing is allocated. */
function probe(arena: Arena, [lo, hi]: readonly [number, number], size: number): Uint8Array | undefined {
  const at = lo >>> 0;
  const region = hi === 0 ? arena.region(at) : undefined;
  return region && at + size <= region.end ? arena.bytes(at, size) : undefined;
}

/** The string at an address, at most `room` bytes with its NUL; empty where there is none. */
function probeString(arena: Arena, [lo, hi]: readonly [number, number], room: number): string {
  const region = hi === 0 ? arena.region(lo >>> 0) : undefined;
  if (!region) return '';
  let text = '';
  for (let at = lo >>> 0; at < region.end && arena.u8[at] !== 0 && text.length < room - 1; at++) {
    text += String.fromCharCode(arena.u8[at]!);
  }
  return text;
}

/** %pI4, %pi4, %pI6, %pi6. */
function address(form: number, family: number, bytes: Uint8Array): string {
  const capital = form === 73;
  if (family === 52) return Array.from(bytes, (b) => (capital ? `${b}` : `${b}`.padStart(3, '0'))).join('.');
  const groups: string[] = [];
  for (let i = 0; i < 16; i += 2) groups.push((bytes[i]! * 256 + bytes[i + 1]!).toString(16).padStart(4, '0'));
  return groups.join(capital ? ':' : '');
}

/** A bare pointer: 16 digits unless the format says how wide. */
function pointerDigits(lo: number, hi: number, spec: Spec): string {
  return padNumber('', hex(lo, hi), spec.width < 0 ? { ...spec, zero: true, left: false, width: 16 } : spec);
}

/** Error numbers made pointers: the last page of the address space. */
function isError([lo, hi]: readonly [number, number]): boolean {
  return hi === -1 && lo >>> 0 >= 0xffff_f001;
}

/** %p as the kernel prints it: a hash of the address, except for NULL and error numbers. */
function pointer([lo, hi]: readonly [number, number], spec: Spec): string {
  if ((lo | hi) === 0 || isError([lo, hi])) return pointerDigits(lo, hi, spec);
  const bytes = new Uint8Array(8);
  const dv = new DataView(bytes.buffer);
  dv.setInt32(0, lo, true);
  dv.setInt32(4, hi, true);
  const [hash] = siphash(bytes, POINTER_HASH_KEY);
  return pointerDigits(hash, 0, spec);
}

/** Where a format is read: the text, the values that are left, and the room for copies of them. */
class Formatter {
  out = '';
  #at = 0;
  #next = 0;
  #room = MAX_BPRINTF_BIN_ARGS;
  readonly #arena: Arena;
  readonly #fmt: Uint8Array;
  readonly #args: FormatArgs;

  readonly #size: number;

  constructor(arena: Arena, fmt: Uint8Array, args: FormatArgs, size: number) {
    this.#size = size;
    this.#arena = arena;
    this.#fmt = fmt;
    this.#args = args;
  }

  #char(ahead = 0): number {
    return this.#fmt[this.#at + ahead] ?? 0;
  }

  /** 0, or a negative errno for a format that the kernel refuses. */
  run(): number {
    for (; this.#at < this.#fmt.length; this.#at++) {
      const c = this.#char();
      if (!isPrint(c) && !(c < 128 && isSpace(c))) return -EINVAL;
      if (c !== 37) this.out += String.fromCharCode(c);
      else if (this.#char(1) === 37) {
        this.out += '%';
        this.#at++;
      } else {
        const errno = this.#conversion();
        if (errno !== 0) return errno;
      }
    }
    return 0;
  }

  #spec(): Spec {
    let flags = '';
    for (; [48, 43, 45, 32].includes(this.#char()); this.#at++) flags += String.fromCharCode(this.#char());
    let width = -1;
    for (; isDigit(this.#char()); this.#at++) width = Math.min(10 * Math.max(0, width) + this.#char() - 48, 0x7fff);
    const has = (c: string): boolean => flags.includes(c);
    return { zero: has('0'), plus: has('+'), left: has('-'), blank: has(' '), width };
  }

  #conversion(): number {
    const arg = this.#args[this.#next++];
    if (!arg) return -EINVAL;
    this.#at++;
    const spec = this.#spec();
    const c = this.#char();
    if (c === 112) return this.#pointer(arg, spec);
    if (c === 115) return this.#string(arg, spec);
    if (c === 99) {
      this.out += pad(String.fromCharCode(arg[0] & 0xff), spec);
      return this.#take(1);
    }
    let wide = false;
    for (let i = 0; i < 2 && this.#char() === 108; i++, this.#at++) wide = true;
    const conversion = String.fromCharCode(this.#char());
    if (!'iduxX'.includes(conversion)) return -EINVAL;
    this.out += number(conversion, wide, arg, spec);
    return this.#take(wide ? 8 : 4);
  }

  /** Accounts for the copy of a value. */
  #take(bytes: number): number {
    if (bytes > this.#room) return -ENOSPC;
    this.#room -= bytes;
    return 0;
  }

  /** %s, and with no `spec` %pks and %pus: like an address. */
  #string(arg: readonly [number, number], spec?: Spec): number {
    if (!endsSpec(this.#char(1))) return -EINVAL;
    if (this.#room === 0) return -ENOSPC;
    const text = probeString(this.#arena, arg, this.#room);
    if (spec) this.out += pad(text, spec);
    else this.#copy(text);
    return this.#take(text.length + 1);
  }

  /** Widths do not count here, and behind the end of the buffer not even the text's own length does. */
  #copy(text: string): void {
    if (this.out.length < this.#size) this.out += text;
  }

  #pointer(arg: readonly [number, number], spec: Spec): number {
    const next = this.#char(1);
    if (endsSpec(next)) {
      this.out += pointer(arg, spec);
      return this.#take(8);
    }
    const family = this.#char(2);
    if ((next === 107 || next === 117) && family === 115) {
      this.#at += 2;
      return this.#string(next === 107 ? arg : [0, 0]);
    }
    if (next === 120) {
      this.#at++;
      this.out += pointerDigits(arg[0], arg[1], spec);
      return this.#take(8);
    }
    if (next === 75) {
      this.#at++;
      this.out += pointer(arg, spec);
      return this.#take(8);
    }
    // No address here has a symbol, and then the kernel prints it as it is.
    if (next === 115 || next === 83 || next === 66) {
      this.#at++;
      this.out += pad(`0x${hex(arg[0], arg[1])}`, spec);
      return this.#take(8);
    }
    if ((next !== 105 && next !== 73) || (family !== 52 && family !== 54)) return -EINVAL;
    this.#at += 2;
    const size = family === 52 ? 4 : 16;
    const bytes = probe(this.#arena, arg, size) ?? new Uint8Array(size);
    const text = address(next, family, bytes);
    this.#copy(text);
    return this.#take(text.length + 1);
  }
}

/**
 * The text of a format, or a negative errno. `fmt` points to at most `fmtSize` bytes with a NUL among them; the text is
 * meant for `room` bytes and may be longer.
 * @kernel bpf_bprintf_prepare, bstr_printf
 */
export function formatBpf(arena: Arena, fmt: number, fmtSize: number, args: FormatArgs, room: number): string | number {
  const end = Math.min(arena.region(fmt)?.end ?? fmt, fmt + fmtSize);
  const length = arena.u8.subarray(fmt, end).indexOf(0);
  if (length < 0) return -EINVAL;
  const formatter = new Formatter(arena, arena.bytes(fmt, length), args, room);
  const errno = formatter.run();
  return errno === 0 ? formatter.out : errno;
}
