import type { MapEnv } from './attr.ts';
import { bucketOf, ELEM, findElement, hashOf, linkElement, unlinkElement } from './element.ts';
import {
  elementWindow,
  freeElementFields,
  htabAlloc,
  htabAllocCheck,
  htabEach,
  htabFind,
  htabFree,
  htabNextKey,
  htabValue,
} from './hashTable.ts';
import type { MapOps } from './mapOps.ts';
import { hasSpinLock, MAP, PCPU, pcpu, roundUp8 } from './object.ts';
import { freelistPop, freelistPopulate, freelistPush } from './percpuFreelist.ts';
import { slabAlloc, slabFree } from './slab.ts';
import { BPF_EXIST, BPF_F_LOCK, BPF_NOEXIST, E2BIG, EEXIST, EINVAL, ENOENT, ENOMEM, F, MAP_TYPE } from './uapi.ts';
import {
  badUpdateFlags,
  checkAndInitMapValue,
  copyMapValue,
  objFreeFields,
  percpuValueBytes,
  putMapValue,
  valueBytes,
  zeroMapValue,
} from './value.ts';

/** @kernel check_flags */
export function checkFlags(found: number, flags: number): number {
  if (found !== 0 && (flags & ~BPF_F_LOCK) === BPF_NOEXIST) return -EEXIST;
  if (found === 0 && (flags & ~BPF_F_LOCK) === BPF_EXIST) return -ENOENT;
  return 0;
}

function isPrealloc(env: MapEnv, map: number): boolean {
  return (env.arena.getU32(map + MAP.flags) & F.NO_PREALLOC) === 0;
}

function addCount(env: MapEnv, map: number, delta: number): void {
  env.arena.setU32(map + MAP.count, env.arena.getU32(map + MAP.count) + delta);
}

/** A new element when `old` is 0, or the one that takes the place of `old`: address or -errno. @kernel alloc_htab_elem */
function allocElement(env: MapEnv, map: number, old: number, cpu: number): number {
  const { arena } = env;
  if (isPrealloc(env, map)) {
    if (old !== 0) {
      const record = pcpu(map, cpu);
      const spare = arena.getU32(record + PCPU.extra);
      arena.setU32(record + PCPU.extra, old);
      return spare;
    }
    const element = freelistPop(arena, map, cpu);
    if (element === 0) return -E2BIG;
    addCount(env, map, 1);
    return element;
  }
  if (old === 0 && arena.getU32(map + MAP.count) >= arena.getU32(map + MAP.maxEntries)) return -E2BIG;
  const window = elementWindow(env, map);
  const unit = arena.getU32(map + MAP.stride);
  const element = slabAlloc(env, map, MAP.slab, { unit, link: ELEM.list, ...(window ? { window } : {}) });
  if (element === 0) return -ENOMEM;
  if (old === 0) addCount(env, map, 1);
  if (window) checkAndInitMapValue(arena, map, element + arena.getU32(map + MAP.valueOff));
  return element;
}

/** Gives an element of the bucket lists back. @kernel free_htab_elem */
function freeElement(env: MapEnv, map: number, element: number, cpu: number): void {
  freeElementFields(env, map, element);
  if (isPrealloc(env, map)) freelistPush(env.arena, map, cpu, element);
  else slabFree(env, map, MAP.slab, { unit: 0, link: ELEM.list }, element);
}

/** Makes sure that a per-CPU element has values, all zero when they are new; false without memory. */
export function ensurePercpuValues(env: MapEnv, map: number, element: number): boolean {
  const { arena } = env;
  const slot = element + arena.getU32(map + MAP.keyOff) + ELEM.percpuValues;
  if (arena.getU32(slot) !== 0) return true;
  const size = arena.getU32(map + MAP.valueSize);
  const stride = roundUp8(size);
  const unit = stride * arena.getU32(map + MAP.cpus);
  const first = arena.getU32(map + MAP.percpuValues);
  let values: number;
  if (first !== 0) {
    const index = (element - arena.getU32(map + MAP.values)) / arena.getU32(map + MAP.stride);
    values = first + index * unit;
  } else {
    values = slabAlloc(env, map, MAP.percpuSlab, { unit, link: 0, window: { stride, offset: 0, size } });
  }
  arena.setU32(slot, values);
  return values !== 0;
}

/** A new element's values: the caller's CPU gets the value, the others zeros. @kernel pcpu_init_value */
export function initPercpuValue(env: MapEnv, map: number, element: number, value: number, cpu: number): void {
  const { arena } = env;
  const stride = roundUp8(arena.getU32(map + MAP.valueSize));
  const values = htabValue(env, map, element, 0);
  for (let c = 0; c < arena.getU32(map + MAP.cpus); c++) {
    if (c !== cpu) zeroMapValue(arena, map, values + c * stride);
  }
  copyMapValue(arena, map, values + cpu * stride, value);
}

/** Writes the values of all CPUs as user space gave them. @kernel pcpu_copy_value */
export function putPercpuValues(env: MapEnv, map: number, element: number, bytes: Uint8Array): void {
  const stride = roundUp8(env.arena.getU32(map + MAP.valueSize));
  const values = htabValue(env, map, element, 0);
  for (let at = 0; at < bytes.length; at += stride) {
    putMapValue(env.arena, map, values + at, bytes.subarray(at, at + stride));
    objFreeFields(env, map, values + at);
  }
}

/** @kernel htab_map_update_elem */
function update(env: MapEnv, map: number, key: number, value: number, flags: number, cpu: number): number {
  const { arena } = env;
  if (badUpdateFlags(flags, 6)) return -EINVAL;
  const locked = (flags & BPF_F_LOCK) !== 0;
  if (locked && !hasSpinLock(arena, map)) return -EINVAL;
  const hash = hashOf(arena, map, key);
  const old = findElement(arena, map, key, hash);
  const refused = checkFlags(old, flags);
  if (refused !== 0) return refused;
  if (locked && old !== 0) {
    copyMapValue(arena, map, htabValue(env, map, old, 0), value);
    return 0;
  }
  const element = allocElement(env, map, old, cpu);
  if (element < 0) return element;
  fillElement(env, map, element, key, hash);
  copyMapValue(arena, map, htabValue(env, map, element, 0), value);
  const bucket = bucketOf(arena, map, hash);
  linkElement(arena, bucket, element);
  if (old !== 0) {
    unlinkElement(arena, bucket, old);
    // A preallocated one is the spare element now.
    if (isPrealloc(env, map)) freeElementFields(env, map, old);
    else freeElement(env, map, old, cpu);
  }
  return 0;
}

function fillElement(env: MapEnv, map: number, element: number, key: number, hash: number): void {
  const { arena } = env;
  arena.setU32(element + ELEM.hash, hash);
  arena.copy(element + arena.getU32(map + MAP.keyOff), key, arena.getU32(map + MAP.keySize));
}

/** @kernel htab_map_delete_elem */
function remove(env: MapEnv, map: number, key: number, cpu: number): number {
  const { arena } = env;
  const hash = hashOf(arena, map, key);
  const element = findElement(arena, map, key, hash);
  if (element === 0) return -ENOENT;
  unlinkElement(arena, bucketOf(arena, map, hash), element);
  addCount(env, map, -1);
  freeElement(env, map, element, cpu);
  return 0;
}

/** The element to fill for a per-CPU update, or -errno; `isNew` tells them apart through the count. */
function percpuTarget(env: MapEnv, map: number, key: number, flags: number, cpu: number): number {
  const { arena } = env;
  if (badUpdateFlags(flags, 2)) return -EINVAL;
  const hash = hashOf(arena, map, key);
  const old = findElement(arena, map, key, hash);
  const refused = checkFlags(old, flags);
  if (refused !== 0 || old !== 0) return refused || old;
  const element = allocElement(env, map, 0, cpu);
  if (element < 0) return element;
  if (!ensurePercpuValues(env, map, element)) {
    addCount(env, map, -1);
    freeElement(env, map, element, cpu);
    return -ENOMEM;
  }
  fillElement(env, map, element, key, hash);
  linkElement(arena, bucketOf(arena, map, hash), element);
  return element;
}

export const hashOps: MapOps = {
  allocCheck: htabAllocCheck,
  alloc(env, attr, id, seed) {
    const percpu = attr.type === MAP_TYPE.percpu_hash;
    const { arena, cpus } = env;
    const extra = percpu ? 0 : cpus;
    const map = htabAlloc(env, attr, id, seed, extra);
    if (map < 0 || (attr.map_flags & F.NO_PREALLOC) !== 0) return map;
    const first = arena.getU32(map + MAP.values);
    freelistPopulate(arena, map, first, arena.getU32(map + MAP.stride), attr.max_entries + extra);
    // The CPU that creates the map takes the spare elements of all. @kernel alloc_extra_elems
    if (extra > 0)
      for (let cpu = 0; cpu < cpus; cpu++) arena.setU32(pcpu(map, cpu) + PCPU.extra, freelistPop(arena, map, 0));
    return map;
  },
  free: htabFree,
  lookup(env, map, key) {
    const element = htabFind(env, map, key);
    return element === 0 ? 0 : element + env.arena.getU32(map + MAP.valueOff);
  },
  update,
  delete: remove,
  nextKey: htabNextKey,
  userLookup(env, map, key) {
    const element = htabFind(env, map, key);
    return element === 0 ? -ENOENT : valueBytes(env.arena, map, htabValue(env, map, element, 0));
  },
  userValueSize: (env, map) => env.arena.getU32(map + MAP.valueSize),
  userUpdate(env, map, key, value, flags, cpu) {
    const scratch = env.arena.getU32(map + MAP.scratchValue);
    env.arena.put(scratch, value);
    return update(env, map, key, scratch, flags, cpu);
  },
  userTake(env, map, key, cpu) {
    const bytes = hashOps.userLookup(env, map, key);
    if (typeof bytes !== 'number') remove(env, map, key, cpu);
    return bytes;
  },
  batch: { by: 'buckets', deletes: true },
  each: htabEach,
  inner: 'same',
};

export const percpuHashOps: MapOps = {
  ...hashOps,
  lookup(env, map, key, cpu) {
    const element = htabFind(env, map, key);
    return element === 0 ? 0 : htabValue(env, map, element, cpu);
  },
  lookupPercpu(env, map, key, cpu) {
    return cpu >= env.arena.getU32(map + MAP.cpus) ? 0 : percpuHashOps.lookup(env, map, key, cpu);
  },
  /** @kernel __htab_percpu_map_update_elem */
  update(env, map, key, value, flags, cpu) {
    const before = env.arena.getU32(map + MAP.count);
    const element = percpuTarget(env, map, key, flags, cpu);
    if (element < 0) return element;
    if (env.arena.getU32(map + MAP.count) !== before) initPercpuValue(env, map, element, value, cpu);
    else {
      const own = htabValue(env, map, element, cpu);
      copyMapValue(env.arena, map, own, value);
      objFreeFields(env, map, own);
    }
    return 0;
  },
  userLookup(env, map, key) {
    const element = htabFind(env, map, key);
    if (element === 0) return -ENOENT;
    return percpuValueBytes(env.arena, map, htabValue(env, map, element, 0));
  },
  userValueSize: (env, map) => roundUp8(env.arena.getU32(map + MAP.valueSize)) * env.arena.getU32(map + MAP.cpus),
  userUpdate(env, map, key, value, flags, cpu) {
    const element = percpuTarget(env, map, key, flags, cpu);
    if (element < 0) return element;
    putPercpuValues(env, map, element, value);
    return 0;
  },
  userTake(env, map, key, cpu) {
    const bytes = percpuHashOps.userLookup(env, map, key);
    if (typeof bytes !== 'number') remove(env, map, key, cpu);
    return bytes;
  },
};
