import type { MapTypeName } from '../spec/mapTypes.ts';
import type { MapEnv } from './attr.ts';
import { arrayOfMapsOps, hashOfMapsOps } from './mapInMap.ts';
import type { MapCursor, MapOps, MapStep } from './mapOps.ts';
import { MAP } from './object.ts';
import { byTypeId, PLAIN_OPS } from './plainOps.ts';
import { EINVAL, ENOTSUPP, EOPNOTSUPP, MAP_TYPE } from './uapi.ts';

const withMapsInMaps = byTypeId({ array_of_maps: arrayOfMapsOps, hash_of_maps: hashOfMapsOps });

/** What each map type does, by BPF_MAP_TYPE_ id; undefined where the type is not simulated. */
export const MAP_OPS: ReadonlyArray<MapOps | undefined> = PLAIN_OPS.map((row, type) => row ?? withMapsInMaps[type]);

/** The map types that createMap refuses with a problem. */
export const NOT_SIMULATED: readonly MapTypeName[] = (Object.keys(MAP_TYPE) as MapTypeName[]).filter(
  (name) => MAP_OPS[MAP_TYPE[name]] === undefined,
);

/** What the type of the map at an address does. Throws when there is no map: addresses come from load or the checks. */
export function opsOf(env: MapEnv, map: number): MapOps {
  const ops = MAP_OPS[env.arena.i32[(map + MAP.type) >>> 2]!];
  if (!ops) throw new Error(`0x${map.toString(16)} is not a map`);
  return ops;
}

/**
 * A program's lookup of the key at an address. @returns the address of the value (maps in maps: of the inner map's
 * object), or 0
 * @kernel bpf_map_lookup_elem
 */
export function mapLookup(env: MapEnv, map: number, key: number, cpu: number): number {
  return opsOf(env, map).lookup(env, map, key, cpu);
}

/** The value that another CPU has for a key, or 0. @kernel bpf_map_lookup_percpu_elem */
export function mapLookupPercpu(env: MapEnv, map: number, key: number, cpu: number): number {
  return opsOf(env, map).lookupPercpu?.(env, map, key, cpu) ?? 0;
}

/** `flags` is the u64 argument as hi * 2^32 + lo. @returns 0 or -errno @kernel bpf_map_update_elem */
export function mapUpdate(env: MapEnv, map: number, key: number, value: number, flags: number, cpu: number): number {
  return opsOf(env, map).update(env, map, key, value, flags, cpu);
}

/** @returns 0 or -errno @kernel bpf_map_delete_elem */
export function mapDelete(env: MapEnv, map: number, key: number, cpu: number): number {
  return opsOf(env, map).delete(env, map, key, cpu);
}

/** Adds the value at an address. @returns 0 or -errno @kernel bpf_map_push_elem */
export function mapPush(env: MapEnv, map: number, value: number, flags: number): number {
  return opsOf(env, map).push?.(env, map, value, flags) ?? -EOPNOTSUPP;
}

/** Takes the next value out. @returns 0 or -errno @kernel bpf_map_pop_elem */
export function mapPop(env: MapEnv, map: number, value: number): number {
  return opsOf(env, map).pop?.(env, map, value) ?? -EOPNOTSUPP;
}

/** Reads the next value; a bloom filter: is this one in it? @returns 0 or -errno @kernel bpf_map_peek_elem */
export function mapPeek(env: MapEnv, map: number, value: number): number {
  return opsOf(env, map).peek?.(env, map, value) ?? -EOPNOTSUPP;
}

/** Where packets redirected to an index of a map go: address of struct bpf_devmap_val or bpf_cpumap_val, or 0. */
export function mapTarget(env: MapEnv, map: number, index: number): number {
  const key = env.arena.getU32(map + MAP.scratchKey);
  env.arena.setU32(key, index);
  return opsOf(env, map).target?.(env, map, key) ?? 0;
}

/** A walk over the elements in the order of bpf_for_each_map_elem, or -EINVAL for types that have none. */
export function forEachElem(env: MapEnv, map: number): MapCursor | number {
  return opsOf(env, map).each ? { index: 0, node: 0 } : -EINVAL;
}

/**
 * The element at a cursor, or undefined at the end. The key of an array element is scratch memory, overwritten by the
 * next operation of user space or of a walk on the map. Per-CPU types give the value of `cpu`.
 */
export function forEachNext(env: MapEnv, map: number, cursor: MapCursor, cpu: number): MapStep | undefined {
  return opsOf(env, map).each?.(env, map, cursor, cpu);
}

/**
 * Address of the byte at an offset of an array's only element, for ld_imm64 with BPF_PSEUDO_MAP_VALUE, or -errno.
 * @kernel array_map_direct_value_addr
 */
export function mapDirectValueAddr(env: MapEnv, map: number, offset: number): number {
  const { arena } = env;
  if (arena.getU32(map + MAP.type) !== MAP_TYPE.array || arena.getU32(map + MAP.maxEntries) !== 1) return -ENOTSUPP;
  if (offset >= arena.getU32(map + MAP.valueSize)) return -EINVAL;
  return arena.getU32(map + MAP.values) + offset;
}
