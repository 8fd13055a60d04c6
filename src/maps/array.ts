import type { MapAttr, MapEnv } from './attr.ts';
import type { MapCursor, MapOps, MapStep } from './mapOps.ts';
import { allocInternals, allocValues, freeMapObject, hasSpinLock, MAP, newMapObject, roundUp8 } from './object.ts';
import type { MapSeq, SeqAt } from './seq.ts';
import { slabRelease } from './slab.ts';
import {
  ACCESS_MASK,
  BPF_ANY,
  BPF_F_LOCK,
  BPF_NOEXIST,
  E2BIG,
  EEXIST,
  EINVAL,
  ENOENT,
  ENOMEM,
  F,
  MAP_TYPE,
  NUMA_NO_NODE,
  PCPU_MIN_UNIT_SIZE,
} from './uapi.ts';
import { badUpdateFlags, copyMapValue, objFreeFields, percpuValueBytes, putMapValue, valueBytes } from './value.ts';

const ARRAY_CREATE_FLAGS = F.NUMA_NODE | F.MMAPABLE | ACCESS_MASK | F.PRESERVE_ELEMS | F.INNER_MAP;
const INT_MAX = 0x7fff_ffff;

/** @kernel bpf_map_flags_access_ok */
export function progAccessOk(flags: number): boolean {
  return (flags & F.RDONLY_PROG) === 0 || (flags & F.WRONLY_PROG) === 0;
}

/** The creation rules of every type that is an array inside. @kernel array_map_alloc_check */
export function arrayAllocCheck(attr: MapAttr): number {
  const flags = attr.map_flags;
  const percpu = attr.type === MAP_TYPE.percpu_array;
  if (attr.max_entries === 0 || attr.key_size !== 4 || attr.value_size === 0) return -EINVAL;
  if ((flags & ~ARRAY_CREATE_FLAGS) !== 0 || !progAccessOk(flags)) return -EINVAL;
  if (percpu && (flags & F.NUMA_NODE) !== 0 && (attr.numa_node ?? 0) >>> 0 !== NUMA_NO_NODE) return -EINVAL;
  if (attr.type !== MAP_TYPE.array && (flags & (F.MMAPABLE | F.INNER_MAP)) !== 0) return -EINVAL;
  if (attr.type !== MAP_TYPE.perf_event_array && (flags & F.PRESERVE_ELEMS) !== 0) return -EINVAL;
  if (attr.value_size > INT_MAX) return -E2BIG;
  if (percpu && roundUp8(attr.value_size) > PCPU_MIN_UNIT_SIZE) return -E2BIG;
  return 0;
}

/**
 * Allocates an array whose elements take `stride` bytes on each of `copies` CPUs; no copies: slots of 8 bytes that
 * programs cannot reach. @kernel array_map_alloc
 */
export function arrayAlloc(env: MapEnv, attr: MapAttr, id: number, stride: number, copies: number): number {
  const map = newMapObject(env, attr, id, 0);
  if (map < 0) return map;
  const { max_entries } = attr;
  const values =
    copies === 0 ? allocInternals(env, map, max_entries * stride) : allocValues(env, map, max_entries * copies, stride);
  if (values === 0) {
    env.arena.free(map);
    return -ENOMEM;
  }
  env.arena.setU32(map + MAP.values, values);
  env.arena.setU32(map + MAP.stride, stride);
  return map;
}

/** @kernel array_map_get_next_key */
export function arrayNextKey(env: MapEnv, map: number, key: number, out: number): number {
  const { arena } = env;
  const entries = arena.getU32(map + MAP.maxEntries);
  const index = key === 0 ? 0xffff_ffff : arena.getU32(key);
  if (index >= entries) arena.setU32(out, 0);
  else if (index === entries - 1) return -ENOENT;
  else arena.setU32(out, index + 1);
  return 0;
}

/** Address of an element's first value, or 0. `copies` is 1 or the number of CPUs. */
export function arrayElement(env: MapEnv, map: number, key: number, copies: number): number {
  const { dv } = env.arena;
  const index = dv.getUint32(key, true);
  if (index >= dv.getUint32(map + MAP.maxEntries, true)) return 0;
  return dv.getUint32(map + MAP.values, true) + index * dv.getUint32(map + MAP.stride, true) * copies;
}

/** @kernel array_map_free */
export function arrayFree(env: MapEnv, map: number): void {
  const { arena } = env;
  if (arena.getU32(map + MAP.fieldCount) !== 0) {
    const stride = arena.getU32(map + MAP.stride);
    const copies = arena.getU32(map + MAP.type) === MAP_TYPE.percpu_array ? arena.getU32(map + MAP.cpus) : 1;
    const first = arena.getU32(map + MAP.values);
    for (let i = 0; i < arena.getU32(map + MAP.maxEntries) * copies; i++) objFreeFields(env, map, first + i * stride);
    slabRelease(env, map, MAP.asyncSlab);
  }
  freeMapObject(env, map, [MAP.values]);
}

function lookup(env: MapEnv, map: number, key: number): number {
  return arrayElement(env, map, key, 1);
}

/** The checks before an update: the element's address, or -errno. @kernel array_map_update_elem */
function updateTarget(env: MapEnv, map: number, key: number, flags: number, copies: number): number {
  if (badUpdateFlags(flags, 6)) return -EINVAL;
  const element = arrayElement(env, map, key, copies);
  if (element === 0) return -E2BIG;
  if ((flags & BPF_NOEXIST) !== BPF_ANY) return -EEXIST;
  if ((flags & BPF_F_LOCK) !== 0 && !hasSpinLock(env.arena, map)) return -EINVAL;
  return element;
}

function eachElement(env: MapEnv, map: number, cursor: MapCursor, copies: number, cpu: number): MapStep | undefined {
  const { arena } = env;
  const { index } = cursor;
  if (index >= arena.getU32(map + MAP.maxEntries)) return undefined;
  const key = arena.getU32(map + MAP.scratchKey);
  arena.setU32(key, index);
  const value = arrayElement(env, map, key, copies) + cpu * arena.getU32(map + MAP.stride);
  return { key, value, cursor: { index: index + 1, node: 0 } };
}

export const arrayOps: MapOps = {
  allocCheck: arrayAllocCheck,
  alloc: (env, attr, id) => arrayAlloc(env, attr, id, roundUp8(attr.value_size), 1),
  free: arrayFree,
  lookup,
  update(env, map, key, value, flags) {
    const element = updateTarget(env, map, key, flags, 1);
    if (element < 0) return element;
    copyMapValue(env.arena, map, element, value);
    objFreeFields(env, map, element);
    return 0;
  },
  delete: () => -EINVAL,
  nextKey: arrayNextKey,
  userLookup(env, map, key) {
    const element = lookup(env, map, key);
    return element === 0 ? -ENOENT : valueBytes(env.arena, map, element);
  },
  userValueSize: (env, map) => env.arena.getU32(map + MAP.valueSize),
  userUpdate(env, map, key, value, flags) {
    const element = updateTarget(env, map, key, flags, 1);
    if (element < 0) return element;
    putMapValue(env.arena, map, element, value);
    objFreeFields(env, map, element);
    return 0;
  },
  each: (env, map, cursor) => eachElement(env, map, cursor, 1, 0),
  batch: { by: 'keys', deletes: false },
  inner: 'entries',
};

export const percpuArrayOps: MapOps = {
  allocCheck: arrayAllocCheck,
  alloc: (env, attr, id) => arrayAlloc(env, attr, id, roundUp8(attr.value_size), env.cpus),
  free: arrayFree,
  lookup(env, map, key, cpu) {
    const { arena } = env;
    const element = arrayElement(env, map, key, arena.getU32(map + MAP.cpus));
    return element === 0 ? 0 : element + cpu * arena.getU32(map + MAP.stride);
  },
  lookupPercpu(env, map, key, cpu) {
    return cpu >= env.arena.getU32(map + MAP.cpus) ? 0 : percpuArrayOps.lookup(env, map, key, cpu);
  },
  update(env, map, key, value, flags, cpu) {
    const { arena } = env;
    const element = updateTarget(env, map, key, flags, arena.getU32(map + MAP.cpus));
    if (element < 0) return element;
    const own = element + cpu * arena.getU32(map + MAP.stride);
    copyMapValue(arena, map, own, value);
    objFreeFields(env, map, own);
    return 0;
  },
  delete: () => -EINVAL,
  nextKey: arrayNextKey,
  userLookup(env, map, key) {
    const element = arrayElement(env, map, key, env.arena.getU32(map + MAP.cpus));
    return element === 0 ? -ENOENT : percpuValueBytes(env.arena, map, element);
  },
  userValueSize: (env, map) => env.arena.getU32(map + MAP.stride) * env.arena.getU32(map + MAP.cpus),
  /** @kernel bpf_percpu_array_update */
  userUpdate(env, map, key, value, flags) {
    if (badUpdateFlags(flags, 2)) return -EINVAL;
    const element = arrayElement(env, map, key, env.arena.getU32(map + MAP.cpus));
    if (element === 0) return -E2BIG;
    if (flags === BPF_NOEXIST) return -EEXIST;
    const stride = env.arena.getU32(map + MAP.stride);
    for (let at = 0; at < value.length; at += stride) {
      putMapValue(env.arena, map, element + at, value.subarray(at, at + stride));
      objFreeFields(env, map, element + at);
    }
    return 0;
  },
  each: (env, map, cursor, cpu) => eachElement(env, map, cursor, env.arena.getU32(map + MAP.cpus), cpu),
  batch: { by: 'keys', deletes: false },
  inner: 'same',
};

/** @kernel bpf_array_map_seq_start */
function seqFind(env: MapEnv, map: number, index: number): SeqAt {
  const { arena } = env;
  const place = { bucket: index, skip: 0 };
  if (index >= arena.getU32(map + MAP.maxEntries)) return { place, element: 0 };
  const copies = arena.getU32(map + MAP.type) === MAP_TYPE.percpu_array ? arena.getU32(map + MAP.cpus) : 1;
  const element = arena.getU32(map + MAP.values) + index * copies * arena.getU32(map + MAP.stride);
  return { place, element };
}

/** How an iterator walks an array. */
export const arraySeq: MapSeq = {
  find: (env, map, { bucket }) => seqFind(env, map, bucket),
  next: (env, map, { place }) => seqFind(env, map, place.bucket + 1),
};
