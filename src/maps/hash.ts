import type { MapEnv } from './attr.ts';
import { bucketOf, ELEM, findElement, hashOf, linkElement, unlinkElement } from './element.ts';
import {
  allocElement,
  ensurePercpuValues,
  freeElement,
  initPercpuValue,
  isPrealloc,
  overwritePercpuValue,
  putPercpuValues,
} from './hashElement.ts';
import {
  freeElementFields,
  htabAlloc,
  htabAllocCheck,
  htabEach,
  htabFind,
  htabFree,
  htabLockBucket,
  htabNextKey,
  htabTake,
  htabValue,
} from './hashTable.ts';
import type { MapOps } from './mapOps.ts';
import { hasSpinLock, MAP, PCPU, pcpu, roundUp8 } from './object.ts';
import { freelistPop, freelistPopulate } from './percpuFreelist.ts';
import { BPF_EXIST, BPF_F_LOCK, BPF_NOEXIST, EEXIST, EINVAL, ENOENT, ENOMEM, F, MAP_TYPE } from './uapi.ts';
import { badUpdateFlags, copyMapValue, percpuValueBytes, valueBytes } from './value.ts';

/** @kernel check_flags */
export function checkFlags(found: number, flags: number): number {
  if (found !== 0 && (flags & ~BPF_F_LOCK) === BPF_NOEXIST) return -EEXIST;
  if (found === 0 && (flags & ~BPF_F_LOCK) === BPF_EXIST) return -ENOENT;
  return 0;
}

/** @kernel htab_map_update_elem */
function update(env: MapEnv, map: number, key: number, value: number, flags: number, cpu: number): number {
  const { arena } = env;
  if (badUpdateFlags(flags, 6)) return -EINVAL;
  const locked = (flags & BPF_F_LOCK) !== 0;
  if (locked && !hasSpinLock(arena, map)) return -EINVAL;
  const hash = hashOf(arena, map, key);
  if (locked) {
    // What is there is written under its own lock alone.
    const found = findElement(arena, map, key, hash);
    const refused = checkFlags(found, flags);
    if (refused !== 0) return refused;
    if (found !== 0) {
      copyMapValue(arena, map, htabValue(env, map, found, 0), value);
      return 0;
    }
  }
  env.locks?.reached({ point: 'htab_map_update_elem:enter', map, cpu, at: hash, element: 0 });
  const busy = htabLockBucket(env, 'update', map, hash, cpu);
  if (busy !== 0) return busy;
  env.locks?.reached({ point: 'htab_map_update_elem:locked', map, cpu, at: hash, element: 0 });
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
  if (old === 0) return 0;
  unlinkElement(arena, bucket, old);
  // A preallocated one is the spare element now.
  if (isPrealloc(env, map)) freeElementFields(env, map, old);
  else {
    env.locks?.reached({ point: 'htab_map_update_elem:unlinked', map, cpu, at: hash, element: old });
    freeElement(env, map, old, cpu);
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
  env.locks?.reached({ point: 'htab_map_delete_elem:enter', map, cpu, at: hash, element: 0 });
  const busy = htabLockBucket(env, 'delete', map, hash, cpu);
  if (busy !== 0) return busy;
  env.locks?.reached({ point: 'htab_map_delete_elem:locked', map, cpu, at: hash, element: 0 });
  const element = findElement(arena, map, key, hash);
  if (element === 0) return -ENOENT;
  unlinkElement(arena, bucketOf(arena, map, hash), element);
  env.locks?.reached({ point: 'htab_map_delete_elem:unlinked', map, cpu, at: hash, element });
  freeElement(env, map, element, cpu);
  return 0;
}

/** The value is one at an address, for the CPU, or the bytes of those of all CPUs. @kernel __htab_percpu_map_update_elem */
function percpuUpdate(
  env: MapEnv,
  map: number,
  key: number,
  value: number | Uint8Array,
  flags: number,
  cpu: number,
): number {
  const { arena } = env;
  if (badUpdateFlags(flags, 2)) return -EINVAL;
  const hash = hashOf(arena, map, key);
  env.locks?.reached({ point: '__htab_percpu_map_update_elem:enter', map, cpu, at: hash, element: 0 });
  const busy = htabLockBucket(env, 'update', map, hash, cpu);
  if (busy !== 0) return busy;
  env.locks?.reached({ point: '__htab_percpu_map_update_elem:locked', map, cpu, at: hash, element: 0 });
  const old = findElement(arena, map, key, hash);
  const refused = checkFlags(old, flags);
  if (refused !== 0) return refused;
  if (old !== 0) {
    if (typeof value === 'number') overwritePercpuValue(env, map, old, value, cpu);
    else putPercpuValues(env, map, old, value);
    return 0;
  }
  const element = allocElement(env, map, 0, cpu);
  if (element < 0) return element;
  if (!ensurePercpuValues(env, map, element)) {
    freeElement(env, map, element, cpu);
    return -ENOMEM;
  }
  fillElement(env, map, element, key, hash);
  linkElement(arena, bucketOf(arena, map, hash), element);
  if (typeof value === 'number') initPercpuValue(env, map, element, value, cpu);
  else putPercpuValues(env, map, element, value);
  return 0;
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
  userTake: (env, map, key, cpu) => htabTake(env, map, key, cpu, hashOps.userLookup, freeElement),
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
  update: percpuUpdate,
  userLookup(env, map, key) {
    const element = htabFind(env, map, key);
    if (element === 0) return -ENOENT;
    return percpuValueBytes(env.arena, map, htabValue(env, map, element, 0));
  },
  userValueSize: (env, map) => roundUp8(env.arena.getU32(map + MAP.valueSize)) * env.arena.getU32(map + MAP.cpus),
  userUpdate: percpuUpdate,
  userTake: (env, map, key, cpu) => htabTake(env, map, key, cpu, percpuHashOps.userLookup, freeElement),
};
