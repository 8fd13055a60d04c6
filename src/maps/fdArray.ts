import { arrayAlloc, arrayAllocCheck, arrayElement, arrayFree, arrayNextKey } from './array.ts';
import type { MapAttr, MapEnv } from './attr.ts';
import type { MapOps } from './mapOps.ts';
import { MAP } from './object.ts';
import { BPF_ANY, E2BIG, EBADF, EINVAL, ENOENT, ENOTSUPP, EOPNOTSUPP, F } from './uapi.ts';

/**
 * Arrays of 8-byte slots that stand for kernel objects. User space passes a file descriptor, which the loader has
 * resolved to a 4-byte number: a program id, a ring or cgroup mark, an inner map's address. 0 is an empty slot.
 */

/** @kernel fd_array_map_alloc_check */
export function fdArrayAllocCheck(attr: MapAttr): number {
  if (attr.value_size !== 4) return -EINVAL;
  if ((attr.map_flags & (F.RDONLY_PROG | F.WRONLY_PROG)) !== 0) return -EINVAL;
  return arrayAllocCheck(attr);
}

/** Four little-endian bytes. */
export function u32Bytes(value: number): Uint8Array {
  return Uint8Array.of(value, value >>> 8, value >>> 16, value >>> 24);
}

/** The unsigned number of four little-endian bytes. */
export function u32Of(bytes: Uint8Array): number {
  return (bytes[0]! | (bytes[1]! << 8) | (bytes[2]! << 16) | (bytes[3]! << 24)) >>> 0;
}

/** The slot that an update may write: its address or -errno. @kernel bpf_fd_array_map_update_elem */
export function fdArrayTarget(env: MapEnv, map: number, key: number, flags: number): number {
  if (flags !== BPF_ANY) return -EINVAL;
  const slot = arrayElement(env, map, key, 1);
  return slot === 0 ? -E2BIG : slot;
}

/** Empties a slot: what was in it, or -errno. @kernel __fd_array_map_delete_elem */
export function fdArrayTake(env: MapEnv, map: number, key: number): number {
  const slot = arrayElement(env, map, key, 1);
  if (slot === 0) return -E2BIG;
  const held = env.arena.getU32(slot);
  if (held === 0) return -ENOENT;
  env.arena.setU32(slot, 0);
  return held;
}

/** What a slot holds, by index; 0 when it is empty or beyond the end. */
export function fdArraySlot(env: MapEnv, map: number, index: number): number {
  const { arena } = env;
  if (index >= arena.getU32(map + MAP.maxEntries)) return 0;
  return arena.getU32(arena.getU32(map + MAP.values) + 8 * index);
}

/** cgroup_array and perf_event_array as they are; prog_array and array_of_maps with changes. */
export const fdArrayOps: MapOps = {
  allocCheck: fdArrayAllocCheck,
  alloc: (env, attr, id) => arrayAlloc(env, attr, id, 8, 0),
  free: arrayFree,
  lookup: () => 0,
  update: () => -EOPNOTSUPP,
  delete: (env, map, key) => Math.min(0, fdArrayTake(env, map, key)),
  nextKey: arrayNextKey,
  userLookup: () => -ENOTSUPP,
  userValueSize: () => 4,
  userUpdate(env, map, key, value, flags) {
    const slot = fdArrayTarget(env, map, key, flags);
    if (slot < 0) return slot;
    const held = u32Of(value);
    if (held === 0) return -EBADF;
    env.arena.setU32(slot, held);
    return 0;
  },
  inner: 'same',
};
