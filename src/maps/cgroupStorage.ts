import { progAccessOk } from './array.ts';
import type { MapAttr, MapEnv } from './attr.ts';
import type { MapOps } from './mapOps.ts';
import { allocValues, freeMapObject, MAP, newMapObject, roundUp8 } from './object.ts';
import {
  ACCESS_MASK,
  BPF_EXIST,
  BPF_F_LOCK,
  E2BIG,
  EINVAL,
  ENOENT,
  ENOMEM,
  EOPNOTSUPP,
  F,
  MAP_TYPE,
  PCPU_MIN_UNIT_SIZE,
} from './uapi.ts';

/**
 * Storage of programs attached to cgroups. Its elements come and go with the attachments, so user space, which can make
 * none, finds none here; a test run gives the program an element of its own, which is MAP.values.
 */

const CREATE_FLAGS = F.NUMA_NODE | ACCESS_MASK;
/** 65,535 less the kernel's bookkeeping of an element. */
const MAX_VALUE_SIZE = 0xffff - 128;
/** The key is an inode number, or struct bpf_cgroup_storage_key. */
const KEY_SIZES: readonly number[] = [8, 16];

/** @kernel cgroup_storage_map_alloc */
function allocCheck({ type, key_size, value_size, map_flags, max_entries }: MapAttr): number {
  const largest = type === MAP_TYPE.percpu_cgroup_storage ? PCPU_MIN_UNIT_SIZE : MAX_VALUE_SIZE;
  if (!KEY_SIZES.includes(key_size) || value_size === 0) return -EINVAL;
  if (value_size > largest) return -E2BIG;
  if ((map_flags & ~CREATE_FLAGS) !== 0 || !progAccessOk(map_flags)) return -EINVAL;
  return max_entries === 0 ? 0 : -EINVAL;
}

/** Values that one element has: one, or one for each CPU. */
function copies(env: MapEnv, map: number): number {
  const { arena } = env;
  return arena.getU32(map + MAP.type) === MAP_TYPE.cgroup_storage ? 1 : arena.getU32(map + MAP.cpus);
}

/** The element of the running program: address of its value, per-CPU types of that of `cpu`. @kernel bpf_get_local_storage */
export function cgroupStorageValue(env: MapEnv, map: number, cpu: number): number {
  const { arena } = env;
  const offset = copies(env, map) === 1 ? 0 : cpu * arena.getU32(map + MAP.stride);
  return arena.getU32(map + MAP.values) + offset;
}

/** A run begins with a zeroed element. @kernel bpf_cgroup_storage_alloc */
export function cgroupStorageReset(env: MapEnv, map: number): void {
  const { arena } = env;
  arena.fill(arena.getU32(map + MAP.values), 0, copies(env, map) * arena.getU32(map + MAP.stride));
}

/** Is the map of one of the two types? */
export function isCgroupStorage(type: number): boolean {
  return type === MAP_TYPE.cgroup_storage || type === MAP_TYPE.percpu_cgroup_storage;
}

export const cgroupStorageOps: MapOps = {
  allocCheck,
  alloc(env, attr, id) {
    const map = newMapObject(env, attr, id, 0);
    if (map < 0) return map;
    const stride = roundUp8(attr.value_size);
    const values = allocValues(env, map, copies(env, map), stride);
    if (values === 0) {
      env.arena.free(map);
      return -ENOMEM;
    }
    env.arena.setU32(map + MAP.values, values);
    env.arena.setU32(map + MAP.stride, stride);
    return map;
  },
  free: (env, map) => freeMapObject(env, map, [MAP.values]),
  lookup: () => 0,
  update: () => -EOPNOTSUPP,
  delete: () => -EINVAL,
  nextKey: () => -ENOENT,
  userLookup: () => -ENOENT,
  userValueSize: (env, map) => copies(env, map) * roundUp8(env.arena.getU32(map + MAP.valueSize)),
  /** @kernel cgroup_storage_update_elem, bpf_percpu_cgroup_storage_update */
  userUpdate(env, map, _key, _value, flags) {
    const known = copies(env, map) === 1 && env.arena.getU32(map + MAP.type) === MAP_TYPE.cgroup_storage;
    const allowed = known ? BPF_EXIST | BPF_F_LOCK : BPF_EXIST;
    return flags > allowed || (flags & ~allowed) !== 0 ? -EINVAL : -ENOENT;
  },
};
