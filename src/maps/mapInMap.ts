import { arrayAlloc, arrayElement, arrayFree } from './array.ts';
import { type MapAttr, type MapEnv, withoutLockPoints } from './attr.ts';
import { fdArrayAllocCheck, fdArrayOps, fdArraySlot, fdArrayTake, fdArrayTarget, u32Bytes, u32Of } from './fdArray.ts';
import { hashOps } from './hash.ts';
import { htabAllocCheck, htabEach, htabFind, htabFree } from './hashTable.ts';
import type { MapCursor, MapOps } from './mapOps.ts';
import { MAP } from './object.ts';
import { PLAIN_OPS } from './plainOps.ts';
import { EBADF, EINVAL, ENOENT, ENOTSUPP, EOPNOTSUPP, F } from './uapi.ts';

/** The fields of a map that an inner map must share with the template, in the order of MAP.inner. */
const META = [
  ...([MAP.type, MAP.keySize, MAP.valueSize, MAP.flags, MAP.fieldCount, MAP.recordHash] as const),
  MAP.maxEntries,
] as const;
const META_WITHOUT_ENTRIES = META.length - 1;

function innerKind(env: MapEnv, map: number): 'same' | 'entries' | undefined {
  return PLAIN_OPS[env.arena.getU32(map + MAP.type)]?.inner;
}

/**
 * May this map be the template of inner maps? 0 or -errno. Without one, inner_map_fd is 0: some other file.
 * @kernel bpf_map_meta_alloc
 */
function templateCheck(env: MapEnv, template: number | undefined): number {
  if (template === undefined || template === 0) return -EINVAL;
  if (env.arena.getU32(template + MAP.innerSet) !== 0) return -EINVAL;
  return innerKind(env, template) === undefined ? -ENOTSUPP : 0;
}

function keepTemplate(env: MapEnv, map: number, template: number): void {
  const { arena } = env;
  arena.setU32(map + MAP.innerSet, 1);
  META.forEach((field, i) => {
    arena.setU32(map + MAP.inner + 4 * i, arena.getU32(template + field));
  });
}

/** Does an inner map fit the template of the outer one? @kernel bpf_map_meta_equal */
function innerFits(env: MapEnv, outer: number, inner: number): boolean {
  const { arena } = env;
  for (let i = 0; i < META_WITHOUT_ENTRIES; i++)
    if (arena.getU32(outer + MAP.inner + 4 * i) !== arena.getU32(inner + META[i]!)) return false;
  if (innerKind(env, inner) !== 'entries' || (arena.getU32(inner + MAP.flags) & F.INNER_MAP) !== 0) return true;
  const entries = arena.getU32(outer + MAP.inner + 4 * META_WITHOUT_ENTRIES);
  return entries === arena.getU32(inner + MAP.maxEntries);
}

/** @kernel bpf_map_inc */
function get(env: MapEnv, map: number): void {
  env.arena.setU32(map + MAP.refs, env.arena.getU32(map + MAP.refs) + 1);
}

/** One holder less; the last one frees the map. @kernel bpf_map_put */
function putPlainMap(env: MapEnv, map: number): void {
  const refs = env.arena.getU32(map + MAP.refs) - 1;
  if (refs > 0) env.arena.setU32(map + MAP.refs, refs);
  else PLAIN_OPS[env.arena.getU32(map + MAP.type)]?.free(env, map);
}

/** The inner map that user space passed, if it may go into this map: address or -errno. @kernel bpf_map_fd_get_ptr */
function innerFromUser(env: MapEnv, map: number, value: Uint8Array): number {
  const inner = u32Of(value);
  if (inner === 0 || env.arena.region(inner)?.kind !== 'map') return -EBADF;
  return innerFits(env, map, inner) ? inner : -EINVAL;
}

function idBytes(env: MapEnv, inner: number): Uint8Array | number {
  return inner === 0 ? -ENOENT : u32Bytes(env.arena.getU32(inner + MAP.id));
}

const { inner: _array, ...fdArray } = fdArrayOps;

export const arrayOfMapsOps: MapOps = {
  ...fdArray,
  allocCheck: fdArrayAllocCheck,
  batch: { by: 'keys', deletes: false },
  alloc(env, attr, id) {
    const refused = templateCheck(env, attr.inner_map);
    if (refused !== 0) return refused;
    const map = arrayAlloc(env, attr, id, 8, 0);
    if (map >= 0) keepTemplate(env, map, attr.inner_map!);
    return map;
  },
  free(env, map) {
    const entries = env.arena.getU32(map + MAP.maxEntries);
    for (let i = 0; i < entries; i++) {
      const inner = fdArraySlot(env, map, i);
      if (inner !== 0) putPlainMap(env, inner);
    }
    arrayFree(env, map);
  },
  lookup: (env, map, key) => innerAt(env, arrayElement(env, map, key, 1)),
  delete(env, map, key) {
    const inner = fdArrayTake(env, map, key);
    if (inner < 0) return inner;
    putPlainMap(env, inner);
    return 0;
  },
  userLookup: (env, map, key) => idBytes(env, innerAt(env, arrayElement(env, map, key, 1))),
  userUpdate(env, map, key, value, flags) {
    const slot = fdArrayTarget(env, map, key, flags);
    if (slot < 0) return slot;
    const inner = innerFromUser(env, map, value);
    if (inner < 0) return inner;
    get(env, inner);
    const old = env.arena.getU32(slot);
    env.arena.setU32(slot, inner);
    if (old !== 0) putPlainMap(env, old);
    return 0;
  },
};

function innerAt(env: MapEnv, slot: number): number {
  return slot === 0 ? 0 : env.arena.getU32(slot);
}

/** The inner map under a key of a hash_of_maps, or 0. */
function hashInner(env: MapEnv, map: number, key: number): number {
  const element = htabFind(env, map, key);
  return element === 0 ? 0 : env.arena.getU32(element + env.arena.getU32(map + MAP.valueOff));
}

const { inner: _hash, each: _each, userTake: _take, ...hash } = hashOps;

export const hashOfMapsOps: MapOps = {
  ...hash,
  /** @kernel fd_htab_map_alloc_check */
  allocCheck: (attr: MapAttr) => (attr.value_size === 4 ? htabAllocCheck(attr) : -EINVAL),
  alloc(env, attr, id, seed) {
    const refused = templateCheck(env, attr.inner_map);
    if (refused !== 0) return refused;
    const map = hashOps.alloc(env, attr, id, seed);
    if (map >= 0) keepTemplate(env, map, attr.inner_map!);
    return map;
  },
  free(env, map) {
    for (let cursor: MapCursor | undefined = { index: 0, node: 0 }; cursor; ) {
      const step = htabEach(env, map, cursor, 0);
      if (step) putPlainMap(env, env.arena.getU32(step.value));
      cursor = step?.cursor;
    }
    htabFree(env, map);
  },
  lookup: hashInner,
  update: () => -EOPNOTSUPP,
  delete(env, map, key, cpu) {
    const inner = hashInner(env, map, key);
    const result = hashOps.delete(withoutLockPoints(env), map, key, cpu);
    if (result === 0) putPlainMap(env, inner);
    return result;
  },
  userLookup: (env, map, key) => idBytes(env, hashInner(env, map, key)),
  userUpdate(env, map, key, value, flags, cpu) {
    const inner = innerFromUser(env, map, value);
    if (inner < 0) return inner;
    const old = hashInner(env, map, key);
    const result = hashOps.userUpdate(withoutLockPoints(env), map, key, value, flags, cpu);
    if (result !== 0) return result;
    get(env, inner);
    if (old !== 0) putPlainMap(env, old);
    return 0;
  },
};
