import { kindNumber } from '../mem/kinds.ts';
import type { MapAttr, MapEnv } from './attr.ts';
import { checkFlags } from './hash.ts';
import type { MapOps } from './mapOps.ts';
import { allocInternals, freeMapObject, hasSpinLock, MAP, newMapObject, roundUp8 } from './object.ts';
import { bucketSeq, type MapSeq } from './seq.ts';
import { type SlabShape, slabAlloc, slabFree, slabRelease } from './slab.ts';
import { BPF_F_LOCK, BPF_NOEXIST, E2BIG, EBADF, EINVAL, ENOENT, ENOMEM, ENOTSUPP, EOPNOTSUPP, F } from './uapi.ts';
import { badUpdateFlags, copyMapValue, objFreeFields, valueBytes } from './value.ts';

/**
 * Storage that hangs off kernel objects (sockets, inodes, tasks, cgroups): at most one element for each object and map.
 * The kernel keeps a list in the object; here each map has a hash table keyed by the object's address, which doubles when
 * it is full.
 */

const LOCAL_STORAGE_FLAGS = F.NO_PREALLOC | F.CLONE;
/** 65,535 less the kernel's bookkeeping of an element. */
const MAX_VALUE_SIZE = 0xffff - 128;
const FIRST_BUCKETS = 16;
const KERNEL_KIND = kindNumber('kernel');
/** An element: next in the bucket, owner, next free one, then the value. One that is given back keeps its `next`: walks go on. */
const NEXT = 0;
const OWNER = 4;
const FREE = 8;
const VALUE = 16;

/** @kernel bpf_local_storage_map_alloc_check */
function allocCheck(attr: MapAttr): number {
  const flags = attr.map_flags;
  if ((flags & ~LOCAL_STORAGE_FLAGS) !== 0 || (flags & F.NO_PREALLOC) === 0) return -EINVAL;
  if (attr.max_entries !== 0 || attr.key_size !== 4 || attr.value_size === 0) return -EINVAL;
  if (!attr.btf?.keyTypeId || !attr.btf.valueTypeId) return -EINVAL;
  return attr.value_size > MAX_VALUE_SIZE ? -E2BIG : 0;
}

function shape(env: MapEnv, map: number): SlabShape {
  const size = env.arena.getU32(map + MAP.valueSize);
  const unit = VALUE + roundUp8(size);
  return { unit, link: FREE, window: { stride: unit, offset: VALUE, size } };
}

function bucket(env: MapEnv, map: number, owner: number): number {
  const { arena } = env;
  const index = (Math.imul(owner, 0x61c88647) >>> 4) & (arena.getU32(map + MAP.nBuckets) - 1);
  return arena.getU32(map + MAP.buckets) + 4 * index;
}

/** Address of the pointer to an object's element; the pointer is 0 when there is none. */
function slotOf(env: MapEnv, map: number, owner: number): number {
  const { arena } = env;
  let slot = bucket(env, map, owner);
  for (let at = arena.getU32(slot); at !== 0 && arena.getU32(at + OWNER) !== owner; at = arena.getU32(slot))
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

/** Adds a zeroed element for an object that has none: value address, or 0 without memory. */
function add(env: MapEnv, map: number, owner: number): number {
  const { arena } = env;
  const count = arena.getU32(map + MAP.count);
  if (count >= 2 * arena.getU32(map + MAP.nBuckets)) grow(env, map);
  const { unit, ...rest } = shape(env, map);
  const element = slabAlloc(env, map, MAP.slab, { unit, ...rest });
  if (element === 0) return 0;
  arena.fill(element, 0, unit);
  arena.setU32(element + OWNER, owner);
  const slot = bucket(env, map, owner);
  arena.setU32(element + NEXT, arena.getU32(slot));
  arena.setU32(slot, element);
  arena.setU32(map + MAP.count, count + 1);
  return element + VALUE;
}

/** An object's value in this map: its address, or 0. */
function find(env: MapEnv, map: number, owner: number): number {
  const at = env.arena.getU32(slotOf(env, map, owner));
  return at === 0 ? 0 : at + VALUE;
}

/** @kernel bpf_local_storage_update */
function update(env: MapEnv, map: number, owner: number, value: number, flags: number): number {
  const { arena } = env;
  if (badUpdateFlags(flags, 6)) return -EINVAL;
  const locked = (flags & BPF_F_LOCK) !== 0;
  if (locked && !hasSpinLock(arena, map)) return -EINVAL;
  const old = find(env, map, owner);
  const refused = checkFlags(old, flags);
  if (refused !== 0) return refused;
  if (old !== 0 && locked) {
    copyMapValue(arena, map, old, value);
    return 0;
  }
  if (old !== 0) localStorageDelete(env, map, owner);
  const fresh = add(env, map, owner);
  if (fresh === 0) return -ENOMEM;
  copyMapValue(arena, map, fresh, value);
  return 0;
}

/**
 * The value of a kernel object (by address) in this map. With `create` a missing one is made, a copy of
 * the value at `init` or zeros when `init` is 0.
 * @returns its address, or 0
 * @kernel bpf_sk_storage_get, bpf_task_storage_get, bpf_cgrp_storage_get, bpf_inode_storage_get
 */
export function localStorageGet(env: MapEnv, map: number, owner: number, init: number, create: boolean): number {
  const found = find(env, map, owner);
  if (found !== 0 || !create) return found;
  if (init !== 0) return update(env, map, owner, init, BPF_NOEXIST) < 0 ? 0 : find(env, map, owner);
  return add(env, map, owner);
}

/** @returns 0, or -ENOENT when the object has nothing in this map @kernel bpf_sk_storage_del, task_storage_delete */
export function localStorageDelete(env: MapEnv, map: number, owner: number): number {
  const { arena } = env;
  const slot = slotOf(env, map, owner);
  const element = arena.getU32(slot);
  if (element === 0) return -ENOENT;
  arena.setU32(slot, arena.getU32(element + NEXT));
  arena.setU32(map + MAP.count, arena.getU32(map + MAP.count) - 1);
  objFreeFields(env, map, element + VALUE);
  slabFree(env, map, MAP.slab, shape(env, map), element);
  return 0;
}

/** The values of a map as pairs of addresses: the kernel object, its value. In no order that means anything. */
export function* localStorageValues(env: MapEnv, map: number): Generator<readonly [owner: number, value: number]> {
  const { arena } = env;
  const first = arena.getU32(map + MAP.buckets);
  for (let i = 0; i < arena.getU32(map + MAP.nBuckets); i++) {
    for (let at = arena.getU32(first + 4 * i); at !== 0; at = arena.getU32(at + NEXT)) {
      yield [arena.getU32(at + OWNER), at + VALUE];
    }
  }
}

const BUCKETS = {
  count: (env: MapEnv, map: number): number => env.arena.getU32(map + MAP.nBuckets),
  first: (env: MapEnv, map: number, index: number): number =>
    env.arena.getU32(env.arena.getU32(map + MAP.buckets) + 4 * index),
  next: (env: MapEnv, _map: number, element: number): number => env.arena.getU32(element + NEXT),
};

/** How an iterator walks a map of sockets' storages. */
export const storageSeq: MapSeq = bucketSeq(BUCKETS);

/** The kernel object and the value of an element that a walk stands on. */
export function storageElement(env: MapEnv, element: number): { readonly owner: number; readonly value: number } {
  return { owner: env.arena.getU32(element + OWNER), value: element + VALUE };
}

/** Drops what an object that goes away has in these maps. @kernel bpf_local_storage_destroy */
export function localStorageFree(env: MapEnv, maps: readonly number[], owner: number): void {
  for (const map of maps) localStorageDelete(env, map, owner);
}

/** Copies the storage of a listening socket to one that it accepted; only maps with BPF_F_CLONE. @kernel bpf_sk_storage_clone */
export function localStorageClone(env: MapEnv, maps: readonly number[], from: number, to: number): number {
  for (const map of maps) {
    if ((env.arena.getU32(map + MAP.flags) & F.CLONE) === 0) continue;
    const value = find(env, map, from);
    if (value !== 0 && localStorageGet(env, map, to, value, true) === 0) return -ENOMEM;
  }
  return 0;
}

/** The object that user space names: in the kernel by a descriptor, here by the 4-byte address of the object; -EBADF for others. */
function ownerOf(env: MapEnv, key: number): number {
  const address = env.arena.getU32(key);
  const isObject = env.arena.kindAt(address) === KERNEL_KIND && env.arena.baseAt(address) === address;
  return isObject ? address : -EBADF;
}

/** sk_storage, inode_storage, task_storage and cgrp_storage. Programs reach them through helpers of their own only. */
export const localStorageOps: MapOps = {
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
    for (const [, value] of localStorageValues(env, map)) objFreeFields(env, map, value);
    slabRelease(env, map, MAP.slab);
    freeMapObject(env, map, [MAP.buckets]);
  },
  lookup: () => 0,
  update: () => -EOPNOTSUPP,
  delete(env, map, key) {
    const owner = ownerOf(env, key);
    return owner < 0 ? owner : localStorageDelete(env, map, owner);
  },
  nextKey: () => -ENOTSUPP,
  userLookup(env, map, key) {
    const owner = ownerOf(env, key);
    if (owner < 0) return owner;
    const value = find(env, map, owner);
    return value === 0 ? -ENOENT : valueBytes(env.arena, map, value);
  },
  userValueSize: (env, map) => env.arena.getU32(map + MAP.valueSize),
  userUpdate(env, map, key, value, flags) {
    const owner = ownerOf(env, key);
    if (owner < 0) return owner;
    const scratch = env.arena.getU32(map + MAP.scratchValue);
    env.arena.put(scratch, value);
    return update(env, map, owner, scratch, flags);
  },
  inner: 'same',
};
