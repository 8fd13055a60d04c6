/**
 * The address map of the one linear memory. Addresses are byte offsets below 2^32.
 *
 *     0x0000_0000  page 0: zeros, never accessible
 *     0x0000_1000  page table: u16 region id of each 4 KiB page (0 = nobody's)
 *     0x0020_1000  region table: one 64-byte record for each region id
 *     0x0060_1000  allocator state
 *     0x0061_0000  first allocatable page
 */

export const PAGE_SHIFT = 12;
export const PAGE_SIZE = 1 << PAGE_SHIFT;
export const WASM_PAGE = 65536;
export const MAX_PAGES = 1 << 20;

/** Page 1: the page before it stays zero. */
export const PAGE_TABLE = 1 << PAGE_SHIFT;
export const REGION_TABLE = PAGE_TABLE + 2 * MAX_PAGES;
export const REGION_SHIFT = 6;
export const MAX_REGIONS = 1 << 16;
export const ALLOC_STATE = REGION_TABLE + (MAX_REGIONS << REGION_SHIFT);
export const HEAP_START = (ALLOC_STATE + PAGE_SIZE + WASM_PAGE - 1) & ~(WASM_PAGE - 1);

/** Offsets inside a region record (u32 fields). */
export const REGION = {
  /** First byte of the allocation; page aligned. */
  base: 0,
  /** One past the last allocated byte. */
  end: 4,
  /** First byte that a program may touch now. */
  lo: 8,
  /** One past the last byte that a program may touch now. */
  hi: 12,
  kind: 16,
  /** What the kind says the region belongs to: a map's address, a prog id … */
  owner: 20,
  /** Distance between elements counted from `lo`; 0 for a plain region. */
  stride: 24,
  /** Where the accessible part of an element begins. */
  elemOff: 28,
  /** Accessible bytes of an element. */
  elemSize: 32,
  /** 1 readable, 2 writable by programs. */
  perm: 36,
  /** Pages allocated. */
  pages: 40,
  /** Views of kernel objects: which struct they show; 0 is the program's context. */
  tag: 44,
} as const;

/** Offsets inside the allocator state. */
/** `firstFree`: no page below it is free. */
export const ALLOC = { top: 0, freePages: 4, nextRegion: 8, freeRegions: 12, firstFree: 16 } as const;
