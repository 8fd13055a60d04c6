import type { MapEnv } from './attr.ts';
import { allocBuckets, freeBuckets } from './buckets.ts';
import { badDevice, DEVMAP_VAL, devmapAllocCheck, readOnly } from './devmap.ts';
import { u32Of } from './fdArray.ts';
import type { MapOps } from './mapOps.ts';
import { MAP } from './object.ts';
import { type SlabShape, slabAlloc, slabFree } from './slab.ts';
import { BPF_EXIST, BPF_NOEXIST, E2BIG, EEXIST, EINVAL, ENOENT, ENOMEM, EOPNOTSUPP } from './uapi.ts';
import { foundValue } from './value.ts';

/** An element: next in the bucket, key, value. The bucket of a key is its low bits. */
const NODE = { next: 0, key: 4, value: 8, size: 16 } as const;
const MAX_BUCKETS = 2 ** 31;

function shapeOf(env: MapEnv, map: number): SlabShape {
  const size = env.arena.getU32(map + MAP.valueSize);
  return { unit: NODE.size, link: NODE.next, window: { stride: NODE.size, offset: NODE.value, size } };
}

/** The word that holds the address of a bucket's first element. @kernel dev_map_index_hash */
function bucketOf(env: MapEnv, map: number, key: number): number {
  const { arena } = env;
  const index = (key & (arena.getU32(map + MAP.nBuckets) - 1)) >>> 0;
  return arena.getU32(map + MAP.buckets) + 4 * index;
}

/** The word that holds the address of a key's element, or of the 0 at the end of its bucket. */
function linkOf(env: MapEnv, map: number, key: number): number {
  const { arena } = env;
  let link = bucketOf(env, map, key);
  for (let node = arena.getU32(link); node !== 0; node = arena.getU32(link)) {
    if (arena.getU32(node + NODE.key) === key) break;
    link = node + NODE.next;
  }
  return link;
}

/** @kernel __dev_map_hash_lookup_elem */
function find(env: MapEnv, map: number, key: number): number {
  return env.arena.getU32(linkOf(env, map, env.arena.getU32(key)));
}

function lookup(env: MapEnv, map: number, key: number): number {
  const node = find(env, map, key);
  return node === 0 ? 0 : node + NODE.value;
}

/** @kernel __dev_map_hash_update_elem */
function update(env: MapEnv, map: number, keyAt: number, value: Uint8Array, flags: number): number {
  const { arena } = env;
  const ifindex = u32Of(value);
  if (flags > BPF_EXIST || ifindex === 0) return -EINVAL;
  const key = arena.getU32(keyAt);
  const link = linkOf(env, map, key);
  const old = arena.getU32(link);
  if (old !== 0 && (flags & BPF_NOEXIST) !== 0) return -EEXIST;
  if (badDevice(env, value)) return -EINVAL;
  const count = arena.getU32(map + MAP.count);
  let node = old;
  if (old === 0) {
    if (count >= arena.getU32(map + MAP.maxEntries)) return -E2BIG;
    node = slabAlloc(env, map, MAP.slab, shapeOf(env, map));
    if (node === 0) return -ENOMEM;
    arena.setU32(map + MAP.count, count + 1);
  } else arena.setU32(link, arena.getU32(old + NODE.next));
  const bucket = bucketOf(env, map, key);
  arena.setU32(node + NODE.next, arena.getU32(bucket));
  arena.setU32(node + NODE.key, key);
  arena.setU32(node + NODE.value + DEVMAP_VAL.ifindex, ifindex);
  arena.setU32(node + NODE.value + DEVMAP_VAL.prog, 0);
  arena.setU32(bucket, node);
  return 0;
}

/** @kernel dev_map_hash_get_next_key */
function nextKey(env: MapEnv, map: number, key: number, out: number): number {
  const { arena } = env;
  const buckets = arena.getU32(map + MAP.buckets);
  const end = buckets + 4 * arena.getU32(map + MAP.nBuckets);
  const node = key === 0 ? 0 : find(env, map, key);
  let found = node === 0 ? 0 : arena.getU32(node + NODE.next);
  let bucket = node === 0 ? buckets : bucketOf(env, map, arena.getU32(node + NODE.key)) + 4;
  for (; found === 0 && bucket < end; bucket += 4) found = arena.getU32(bucket);
  if (found === 0) return -ENOENT;
  arena.setU32(out, arena.getU32(found + NODE.key));
  return 0;
}

export const devmapHashOps: MapOps = {
  allocCheck(attr) {
    const refused = devmapAllocCheck(attr);
    return refused === 0 && attr.max_entries > MAX_BUCKETS ? -EINVAL : refused;
  },
  alloc: (env, attr, id) => allocBuckets(env, readOnly(attr), id),
  free: freeBuckets,
  lookup,
  update: () => -EOPNOTSUPP,
  delete(env, map, key) {
    const { arena } = env;
    const link = linkOf(env, map, arena.getU32(key));
    const node = arena.getU32(link);
    if (node === 0) return -ENOENT;
    arena.setU32(link, arena.getU32(node + NODE.next));
    arena.setU32(map + MAP.count, arena.getU32(map + MAP.count) - 1);
    slabFree(env, map, MAP.slab, shapeOf(env, map), node);
    return 0;
  },
  nextKey,
  userLookup: (env, map, key) => foundValue(env, map, lookup(env, map, key)),
  userValueSize: (env, map) => env.arena.getU32(map + MAP.valueSize),
  userUpdate: update,
  target: lookup,
  inner: 'same',
};
