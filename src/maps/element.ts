import type { Arena } from '../mem/arena.ts';
import { jhash } from './jhash.ts';
import { MAP } from './object.ts';

/**
 * An element of the hash family:
 *
 *     0 next in the bucket   4 hash   8 next free, or LRU list (next, prev)   header-4 per-CPU values
 *     header: key, rounded up to 8 bytes, then the value
 */
export const ELEM = { next: 0, hash: 4, list: 8, percpuValues: -4 } as const;
export const HEADER = 16;
/** LRU elements also hold type (u8), reference bit (u8) and CPU (u16) at 16. */
export const LRU_HEADER = 24;

/** Are the `size` bytes at `a` and `b` the same? `a` is 8-byte aligned. */
function keyEqual(arena: Arena, a: number, b: number, size: number): boolean {
  let at = 0;
  if ((b & 3) === 0) {
    const words = arena.i32;
    const whole = size & ~3;
    const ia = a >>> 2;
    const ib = b >>> 2;
    for (; at < whole; at += 4) if (words[ia + (at >>> 2)] !== words[ib + (at >>> 2)]) return false;
  }
  if (at === size) return true;
  const bytes = arena.u8;
  for (; at < size; at++) if (bytes[a + at] !== bytes[b + at]) return false;
  return true;
}

/** Hash of the key at an address, with the seed of its map. */
export function hashOf(arena: Arena, map: number, key: number): number {
  const words = arena.i32;
  return jhash(arena, key, words[(map + MAP.keySize) >>> 2]! >>> 0, words[(map + MAP.seed) >>> 2]!);
}

/** Address of the bucket of a hash. @kernel select_bucket */
export function bucketOf(arena: Arena, map: number, hash: number): number {
  const words = arena.i32;
  const index = hash & ((words[(map + MAP.nBuckets) >>> 2]! >>> 0) - 1);
  return (words[(map + MAP.buckets) >>> 2]! >>> 0) + 4 * (index >>> 0);
}

/** The element with this key, or 0. @kernel lookup_elem_raw */
export function findElement(arena: Arena, map: number, key: number, hash: number): number {
  const words = arena.i32;
  const size = words[(map + MAP.keySize) >>> 2]! >>> 0;
  const keyOff = words[(map + MAP.keyOff) >>> 2]!;
  let element = words[bucketOf(arena, map, hash) >>> 2]! >>> 0;
  while (element !== 0) {
    const at = element >>> 2;
    if (words[at + 1] === hash && keyEqual(arena, element + keyOff, key, size)) return element;
    element = words[at]! >>> 0;
  }
  return 0;
}

/** Puts an element at the head of its bucket. @kernel hlist_nulls_add_head_rcu */
export function linkElement(arena: Arena, bucket: number, element: number): void {
  arena.setU32(element + ELEM.next, arena.getU32(bucket));
  arena.setU32(bucket, element);
}

/**
 * Takes an element out of its bucket; it keeps its own `next`, so that a walk standing on it goes on.
 * @returns whether it was there
 * @kernel hlist_nulls_del_rcu
 */
export function unlinkElement(arena: Arena, bucket: number, element: number): boolean {
  let slot = bucket;
  for (;;) {
    const at = arena.getU32(slot);
    if (at === 0) return false;
    if (at === element) break;
    slot = at + ELEM.next;
  }
  arena.setU32(slot, arena.getU32(element + ELEM.next));
  return true;
}
