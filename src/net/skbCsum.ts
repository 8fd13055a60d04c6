/**
 * The kernel's 32-bit checksum arithmetic (`__wsum`): ones'-complement sums of little-endian words, unfolded, and what
 * `skb->csum` and `skb->ip_summed` go through when bytes come and go. Values are unsigned numbers.
 */
import type { Arena } from '../mem/arena.ts';
import { CHECKSUM, setSkbField, skbField, skbHeadroom } from './skb.ts';

const TWO32 = 2 ** 32;

/** @kernel csum_add */
export function csumAdd(a: number, b: number): number {
  const sum = a + b;
  return sum >= TWO32 ? sum - TWO32 + 1 : sum;
}

/** @kernel csum_sub */
export function csumSub(a: number, b: number): number {
  return csumAdd(a, ~b >>> 0);
}

/** The complement of the sum folded to 16 bits. @kernel csum_fold */
export function csumFold(sum: number): number {
  let folded = (sum & 0xffff) + (sum >>> 16);
  folded = (folded & 0xffff) + (folded >>> 16);
  return ~folded & 0xffff;
}

/** Sum of `len` bytes from an address on, an odd last one as a low byte. @kernel csum_partial */
export function csumPartial(arena: Arena, from: number, len: number, seed: number): number {
  const { dv, u8 } = arena;
  let sum = seed;
  let at = from;
  // 2^20 words at most (4 MiB) keep the sum an exact integer.
  for (const end = from + (len & ~3); at < end; at += 4) sum += dv.getUint32(at, true);
  for (let shift = 0; at < from + len; at++, shift += 8) sum += u8[at]! << shift;
  while (sum >= TWO32) sum = (sum % TWO32) + Math.floor(sum / TWO32);
  return sum;
}

/** Sums over a block that begins at an odd offset have their bytes swapped. @kernel csum_shift */
function csumShift(sum: number, offset: number): number {
  return (offset & 1) === 0 ? sum : ((sum >>> 8) | (sum << 24)) >>> 0;
}

/** Where the checksum of a CHECKSUM_PARTIAL packet begins, from the data on. @kernel skb_checksum_start_offset */
export function skbChecksumStartOffset(arena: Arena, skb: number): number {
  return skbField(arena, skb, 'csum_start') - skbHeadroom(arena, skb);
}

/** Takes bytes, `offset` into the packet, out of a complete checksum. @kernel skb_postpull_rcsum */
export function skbPostpullRcsum(arena: Arena, skb: number, start: number, len: number, offset = 0): void {
  const summed = skbField(arena, skb, 'ip_summed');
  if (summed === CHECKSUM.complete) {
    const part = csumShift(csumPartial(arena, start, len, 0), offset);
    setSkbField(arena, skb, 'csum', csumSub(skbField(arena, skb, 'csum'), part));
  } else if (summed === CHECKSUM.partial && skbChecksumStartOffset(arena, skb) < 0) {
    setSkbField(arena, skb, 'ip_summed', CHECKSUM.none);
  }
}

/** Adds bytes to a complete checksum. @kernel skb_postpush_rcsum */
export function skbPostpushRcsum(arena: Arena, skb: number, start: number, len: number, offset = 0): void {
  if (skbField(arena, skb, 'ip_summed') !== CHECKSUM.complete) return;
  const part = csumShift(csumPartial(arena, start, len, 0), offset);
  setSkbField(arena, skb, 'csum', csumAdd(skbField(arena, skb, 'csum'), part));
}

/** @kernel __skb_incr_checksum_unnecessary */
export function skbIncrChecksumUnnecessary(arena: Arena, skb: number): void {
  const summed = skbField(arena, skb, 'ip_summed');
  const level = skbField(arena, skb, 'csum_level');
  if (summed === CHECKSUM.unnecessary) setSkbField(arena, skb, 'csum_level', Math.min(level + 1, 3));
  else if (summed === CHECKSUM.none) {
    setSkbField(arena, skb, 'ip_summed', CHECKSUM.unnecessary);
    setSkbField(arena, skb, 'csum_level', 0);
  }
}

/** @kernel __skb_decr_checksum_unnecessary */
export function skbDecrChecksumUnnecessary(arena: Arena, skb: number): void {
  if (skbField(arena, skb, 'ip_summed') !== CHECKSUM.unnecessary) return;
  const level = skbField(arena, skb, 'csum_level');
  if (level === 0) setSkbField(arena, skb, 'ip_summed', CHECKSUM.none);
  else setSkbField(arena, skb, 'csum_level', level - 1);
}

/** @kernel __skb_reset_checksum_unnecessary */
export function skbResetChecksumUnnecessary(arena: Arena, skb: number): void {
  if (skbField(arena, skb, 'ip_summed') !== CHECKSUM.unnecessary) return;
  setSkbField(arena, skb, 'ip_summed', CHECKSUM.none);
  setSkbField(arena, skb, 'csum_level', 0);
}
