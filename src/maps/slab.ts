import { PERM_NONE } from '../mem/arena.ts';
import type { MapEnv } from './attr.ts';
import { MAP, progPerm } from './object.ts';

/** Offsets inside an allocator record. */
const SLAB = { free: 0, next: 4, end: 8, chunks: 12, chunk: 16 } as const;
const MAX_CHUNKS = 26;
const FIRST_CHUNK = 16 << 10;

/** What one allocator hands out. */
export interface SlabShape {
  /** Bytes of one unit, a multiple of 8. */
  readonly unit: number;
  /** Where a free unit keeps the address of the next free one. */
  readonly link: number;
  /** What programs can reach in a unit; nothing when absent. */
  readonly window?: { readonly stride: number; readonly offset: number; readonly size: number };
}

/**
 * Takes a unit: one given back last, else one never used, else the first of a new chunk twice as large as the one
 * before. Units given back keep their bytes; new ones are zero.
 * @returns its address, 0 without memory
 */
export function slabAlloc(env: MapEnv, map: number, slab: number, shape: SlabShape): number {
  const { arena } = env;
  const record = map + slab;
  const recycled = arena.getU32(record + SLAB.free);
  if (recycled !== 0) {
    arena.setU32(record + SLAB.free, arena.getU32(recycled + shape.link));
    return recycled;
  }
  const next = arena.getU32(record + SLAB.next);
  if (next !== arena.getU32(record + SLAB.end)) {
    arena.setU32(record + SLAB.next, next + shape.unit);
    return next;
  }
  return slabGrow(env, map, record, shape);
}

/** Puts a unit at the front of the free list. */
export function slabFree(env: MapEnv, map: number, slab: number, shape: SlabShape, unit: number): void {
  const { arena } = env;
  arena.setU32(unit + shape.link, arena.getU32(map + slab + SLAB.free));
  arena.setU32(map + slab + SLAB.free, unit);
}

/** Gives all chunks back to the arena. */
export function slabRelease(env: MapEnv, map: number, slab: number): void {
  const { arena } = env;
  const record = map + slab;
  const chunks = arena.getU32(record + SLAB.chunks);
  for (let i = 0; i < chunks; i++) arena.free(arena.getU32(record + SLAB.chunk + 4 * i));
  arena.fill(record, 0, SLAB.chunk + 4 * MAX_CHUNKS);
}

function slabGrow(env: MapEnv, map: number, record: number, shape: SlabShape): number {
  const { arena } = env;
  const chunks = arena.getU32(record + SLAB.chunks);
  if (chunks === MAX_CHUNKS) return 0;
  const first = Math.max(1, Math.floor(FIRST_CHUNK / shape.unit));
  const { window } = shape;
  for (let units = first * 2 ** chunks; units >= 1; units = Math.floor(units / 2)) {
    const region = arena.alloc({
      kind: window ? 'map value' : 'map internals',
      size: units * shape.unit,
      perm: window ? progPerm(arena.getU32(map + MAP.flags)) : PERM_NONE,
      owner: map,
      ...(window ? { elements: window } : {}),
    });
    if (!region.ok) continue;
    const base = region.value;
    arena.setU32(record + SLAB.chunk + 4 * chunks, base);
    arena.setU32(record + SLAB.chunks, chunks + 1);
    arena.setU32(record + SLAB.next, base + shape.unit);
    arena.setU32(record + SLAB.end, base + units * shape.unit);
    return base;
  }
  return 0;
}
