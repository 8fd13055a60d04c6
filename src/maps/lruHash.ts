import type { MapEnv } from './attr.ts';
import { bucketOf, findElement, hashOf, linkElement, unlinkElement } from './element.ts';
import { checkFlags, hashOps, percpuHashOps } from './hash.ts';
import { ensurePercpuValues, initPercpuValue, overwritePercpuValue, putPercpuValues } from './hashElement.ts';
import { freeElementFields, htabAlloc, htabFind, htabLockBucket, htabTake, htabValue } from './hashTable.ts';
import { lruInit, lruPopFree, lruPushFree } from './lru.ts';
import { nodeOf, setRef } from './lruList.ts';
import type { MapOps } from './mapOps.ts';
import { MAP } from './object.ts';
import { BPF_EXIST, EINVAL, ENOENT, ENOMEM } from './uapi.ts';
import { badUpdateFlags, copyMapValue } from './value.ts';

/** Takes an element for a key; 0 when every element is in use elsewhere. @kernel prealloc_lru_pop */
function pop(env: MapEnv, map: number, key: number, hash: number, cpu: number): number {
  const { arena } = env;
  const element = lruPopFree(env, map, hash, cpu);
  if (element === 0) {
    env.locks?.failed('update', map, -ENOMEM, cpu);
    return 0;
  }
  arena.setU32(map + MAP.count, arena.getU32(map + MAP.count) + 1);
  arena.copy(element + arena.getU32(map + MAP.keyOff), key, arena.getU32(map + MAP.keySize));
  return element;
}

/** @kernel htab_lru_push_free */
function pushFree(env: MapEnv, map: number, element: number, cpu: number): void {
  const { arena } = env;
  freeElementFields(env, map, element);
  arena.setU32(map + MAP.count, arena.getU32(map + MAP.count) - 1);
  lruPushFree(env, map, element, cpu);
}

/** The new element is taken before the key is looked up, so any update may evict. @kernel htab_lru_map_update_elem */
function update(env: MapEnv, map: number, key: number, value: number, flags: number, cpu: number): number {
  const { arena } = env;
  if (badUpdateFlags(flags, 2)) return -EINVAL;
  const hash = hashOf(arena, map, key);
  env.locks?.reached({ point: 'htab_lru_map_update_elem:enter', map, cpu, at: hash, element: 0 });
  const element = pop(env, map, key, hash, cpu);
  if (element === 0) return -ENOMEM;
  copyMapValue(arena, map, htabValue(env, map, element, 0), value);
  env.locks?.reached({ point: 'htab_lru_map_update_elem:popped', map, cpu, at: hash, element });
  const busy = htabLockBucket(env, 'update', map, hash, cpu);
  if (busy !== 0) {
    pushFree(env, map, element, cpu);
    return busy;
  }
  env.locks?.reached({ point: 'htab_lru_map_update_elem:locked', map, cpu, at: hash, element });
  const old = findElement(arena, map, key, hash);
  const refused = checkFlags(old, flags);
  if (refused === 0) {
    const bucket = bucketOf(arena, map, hash);
    linkElement(arena, bucket, element);
    if (old === 0) return 0;
    setRef(arena, nodeOf(element));
    unlinkElement(arena, bucket, old);
  }
  const spare = refused === 0 ? old : element;
  env.locks?.reached({ point: 'htab_lru_map_update_elem:unlinked', map, cpu, at: hash, element: spare });
  pushFree(env, map, spare, cpu);
  return refused;
}

/** @kernel htab_lru_map_delete_elem */
function remove(env: MapEnv, map: number, key: number, cpu: number): number {
  const { arena } = env;
  const hash = hashOf(arena, map, key);
  env.locks?.reached({ point: 'htab_lru_map_delete_elem:enter', map, cpu, at: hash, element: 0 });
  const busy = htabLockBucket(env, 'delete', map, hash, cpu);
  if (busy !== 0) return busy;
  env.locks?.reached({ point: 'htab_lru_map_delete_elem:locked', map, cpu, at: hash, element: 0 });
  const element = findElement(arena, map, key, hash);
  if (element === 0) return -ENOENT;
  unlinkElement(arena, bucketOf(arena, map, hash), element);
  env.locks?.reached({ point: 'htab_lru_map_delete_elem:unlinked', map, cpu, at: hash, element });
  pushFree(env, map, element, cpu);
  return 0;
}

/** A program's lookup keeps an element from being evicted. @kernel htab_lru_map_lookup_elem */
function findAndRef(env: MapEnv, map: number, key: number): number {
  const element = htabFind(env, map, key);
  if (element !== 0) setRef(env.arena, nodeOf(element));
  return element;
}

export const lruHashOps: MapOps = {
  ...hashOps,
  alloc(env, attr, id, seed) {
    const map = htabAlloc(env, attr, id, seed, 0);
    if (map >= 0) lruInit(env, map);
    return map;
  },
  lookup(env, map, key) {
    const element = findAndRef(env, map, key);
    return element === 0 ? 0 : element + env.arena.getU32(map + MAP.valueOff);
  },
  update,
  delete: remove,
  userUpdate(env, map, key, value, flags, cpu) {
    const scratch = env.arena.getU32(map + MAP.scratchValue);
    env.arena.put(scratch, value);
    return update(env, map, key, scratch, flags, cpu);
  },
  userTake: (env, map, key, cpu) => htabTake(env, map, key, cpu, hashOps.userLookup, pushFree),
};

/** `fill` writes an element's values; `isNew` says whether it had none. @kernel __htab_lru_percpu_map_update_elem */
function percpuUpdate(
  env: MapEnv,
  map: number,
  key: number,
  flags: number,
  cpu: number,
  fill: (element: number, isNew: boolean) => void,
): number {
  const { arena } = env;
  if (badUpdateFlags(flags, 2)) return -EINVAL;
  const hash = hashOf(arena, map, key);
  env.locks?.reached({ point: '__htab_lru_percpu_map_update_elem:enter', map, cpu, at: hash, element: 0 });
  let element = 0;
  if (flags !== BPF_EXIST) {
    element = pop(env, map, key, hash, cpu);
    if (element === 0) return -ENOMEM;
    env.locks?.reached({ point: '__htab_lru_percpu_map_update_elem:popped', map, cpu, at: hash, element });
  }
  const busy = htabLockBucket(env, 'update', map, hash, cpu);
  if (busy !== 0) {
    if (element !== 0) pushFree(env, map, element, cpu);
    return busy;
  }
  env.locks?.reached({ point: '__htab_lru_percpu_map_update_elem:locked', map, cpu, at: hash, element });
  const old = findElement(arena, map, key, hash);
  const refused = checkFlags(old, flags);
  if (refused === 0 && old !== 0) {
    setRef(arena, nodeOf(old));
    fill(old, false);
  } else if (refused === 0) {
    ensurePercpuValues(env, map, element);
    fill(element, true);
    linkElement(arena, bucketOf(arena, map, hash), element);
    element = 0;
  }
  if (element !== 0) {
    env.locks?.reached({ point: '__htab_lru_percpu_map_update_elem:unlinked', map, cpu, at: hash, element });
    pushFree(env, map, element, cpu);
  }
  return refused;
}

export const lruPercpuHashOps: MapOps = {
  ...percpuHashOps,
  alloc: lruHashOps.alloc,
  lookup(env, map, key, cpu) {
    const element = findAndRef(env, map, key);
    return element === 0 ? 0 : htabValue(env, map, element, cpu);
  },
  lookupPercpu(env, map, key, cpu) {
    return cpu >= env.arena.getU32(map + MAP.cpus) ? 0 : lruPercpuHashOps.lookup(env, map, key, cpu);
  },
  update(env, map, key, value, flags, cpu) {
    return percpuUpdate(env, map, key, flags, cpu, (element, isNew) => {
      if (isNew) initPercpuValue(env, map, element, value, cpu);
      else overwritePercpuValue(env, map, element, value, cpu);
    });
  },
  delete: remove,
  userUpdate(env, map, key, value, flags, cpu) {
    return percpuUpdate(env, map, key, flags, cpu, (element) => putPercpuValues(env, map, element, value));
  },
  userTake: (env, map, key, cpu) => htabTake(env, map, key, cpu, percpuHashOps.userLookup, pushFree),
};
