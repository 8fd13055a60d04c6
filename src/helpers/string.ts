/** Strings: numbers out of text, comparison, formatting. */
import type { Arena } from '../mem/arena.ts';
import { formatBpf } from './format.ts';
import { EINVAL, ERANGE, type ImplTable } from './impl.ts';
import { memoryArgs } from './output.ts';

const TWO32 = 2 ** 32;
/** The kernel parses a copy of this many characters. */
const MAX_DIGITS = 63;

interface Parsed {
  readonly lo: number;
  readonly hi: number;
  readonly negative: boolean;
  /** Characters used, white space and sign included. */
  readonly consumed: number;
}

function isSpace(c: number): boolean {
  return c === 32 || (c >= 9 && c <= 13) || c === 0xa0;
}

/** Value of a digit up to f, or 16. */
function digit(c: number): number {
  if (c >= 48 && c <= 57) return c - 48;
  const lower = c | 0x20;
  return lower >= 97 && lower <= 102 ? lower - 87 : 16;
}

/** The number's base and how many characters of prefix it has. @kernel _parse_integer_fixup_radix */
function radix(text: Uint8Array, base: number): readonly [base: number, prefix: number] {
  const x = text[0] === 48 && ((text[1] ?? 0) | 0x20) === 120;
  if (base === 0) {
    if (text[0] !== 48) return [10, 0];
    return x && digit(text[2] ?? 0) < 16 ? [16, 2] : [8, 0];
  }
  return [base, base === 16 && x ? 2 : 0];
}

/** A number at the beginning of a text, or a negative errno. @kernel __bpf_strtoull */
function parse(arena: Arena, buf: number, size: number, base: number, flagsHi: number): Parsed | number {
  if (![0, 8, 10, 16].includes(base) || flagsHi !== 0 || size === 0) return -EINVAL;
  const bytes = arena.bytes(buf, size);
  let start = 0;
  while (start < size && isSpace(bytes[start]!)) start++;
  const negative = bytes[start] === 45;
  if (negative) start++;
  if (start === size) return -EINVAL;
  const text = bytes.subarray(start, start + MAX_DIGITS);
  const [numberBase, prefix] = radix(text, base);
  let lo = 0;
  let hi = 0;
  let at = prefix;
  let overflow = false;
  for (; at < text.length && digit(text[at]!) < numberBase; at++) {
    lo = lo * numberBase + digit(text[at]!);
    hi = hi * numberBase + Math.floor(lo / TWO32);
    lo %= TWO32;
    if (hi >= TWO32) overflow = true;
    hi %= TWO32;
  }
  if (overflow) return -ERANGE;
  return at === prefix ? -EINVAL : { lo, hi, negative, consumed: start + at };
}

export const stringImpls = {
  bpf_strtol(env, buf, size, flags, flagsHi, res) {
    const { arena } = env;
    arena.setU64(res, 0, 0);
    const parsed = parse(arena, buf, size, flags, flagsHi);
    if (typeof parsed === 'number') return parsed;
    const { lo, hi, negative, consumed } = parsed;
    const least = negative && hi === 0x8000_0000 && lo === 0;
    if (hi >= 0x8000_0000 && !least) return -ERANGE;
    if (negative) arena.setU64(res, -lo, ~hi + (lo === 0 ? 1 : 0));
    else arena.setU64(res, lo, hi);
    return consumed;
  },

  bpf_strtoul(env, buf, size, flags, flagsHi, res) {
    const { arena } = env;
    arena.setU64(res, 0, 0);
    const parsed = parse(arena, buf, size, flags, flagsHi);
    if (typeof parsed === 'number') return parsed;
    if (parsed.negative) return -EINVAL;
    arena.setU64(res, parsed.lo, parsed.hi);
    return parsed.consumed;
  },

  bpf_strncmp(env, s1, size, s2) {
    const { u8 } = env.arena;
    for (let i = 0; i < size; i++) {
      const a = u8[s1 + i]!;
      const b = u8[s2 + i]!;
      if (a !== b) return a < b ? -1 : 1;
      if (a === 0) break;
    }
    return 0;
  },

  bpf_snprintf(env, str, size, fmt, data, dataLen) {
    const { arena } = env;
    const args = memoryArgs(env, data, dataLen);
    if (!args) return -EINVAL;
    const text = formatBpf(arena, fmt, Number.MAX_SAFE_INTEGER, args, size);
    if (typeof text === 'number') return text;
    if (size > 0) {
      const cut = text.slice(0, size - 1);
      arena.put(
        str,
        Uint8Array.from(cut, (c) => c.charCodeAt(0)),
      );
      arena.setU8(str + cut.length, 0);
    }
    return text.length + 1;
  },
} satisfies ImplTable;
