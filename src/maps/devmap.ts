import { arrayElement, arrayFree, arrayNextKey } from './array.ts';
import type { MapAttr, MapEnv } from './attr.ts';
import { u32Of } from './fdArray.ts';
import type { MapOps } from './mapOps.ts';
import { allocValues, MAP, newMapObject } from './object.ts';
import { BPF_EXIST, BPF_NOEXIST, E2BIG, EEXIST, EINVAL, ENOMEM, EOPNOTSUPP, F } from './uapi.ts';
import { foundValue } from './value.ts';

/** struct bpf_devmap_val: the interface, then the program that runs there; value_size may end after the first. */
export const DEVMAP_VAL = { ifindex: 0, prog: 4, size: 8 } as const;

const CREATE_FLAGS = F.NUMA_NODE | F.RDONLY | F.WRONLY;
const LOOPBACK_IFINDEX = 1;

/** The creation rules of devmap and devmap_hash. @kernel dev_map_alloc_check */
export function devmapAllocCheck({ max_entries, key_size, value_size, map_flags }: MapAttr): number {
  if (max_entries === 0 || key_size !== 4 || (value_size !== DEVMAP_VAL.prog && value_size !== DEVMAP_VAL.size))
    return -EINVAL;
  return (map_flags & ~CREATE_FLAGS) !== 0 ? -EINVAL : 0;
}

/** Programs may only read what a look-up finds, whatever the flags say. */
export function readOnly(attr: MapAttr): MapAttr {
  return { ...attr, map_flags: attr.map_flags | F.RDONLY_PROG };
}

/** The program's number in a value of user space, signed; absent ones count as -1. */
export function progOf(value: Uint8Array): number {
  return value.length < DEVMAP_VAL.size ? -1 : u32Of(value.subarray(DEVMAP_VAL.prog)) | 0;
}

/** May this value be stored? Programs for devmaps are not loaded here, so none can be meant. @kernel __dev_map_alloc_node */
export function badDevice(env: MapEnv, value: Uint8Array): boolean {
  const ifindex = u32Of(value);
  const exists = env.deviceExists?.(ifindex) ?? ifindex === LOOPBACK_IFINDEX;
  return !exists || progOf(value) > 0;
}

/** @kernel dev_map_update_elem */
function update(env: MapEnv, map: number, key: number, value: Uint8Array, flags: number): number {
  const { arena } = env;
  if (flags > BPF_EXIST) return -EINVAL;
  const slot = arrayElement(env, map, key, 1);
  if (slot === 0) return -E2BIG;
  if (flags === BPF_NOEXIST) return -EEXIST;
  const ifindex = u32Of(value);
  if (ifindex === 0 ? progOf(value) > 0 : badDevice(env, value)) return -EINVAL;
  arena.setU32(slot + DEVMAP_VAL.ifindex, ifindex);
  return 0;
}

/** @kernel dev_map_lookup_elem */
function lookup(env: MapEnv, map: number, key: number): number {
  const slot = arrayElement(env, map, key, 1);
  return slot === 0 || env.arena.getU32(slot + DEVMAP_VAL.ifindex) === 0 ? 0 : slot;
}

export const devmapOps: MapOps = {
  allocCheck: devmapAllocCheck,
  alloc(env, attr, id) {
    const map = newMapObject(env, readOnly(attr), id, 0);
    if (map < 0) return map;
    const values = allocValues(env, map, attr.max_entries, DEVMAP_VAL.size);
    if (values === 0) {
      env.arena.free(map);
      return -ENOMEM;
    }
    env.arena.setU32(map + MAP.values, values);
    env.arena.setU32(map + MAP.stride, DEVMAP_VAL.size);
    return map;
  },
  free: arrayFree,
  lookup,
  update: () => -EOPNOTSUPP,
  delete(env, map, key) {
    const slot = arrayElement(env, map, key, 1);
    if (slot === 0) return -EINVAL;
    env.arena.setU32(slot + DEVMAP_VAL.ifindex, 0);
    return 0;
  },
  nextKey: arrayNextKey,
  userLookup: (env, map, key) => foundValue(env, map, lookup(env, map, key)),
  userValueSize: (env, map) => env.arena.getU32(map + MAP.valueSize),
  userUpdate: update,
  target: lookup,
  inner: 'same',
};
