/** The input map's 512 bytes: small keys, numbers, texts and tunnel keys at known places between random bytes. */
import type { Random } from '../../test/random.ts';
import { INPUT_SIZE } from './code.ts';

/** A format for the trace pipe, 64 bytes. */
export const FORMAT = 128;
/** Texts with numbers, 32 bytes each, four of them. */
export const NUMBERS = 192;
/** Words that end with NUL. */
export const WORDS = 320;
export const KEY_IPV4 = 384;
export const KEY_IPV6 = 448;

const PIECES = [
  ...['0', '-', '+', ' ', '0x', 'f', '9', '12345', '18446744073709551615', '9223372036854775808', 'z', '777'],
  ...['\n', 'A', '4294967296', '\0', '\t', '0X', '08', '18446744073709551616', '9223372036854775807', '\xa0'],
];

const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));

function numberText(r: Random): Uint8Array {
  let out = r.pick(['', ' ', '-', '  -', '0x', '0', '\t\n', '-0x', '+', '- ']);
  while (out.length < 24) out += r.pick(PIECES);
  return latin1(out).subarray(0, 32);
}

/** Bytes of the map; `format` stands at FORMAT with its NUL. */
export function inputBytes(r: Random, format: string): Uint8Array {
  const bytes = r.bytes(INPUT_SIZE);
  for (let i = 0; i < 4; i++) bytes.set([r.below(4), 0, 0, 0], 4 * i);
  for (let i = 0; i < 4; i++) bytes.set(numberText(r), NUMBERS + 32 * i);
  bytes.set(latin1('conntrack entry\0service\0conntrack\0A\0'), WORDS);
  bytes.set(latin1(`${format.slice(0, 63)}\0`), FORMAT);
  for (const [at, ipv6] of [
    [KEY_IPV4, false],
    [KEY_IPV6, true],
  ] as const) {
    if (r.bool(0.9)) bytes.set([0, 0], at + 22);
    if (!ipv6 || r.bool(0.3)) bytes.fill(0, at + 24, at + 28);
  }
  return bytes;
}
