/** How many bytes the kernel's allocators give for a packet's buffer: all of them are used. */

/** Sizes of the kmalloc caches. */
const CACHES = [8, 16, 32, 64, 96, 128, 192, 256, 512, 1024, 2048, 4096, 8192] as const;
const LARGEST_CACHE = 8192;
/** Largest kmalloc: 2^10 pages. */
const KMALLOC_MAX_SIZE = 4 << 20;
/** Objects of skbuff_small_head. */
const SKB_SMALL_HEAD = 640;
const CACHE_LINE = 64;

/** What a kmalloc of `size` bytes gives; 0 for more than it can. @kernel kmalloc_size_roundup */
export function kmallocSizeRoundup(size: number): number {
  if (size <= LARGEST_CACHE) return CACHES.find((cache) => cache >= size)!;
  return size > KMALLOC_MAX_SIZE ? 0 : 2 ** Math.ceil(Math.log2(size));
}

/** Bytes of a new packet buffer that has to hold `size`; 0 for more than there can be. @kernel kmalloc_reserve */
export function kmallocReserve(size: number): number {
  const aligned = Math.ceil(size / CACHE_LINE) * CACHE_LINE;
  return aligned <= SKB_SMALL_HEAD ? SKB_SMALL_HEAD : kmallocSizeRoundup(aligned);
}
