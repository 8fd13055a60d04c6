/** Maps that are a table of buckets over elements of a slab. */
import type { MapAttr, MapEnv } from './attr.ts';
import { allocInternals, freeMapObject, MAP, newMapObject } from './object.ts';
import { slabRelease } from './slab.ts';
import { ENOMEM } from './uapi.ts';

/** The map with empty buckets, as many as max_entries rounded up to a power of two: its address, or -ENOMEM. */
export function allocBuckets(env: MapEnv, attr: MapAttr, id: number): number {
  const map = newMapObject(env, attr, id, 0);
  if (map < 0) return map;
  const count = 2 ** Math.ceil(Math.log2(attr.max_entries));
  const buckets = allocInternals(env, map, 4 * count);
  if (buckets === 0) {
    env.arena.free(map);
    return -ENOMEM;
  }
  env.arena.setU32(map + MAP.buckets, buckets);
  env.arena.setU32(map + MAP.nBuckets, count);
  return map;
}

/** Gives up the map, its elements and its buckets. */
export function freeBuckets(env: MapEnv, map: number): void {
  slabRelease(env, map, MAP.slab);
  freeMapObject(env, map, [MAP.buckets]);
}
