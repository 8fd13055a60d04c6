import type { Arena } from '../mem/arena.ts';

const INITVAL = 0xdeadbeef;

/**
 * Bob Jenkins' lookup3 over `size` bytes at `addr`, as a signed 32-bit number. For sizes that are multiples of four the
 * kernel's word variant gives the same value on a little-endian machine, so there is one function for both.
 * @kernel htab_map_hash
 */
export function jhash(arena: Arena, addr: number, size: number, seed: number): number {
  let a = (INITVAL + size + seed) | 0;
  let b = a;
  let c = a;
  let left = size;
  let at = addr;
  const dv = arena.dv;
  while (left > 12) {
    a = (a + dv.getInt32(at, true)) | 0;
    b = (b + dv.getInt32(at + 4, true)) | 0;
    c = (c + dv.getInt32(at + 8, true)) | 0;
    a = (a - c) ^ ((c << 4) | (c >>> 28));
    c = (c + b) | 0;
    b = (b - a) ^ ((a << 6) | (a >>> 26));
    a = (a + c) | 0;
    c = (c - b) ^ ((b << 8) | (b >>> 24));
    b = (b + a) | 0;
    a = (a - c) ^ ((c << 16) | (c >>> 16));
    c = (c + b) | 0;
    b = (b - a) ^ ((a << 19) | (a >>> 13));
    a = (a + c) | 0;
    c = (c - b) ^ ((b << 4) | (b >>> 28));
    b = (b + a) | 0;
    at += 12;
    left -= 12;
  }
  if (left === 0) return c;
  a = (a + tailWord(dv, at, left)) | 0;
  if (left > 4) b = (b + tailWord(dv, at + 4, left - 4)) | 0;
  if (left > 8) c = (c + tailWord(dv, at + 8, left - 8)) | 0;
  c = (c ^ b) - ((b << 14) | (b >>> 18));
  a = (a ^ c) - ((c << 11) | (c >>> 21));
  b = (b ^ a) - ((a << 25) | (a >>> 7));
  c = (c ^ b) - ((b << 16) | (b >>> 16));
  a = (a ^ c) - ((c << 4) | (c >>> 28));
  b = (b ^ a) - ((a << 14) | (a >>> 18));
  return ((c ^ b) - ((b << 24) | (b >>> 8))) | 0;
}

/** The first up to four of `left` bytes as a little-endian word. */
function tailWord(dv: DataView, at: number, left: number): number {
  if (left >= 4) return dv.getInt32(at, true);
  let word = dv.getUint8(at);
  if (left > 1) word |= dv.getUint8(at + 1) << 8;
  if (left > 2) word |= dv.getUint8(at + 2) << 16;
  return word;
}
