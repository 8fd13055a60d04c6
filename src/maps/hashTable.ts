import { PERM_NONE } from '../mem/arena.ts';
import { progAccessOk } from './array.ts';
import type { MapAttr, MapEnv } from './attr.ts';
import { bucketOf, ELEM, findElement, HEADER, hashOf, LRU_HEADER, unlinkElement } from './element.ts';
import type { MapCursor, MapOps, MapStep } from './mapOps.ts';
import { allocInternals, allocValues, freeMapObject, MAP, newMapObject, progPerm, roundUp8 } from './object.ts';
import { bucketSeq, type MapSeq } from './seq.ts';
import { slabRelease } from './slab.ts';
import {
  ACCESS_MASK,
  E2BIG,
  EINVAL,
  ENOENT,
  ENOMEM,
  ENOTSUPP,
  F,
  KMALLOC_MAX_SIZE,
  MAP_TYPE,
  NUMA_NO_NODE,
  PCPU_MIN_UNIT_SIZE,
} from './uapi.ts';
import { objFreeFields } from './value.ts';

const HTAB_CREATE_FLAGS = F.NO_PREALLOC | F.NO_COMMON_LRU | F.NUMA_NODE | ACCESS_MASK | F.ZERO_SEED;
/** Sizes of the kernel's structs that limit a map. */
const SIZEOF_HTAB_ELEM = 48;
const SIZEOF_BUCKET = 16;

function isPercpu(type: number): boolean {
  return type === MAP_TYPE.percpu_hash || type === MAP_TYPE.lru_percpu_hash;
}

function isLru(type: number): boolean {
  return type === MAP_TYPE.lru_hash || type === MAP_TYPE.lru_percpu_hash;
}

/** @kernel htab_map_alloc_check */
export function htabAllocCheck(attr: MapAttr): number {
  const flags = attr.map_flags;
  const percpu = isPercpu(attr.type);
  const lru = isLru(attr.type);
  const percpuLru = (flags & F.NO_COMMON_LRU) !== 0;
  if ((flags & ~HTAB_CREATE_FLAGS) !== 0 || !progAccessOk(flags)) return -EINVAL;
  if (!lru && percpuLru) return -EINVAL;
  if (lru && (flags & F.NO_PREALLOC) !== 0) return -ENOTSUPP;
  const node = (flags & F.NUMA_NODE) === 0 ? NUMA_NO_NODE : (attr.numa_node ?? 0) >>> 0;
  if (node !== NUMA_NO_NODE && (percpu || percpuLru)) return -EINVAL;
  if (attr.max_entries === 0 || attr.key_size === 0 || attr.value_size === 0) return -EINVAL;
  if (attr.key_size + attr.value_size >= KMALLOC_MAX_SIZE - SIZEOF_HTAB_ELEM) return -E2BIG;
  if (percpu && roundUp8(attr.value_size) > PCPU_MIN_UNIT_SIZE) return -E2BIG;
  return 0;
}

/**
 * The object, the buckets and the preallocated elements of a hash map; the lists of free elements are the caller's.
 * `extra` counts the elements beyond max_entries. @kernel htab_map_alloc
 */
export function htabAlloc(env: MapEnv, attr: MapAttr, id: number, seed: number, extra: number): number {
  const { arena, cpus } = env;
  const percpu = isPercpu(attr.type);
  const lru = isLru(attr.type);
  let entries = attr.max_entries;
  if ((attr.map_flags & F.NO_COMMON_LRU) !== 0) {
    entries = Math.ceil(entries / cpus) * cpus;
    if (entries > 0xffff_ffff) entries = Math.floor(attr.max_entries / cpus) * cpus;
  }
  if (entries > 2 ** 31) return -E2BIG;
  let nBuckets = 1;
  while (nBuckets < entries) nBuckets *= 2;
  if (nBuckets > Math.floor(0xffff_ffff / SIZEOF_BUCKET)) return -E2BIG;
  const userValue = roundUp8(attr.value_size) * (percpu ? cpus : 1);
  const map = newMapObject(env, attr, id, userValue);
  if (map < 0) return map;
  const buckets = allocInternals(env, map, 4 * nBuckets);
  if (buckets === 0) {
    arena.free(map);
    return -ENOMEM;
  }
  const keyOff = lru ? LRU_HEADER : HEADER;
  const valueOff = keyOff + roundUp8(attr.key_size);
  const fields: ReadonlyArray<readonly [number, number]> = [
    [MAP.maxEntries, entries],
    [MAP.buckets, buckets],
    [MAP.nBuckets, nBuckets],
    [MAP.seed, (attr.map_flags & F.ZERO_SEED) !== 0 ? 0 : seed],
    [MAP.keyOff, keyOff],
    [MAP.valueOff, valueOff],
    [MAP.stride, valueOff + (percpu ? 0 : roundUp8(attr.value_size))],
  ];
  for (const [field, value] of fields) arena.setU32(map + field, value);
  const prealloc = (attr.map_flags & F.NO_PREALLOC) === 0;
  if (prealloc && !allocElements(env, map, entries + extra)) {
    htabFree(env, map);
    return -ENOMEM;
  }
  return map;
}

/** What programs can reach in the elements of a hash map: the values, unless they are per CPU or inner maps. */
export function elementWindow(
  env: MapEnv,
  map: number,
): { readonly stride: number; readonly offset: number; readonly size: number } | undefined {
  const { arena } = env;
  const type = arena.getU32(map + MAP.type);
  if (isPercpu(type) || type === MAP_TYPE.hash_of_maps) return undefined;
  return {
    stride: arena.getU32(map + MAP.stride),
    offset: arena.getU32(map + MAP.valueOff),
    size: arena.getU32(map + MAP.valueSize),
  };
}

function allocElements(env: MapEnv, map: number, count: number): boolean {
  const { arena } = env;
  const window = elementWindow(env, map);
  const region = arena.alloc({
    kind: window ? 'map value' : 'map internals',
    size: count * arena.getU32(map + MAP.stride),
    perm: window ? progPerm(arena.getU32(map + MAP.flags)) : PERM_NONE,
    owner: map,
    ...(window ? { elements: window } : {}),
  });
  if (!region.ok) return false;
  arena.setU32(map + MAP.values, region.value);
  if (!isPercpu(arena.getU32(map + MAP.type))) return true;
  const stride = roundUp8(arena.getU32(map + MAP.valueSize));
  const values = allocValues(env, map, count * arena.getU32(map + MAP.cpus), stride);
  arena.setU32(map + MAP.percpuValues, values);
  return values !== 0;
}

/** Gives back what the values of an element hold. @kernel check_and_free_fields */
export function freeElementFields(env: MapEnv, map: number, element: number): void {
  const { arena } = env;
  if (arena.getU32(map + MAP.fieldCount) === 0) return;
  const copies = isPercpu(arena.getU32(map + MAP.type)) ? arena.getU32(map + MAP.cpus) : 1;
  if (copies > 1 && htabValue(env, map, element, 0) === 0) return;
  for (let cpu = 0; cpu < copies; cpu++) objFreeFields(env, map, htabValue(env, map, element, cpu));
}

/** @kernel htab_map_free */
export function htabFree(env: MapEnv, map: number): void {
  if (env.arena.getU32(map + MAP.fieldCount) !== 0) {
    for (let step = htabEach(env, map, { index: 0, node: 0 }, 0); step; step = htabEach(env, map, step.cursor, 0)) {
      freeElementFields(env, map, step.key - env.arena.getU32(map + MAP.keyOff));
    }
    slabRelease(env, map, MAP.asyncSlab);
  }
  slabRelease(env, map, MAP.slab);
  slabRelease(env, map, MAP.percpuSlab);
  freeMapObject(env, map, [MAP.buckets, MAP.values, MAP.percpuValues]);
}

/** The element with the key at `key`, or 0. */
export function htabFind(env: MapEnv, map: number, key: number): number {
  const { arena } = env;
  return findElement(arena, map, key, hashOf(arena, map, key));
}

/** Address of one CPU's value of an element. */
export function htabValue(env: MapEnv, map: number, element: number, cpu: number): number {
  const { dv } = env.arena;
  if (!isPercpu(dv.getUint32(map + MAP.type, true))) return element + dv.getUint32(map + MAP.valueOff, true);
  const values = dv.getUint32(element + dv.getUint32(map + MAP.keyOff, true) + ELEM.percpuValues, true);
  return values + cpu * roundUp8(dv.getUint32(map + MAP.valueSize, true));
}

/** Takes the lock of a hash's bucket: 0 or -EBUSY. It is free again at the next lock point that does not hold it. */
export function htabLockBucket(
  env: MapEnv,
  operation: 'update' | 'delete',
  map: number,
  hash: number,
  cpu: number,
): number {
  if (env.locks === undefined) return 0;
  const errno = env.locks.lock('bucket', map, hash, cpu);
  if (errno !== 0) env.locks.failed(operation, map, errno, cpu);
  return errno;
}

/** What `read` gives of a key's element, which is then freed. @kernel __htab_map_lookup_and_delete_elem */
export function htabTake(
  env: MapEnv,
  map: number,
  key: number,
  cpu: number,
  read: MapOps['userLookup'],
  free: (env: MapEnv, map: number, element: number, cpu: number) => void,
): Uint8Array | number {
  const { arena } = env;
  const hash = hashOf(arena, map, key);
  const busy = htabLockBucket(env, 'delete', map, hash, cpu);
  if (busy !== 0) return busy;
  const element = findElement(arena, map, key, hash);
  if (element === 0) return -ENOENT;
  const bytes = read(env, map, key);
  unlinkElement(arena, bucketOf(arena, map, hash), element);
  env.locks?.reached({ point: '__htab_map_lookup_and_delete_elem:unlinked', map, cpu, at: hash, element });
  free(env, map, element, cpu);
  return bytes;
}

/** First element of the first non-empty bucket from `bucket` on, or 0; the bucket's index goes with it. */
function firstFrom(env: MapEnv, map: number, bucket: number): MapCursor {
  const words = env.arena.i32;
  const first = words[(map + MAP.buckets) >>> 2]! >>> 2;
  const count = words[(map + MAP.nBuckets) >>> 2]! >>> 0;
  for (let index = bucket; index < count; index++) {
    const node = words[first + index]! >>> 0;
    if (node !== 0) return { index, node };
  }
  return { index: count, node: 0 };
}

/** @kernel htab_map_get_next_key */
export function htabNextKey(env: MapEnv, map: number, key: number, out: number): number {
  const { arena } = env;
  let next = 0;
  let bucket = 0;
  if (key !== 0) {
    const hash = hashOf(arena, map, key);
    const element = findElement(arena, map, key, hash);
    if (element !== 0) {
      next = arena.getU32(element + ELEM.next);
      bucket = (bucketOf(arena, map, hash) - arena.getU32(map + MAP.buckets)) / 4 + 1;
    }
  }
  if (next === 0) next = firstFrom(env, map, bucket).node;
  if (next === 0) return -ENOENT;
  arena.copy(out, next + arena.getU32(map + MAP.keyOff), arena.getU32(map + MAP.keySize));
  return 0;
}

/**
 * Bucket by bucket; the element after the present one is looked up before the caller gets it, so that the caller may
 * delete it. @kernel bpf_for_each_hash_elem
 */
export function htabEach(env: MapEnv, map: number, cursor: MapCursor, cpu: number): MapStep | undefined {
  const { arena } = env;
  const { index, node } = cursor.node !== 0 ? cursor : firstFrom(env, map, cursor.index);
  if (node === 0) return undefined;
  const next = arena.getU32(node + ELEM.next);
  return {
    key: node + arena.getU32(map + MAP.keyOff),
    value: htabValue(env, map, node, cpu),
    cursor: { index: next === 0 ? index + 1 : index, node: next },
  };
}

/** How an iterator walks a hash map. */
export const htabSeq: MapSeq = bucketSeq({
  count: (env, map) => env.arena.getU32(map + MAP.nBuckets),
  first: (env, map, index) => env.arena.getU32(env.arena.getU32(map + MAP.buckets) + 4 * index),
  next: (env, _map, element) => env.arena.getU32(element + ELEM.next),
});
