/**
 * The format engine of bpf_trace_printk and its kin: the kernel's subset of printf conversions. Text is bytes, one
 * character for each.
 */
import type { Arena } from '../mem/arena.ts';
import { address, hex, number, pad, pointer, pointerDigits, type Spec, type Value } from './formatValue.ts';
import { EINVAL, ENOSPC } from './impl.ts';

export type FormatArgs = readonly Value[];

/** Bytes that the values of one format may take, strings included. */
const MAX_BPRINTF_BIN_ARGS = 512;
const isSpace = (c: number): boolean => c === 32 || (c >= 9 && c <= 13) || c === 0xa0;
const isPrint = (c: number): boolean => c >= 32 && c < 127;
const isDigit = (c: number): boolean => c >= 48 && c <= 57;
/** The letters of Latin-1 count as letters, its signs as punctuation. */
const isSign = (c: number): boolean => (c > 0xa0 && c < 0xc0) || c === 0xd7 || c === 0xf7;
const isLetter = (c: number): boolean => ((c | 32) >= 97 && (c | 32) <= 122) || (c >= 0xc0 && !isSign(c));
const isAlnum = (c: number): boolean => isDigit(c) || isLetter(c);
const isPunct = (c: number): boolean => isSign(c) || (isPrint(c) && c !== 32 && !isAlnum(c));
/** May stand after a %s or %p: the end, white space, punctuation. */
const endsSpec = (c: number): boolean => c === 0 || isSpace(c) || isPunct(c);

/** Bytes at an address that a program computed: none where nothing is allocated. */
function probe(arena: Arena, [lo, hi]: Value, size: number): Uint8Array | undefined {
  const at = lo >>> 0;
  const region = hi === 0 ? arena.region(at) : undefined;
  return region && at + size <= region.end ? arena.bytes(at, size) : undefined;
}

/** The string at an address, at most `room` bytes with its NUL; empty where there is none. */
function probeString(arena: Arena, [lo, hi]: Value, room: number): string {
  const region = hi === 0 ? arena.region(lo >>> 0) : undefined;
  if (!region) return '';
  let text = '';
  for (let at = lo >>> 0; at < region.end && arena.u8[at] !== 0 && text.length < room - 1; at++) {
    text += String.fromCharCode(arena.u8[at]!);
  }
  return text;
}

/**
 * Prints a format. As in the kernel, each value is first copied behind the ones before it and read back from there: a
 * text that begins behind the end of the buffer is not read, and the values after it are then read too early.
 */
class Formatter {
  out = '';
  #at = 0;
  #next = 0;
  readonly #values = new Uint8Array(MAX_BPRINTF_BIN_ARGS);
  readonly #dv = new DataView(this.#values.buffer);
  #written = 0;
  #read = 0;
  readonly #arena: Arena;
  readonly #fmt: Uint8Array;
  readonly #args: FormatArgs;
  readonly #size: number;

  constructor(arena: Arena, fmt: Uint8Array, args: FormatArgs, size: number) {
    this.#arena = arena;
    this.#fmt = fmt;
    this.#args = args;
    this.#size = size;
  }

  #char(ahead = 0): number {
    return this.#fmt[this.#at + ahead] ?? 0;
  }

  /** 0, or a negative errno for a format that the kernel refuses. */
  run(): number {
    for (; this.#at < this.#fmt.length; this.#at++) {
      const c = this.#char();
      // Bytes above ASCII are text.
      if (c < 128 && !isPrint(c) && !isSpace(c)) return -EINVAL;
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
    // 32-bit arithmetic, of which a field of 24 bits keeps the low ones: a negative width pads nothing.
    for (let sum = 0; isDigit(this.#char()); this.#at++) {
      sum = (10 * sum + this.#char() - 48) | 0;
      width = (sum << 8) >> 8;
    }
    const has = (c: string): boolean => flags.includes(c);
    return { zero: has('0'), plus: has('+'), left: has('-'), blank: has(' '), width };
  }

  #conversion(): number {
    const arg = this.#args[this.#next++];
    if (!arg) return -EINVAL;
    this.#at++;
    const spec = this.#spec();
    const c = this.#char();
    if (c === 112) {
      const errno = this.#pointer(arg, spec);
      // Letters and digits behind a pointer's conversion belong to it and say nothing.
      while (isAlnum(this.#char(1))) this.#at++;
      return errno;
    }
    if (c === 115) return this.#string(arg, spec);
    if (c === 99) return this.#value(arg, 1, ([lo]) => pad(String.fromCharCode(lo & 0xff), spec));
    let wide = false;
    for (let i = 0; i < 2 && this.#char() === 108; i++, this.#at++) wide = true;
    const conversion = String.fromCharCode(this.#char());
    if (!'iduxX'.includes(conversion)) return -EINVAL;
    return this.#value(arg, wide ? 8 : 4, (value) => number(conversion, wide, value, spec));
  }

  /** Copies a value of 1, 4 or 8 bytes, then prints what is to be read next. */
  #value([lo, hi]: Value, size: 1 | 4 | 8, print: (value: Value) => string): number {
    const align = size === 1 ? 1 : 4;
    const to = Math.ceil(this.#written / align) * align;
    if (to + size > MAX_BPRINTF_BIN_ARGS) return -ENOSPC;
    if (size === 1) this.#values[to] = lo;
    else this.#dv.setInt32(to, lo, true);
    if (size === 8) this.#dv.setInt32(to + 4, hi, true);
    this.#written = to + size;
    const from = Math.ceil(this.#read / align) * align;
    this.#read = from + size;
    const low = size === 1 ? this.#values[from]! : this.#dv.getInt32(from, true);
    this.out += print([low, size === 8 ? this.#dv.getInt32(from + 4, true) : 0]);
    return 0;
  }

  /** Copies a text, at most as long as there is room, then prints what is to be read next. */
  #text(text: string, spec?: Spec): number {
    if (this.#written === MAX_BPRINTF_BIN_ARGS) return -ENOSPC;
    const cut = text.slice(0, MAX_BPRINTF_BIN_ARGS - this.#written - 1);
    for (let i = 0; i < cut.length; i++) this.#values[this.#written + i] = cut.charCodeAt(i);
    this.#written += cut.length + 1;
    // %s is padded; of the others not even the length counts behind the end of the buffer.
    if (!spec && this.out.length >= this.#size) return 0;
    const end = this.#values.indexOf(0, this.#read);
    const next = String.fromCharCode(...this.#values.subarray(this.#read, end < 0 ? undefined : end));
    this.#read += next.length + 1;
    this.out += spec ? pad(next, spec) : next;
    return 0;
  }

  /** %s, and with no `spec` %pks and %pus. */
  #string(arg: Value, spec?: Spec): number {
    return endsSpec(this.#char(1)) ? this.#text(probeString(this.#arena, arg, MAX_BPRINTF_BIN_ARGS), spec) : -EINVAL;
  }

  #pointer(arg: Value, spec: Spec): number {
    const next = this.#char(1);
    if (endsSpec(next)) return this.#value(arg, 8, (value) => pointer(value, spec));
    const family = this.#char(2);
    if ((next === 107 || next === 117) && family === 115) {
      this.#at += 2;
      return this.#string(next === 107 ? arg : [0, 0]);
    }
    if ([120, 75, 115, 83, 66].includes(next)) {
      this.#at++;
      return this.#value(arg, 8, (value) => {
        if (next === 120) return pointerDigits(value[0], value[1], spec);
        // No address here has a symbol, and then the kernel prints it as it is.
        return next === 75 ? pointer(value, spec) : pad(`0x${hex(value[0], value[1])}`, spec);
      });
    }
    if ((next !== 105 && next !== 73) || (family !== 52 && family !== 54)) return -EINVAL;
    this.#at += 2;
    const size = family === 52 ? 4 : 16;
    return this.#text(address(next, family, probe(this.#arena, arg, size) ?? new Uint8Array(size)));
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
