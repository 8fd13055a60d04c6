import { arrayAlloc, arrayElement, arrayFree, arrayNextKey } from './array.ts';
import type { MapEnv } from './attr.ts';
import { progOf } from './devmap.ts';
import { u32Of } from './fdArray.ts';
import type { MapOps } from './mapOps.ts';
import { MAP } from './object.ts';
import { BPF_EXIST, BPF_NOEXIST, E2BIG, EEXIST, EINVAL, ENODEV, ENOMEM, EOPNOTSUPP, EOVERFLOW, F } from './uapi.ts';
import { foundValue } from './value.ts';

/** struct bpf_cpumap_val: the queue's size, then the program that runs there; value_size may end after the first. */
const CPUMAP_VAL = { prog: 4, size: 8 } as const;
/** CPUs that the kernel was built for. */
const NR_CPUS = 8192;
const MAX_QSIZE = 16384;

function lookup(env: MapEnv, map: number, key: number): number {
  const slot = arrayElement(env, map, key, 1);
  return slot === 0 || env.arena.getU32(slot) === 0 ? 0 : slot;
}

export const cpumapOps: MapOps = {
  /** @kernel cpu_map_alloc */
  allocCheck({ max_entries, key_size, value_size, map_flags }) {
    if (max_entries === 0 || key_size !== 4 || (value_size !== CPUMAP_VAL.prog && value_size !== CPUMAP_VAL.size))
      return -EINVAL;
    if ((map_flags & ~F.NUMA_NODE) !== 0) return -EINVAL;
    return max_entries > NR_CPUS ? -E2BIG : 0;
  },
  alloc: (env, attr, id) => arrayAlloc(env, attr, id, CPUMAP_VAL.size, 0),
  free: arrayFree,
  lookup: () => 0,
  update: () => -EOPNOTSUPP,
  delete(env, map, key) {
    const slot = arrayElement(env, map, key, 1);
    if (slot === 0) return -EINVAL;
    env.arena.setU32(slot, 0);
    return 0;
  },
  nextKey: arrayNextKey,
  userLookup: (env, map, key) => foundValue(env, map, lookup(env, map, key)),
  userValueSize: (env, map) => env.arena.getU32(map + MAP.valueSize),
  /** @kernel cpu_map_update_elem */
  userUpdate(env, map, key, value, flags) {
    const { arena } = env;
    if (flags > BPF_EXIST) return -EINVAL;
    const slot = arrayElement(env, map, key, 1);
    if (slot === 0) return -E2BIG;
    if (flags === BPF_NOEXIST) return -EEXIST;
    const qsize = u32Of(value);
    if (qsize > MAX_QSIZE) return -EOVERFLOW;
    if (arena.getU32(key) >= arena.getU32(map + MAP.cpus)) return -ENODEV;
    // Programs for cpumaps are not loaded here, so none can be meant.
    if (qsize !== 0 && progOf(value) > 0) return -ENOMEM;
    arena.setU32(slot, qsize);
    return 0;
  },
  target: lookup,
  inner: 'same',
};
