import type { MapAttr, MapEnv } from './attr.ts';
import { checkFlags } from './hash.ts';
import type { MapOps } from './mapOps.ts';
import { allocInternals, freeMapObject, hasSpinLock, MAP, newMapObject, roundUp8 } from './object.ts';
import { type SlabShape, slabAlloc, slabFree, slabRelease } from './slab.ts';
import { BPF_F_LOCK, BPF_NOEXIST, E2BIG, EINVAL, ENOENT, ENOMEM, ENOTSUPP, F } from './uapi.ts';
import { badUpdateFlags, copyMapValue, objFreeFields, valueBytes } from './value.ts';

/**
 * Storage that hangs off sockets: at most one element for each socket and map. The kernel keeps a list in the socket;
 * here each map has a hash table keyed by the address of the socket object, which doubles when it is full.
 */

const SK_STORAGE_FLAGS = F.NO_PREALLOC | F.CLONE;
/** 65,535 less the kernel's bookkeeping of an element. */
const MAX_VALUE_SIZE = 0xffff - 128;
const FIRST_BUCKETS = 16;
/** An element: next in the bucket (or free), owner, then the value. */
const NEXT = 0;
const OWNER = 4;
const VALUE = 16;

/** @kernel bpf_local_storage_map_alloc_check */
function allocCheck(attr: MapAttr): number {
  const flags = attr.map_flags;
  if ((flags & ~SK_STORAGE_FLAGS) !== 0 || (flags & F.NO_PREALLOC) === 0) return -EINVAL;
  if (attr.max_entries !== 0 || attr.key_size !== 4 || attr.value_size === 0) return -EINVAL;
  if (!attr.btf?.keyTypeId || !attr.btf.valueTypeId) return -EINVAL;
  return attr.value_size > MAX_VALUE_SIZE ? -E2BIG : 0;
}

function shape(env: MapEnv, map: number): SlabShape {
  const size = env.arena.getU32(map + MAP.valueSize);
  const unit = VALUE + roundUp8(size);
  return { unit, link: NEXT, window: { stride: unit, offset: VALUE, size } };
}

function bucket(env: MapEnv, map: number, sk: number): number {
  const { arena } = env;
  const index = (Math.imul(sk, 0x61c88647) >>> 4) & (arena.getU32(map + MAP.nBuckets) - 1);
  return arena.getU32(map + MAP.buckets) + 4 * index;
}

/** Address of the pointer to a socket's element; the pointer is 0 when there is none. */
function slotOf(env: MapEnv, map: number, sk: number): number {
  const { arena } = env;
  let slot = bucket(env, map, sk);
  for (let at = arena.getU32(slot); at !== 0 && arena.getU32(at + OWNER) !== sk; at = arena.getU32(slot))
    slot = at + NEXT;
  return slot;
}

function grow(env: MapEnv, map: number): boolean {
  const { arena } = env;
  const oldCount = arena.getU32(map + MAP.nBuckets);
  const old = arena.getU32(map + MAP.buckets);
  const table = allocInternals(env, map, 8 * oldCount);
  if (table === 0) return false;
  arena.setU32(map + MAP.buckets, table);
  arena.setU32(map + MAP.nBuckets, 2 * oldCount);
  for (let i = 0; i < oldCount; i++) {
    let at = arena.getU32(old + 4 * i);
    while (at !== 0) {
      const next = arena.getU32(at + NEXT);
      const slot = bucket(env, map, arena.getU32(at + OWNER));
      arena.setU32(at + NEXT, arena.getU32(slot));
      arena.setU32(slot, at);
      at = next;
    }
  }
  arena.free(old);
  return true;
}

/** Adds a zeroed element for a socket that has none: value address, or 0 without memory. */
function add(env: MapEnv, map: number, sk: number): number {
  const { arena } = env;
  const count = arena.getU32(map + MAP.count);
  if (count >= 2 * arena.getU32(map + MAP.nBuckets)) grow(env, map);
  const { unit, ...rest } = shape(env, map);
  const element = slabAlloc(env, map, MAP.slab, { unit, ...rest });
  if (element === 0) return 0;
  arena.fill(element, 0, unit);
  arena.setU32(element + OWNER, sk);
  const slot = bucket(env, map, sk);
  arena.setU32(element + NEXT, arena.getU32(slot));
  arena.setU32(slot, element);
  arena.setU32(map + MAP.count, count + 1);
  return element + VALUE;
}

/** A socket's value in this map: its address, or 0. */
function find(env: MapEnv, map: number, sk: number): number {
  const at = env.arena.getU32(slotOf(env, map, sk));
  return at === 0 ? 0 : at + VALUE;
}

/** @kernel bpf_local_storage_update */
function update(env: MapEnv, map: number, sk: number, value: number, flags: number): number {
  const { arena } = env;
  if (badUpdateFlags(flags, 6)) return -EINVAL;
  const locked = (flags & BPF_F_LOCK) !== 0;
  if (locked && !hasSpinLock(arena, map)) return -EINVAL;
  const old = find(env, map, sk);
  const refused = checkFlags(old, flags);
  if (refused !== 0) return refused;
  if (old !== 0 && locked) {
    copyMapValue(arena, map, old, value);
    return 0;
  }
  if (old !== 0) skStorageDelete(env, map, sk);
  const fresh = add(env, map, sk);
  if (fresh === 0) return -ENOMEM;
  copyMapValue(arena, map, fresh, value);
  return 0;
}

/**
 * The value of a socket (any kernel object, by address) in this map. With `create` a missing one is made, a copy of
 * the value at `init` or zeros when `init` is 0.
 * @returns its address, or 0
 * @kernel bpf_sk_storage_get
 */
export function skStorageGet(env: MapEnv, map: number, sk: number, init: number, create: boolean): number {
  const found = find(env, map, sk);
  if (found !== 0 || !create) return found;
  if (init !== 0) return update(env, map, sk, init, BPF_NOEXIST) < 0 ? 0 : find(env, map, sk);
  return add(env, map, sk);
}

/** @returns 0, or -ENOENT when the socket has nothing in this map @kernel bpf_sk_storage_delete */
export function skStorageDelete(env: MapEnv, map: number, sk: number): number {
  const { arena } = env;
  const slot = slotOf(env, map, sk);
  const element = arena.getU32(slot);
  if (element === 0) return -ENOENT;
  arena.setU32(slot, arena.getU32(element + NEXT));
  arena.setU32(map + MAP.count, arena.getU32(map + MAP.count) - 1);
  objFreeFields(env, map, element + VALUE);
  slabFree(env, map, MAP.slab, shape(env, map), element);
  return 0;
}

/** Drops what a socket that goes away has in these sk_storage maps. @kernel bpf_sk_storage_free */
export function skStorageFree(env: MapEnv, maps: readonly number[], sk: number): void {
  for (const map of maps) skStorageDelete(env, map, sk);
}

/** Copies the storage of a listening socket to one that it accepted; only maps with BPF_F_CLONE. @kernel bpf_sk_storage_clone */
export function skStorageClone(env: MapEnv, maps: readonly number[], from: number, to: number): number {
  for (const map of maps) {
    if ((env.arena.getU32(map + MAP.flags) & F.CLONE) === 0) continue;
    const value = find(env, map, from);
    if (value !== 0 && skStorageGet(env, map, to, value, true) === 0) return -ENOMEM;
  }
  return 0;
}

/** User space names a socket by a descriptor; the key here is the 4-byte address of the socket object. */
export const skStorageOps: MapOps = {
  allocCheck,
  alloc(env, attr, id) {
    const map = newMapObject(env, attr, id, roundUp8(attr.value_size));
    if (map < 0) return map;
    const buckets = allocInternals(env, map, 4 * FIRST_BUCKETS);
    env.arena.setU32(map + MAP.buckets, buckets);
    env.arena.setU32(map + MAP.nBuckets, FIRST_BUCKETS);
    if (buckets !== 0) return map;
    env.arena.free(map);
    return -ENOMEM;
  },
  free(env, map) {
    slabRelease(env, map, MAP.slab);
    freeMapObject(env, map, [MAP.buckets]);
  },
  lookup: (env, map, key) => find(env, map, env.arena.getU32(key)),
  update: (env, map, key, value, flags) => update(env, map, env.arena.getU32(key), value, flags),
  delete: (env, map, key) => skStorageDelete(env, map, env.arena.getU32(key)),
  nextKey: () => -ENOTSUPP,
  userLookup(env, map, key) {
    const value = find(env, map, env.arena.getU32(key));
    return value === 0 ? -ENOENT : valueBytes(env.arena, map, value);
  },
  userValueSize: (env, map) => env.arena.getU32(map + MAP.valueSize),
  userUpdate(env, map, key, value, flags) {
    const scratch = env.arena.getU32(map + MAP.scratchValue);
    env.arena.put(scratch, value);
    return update(env, map, env.arena.getU32(key), scratch, flags);
  },
  inner: 'same',
};
