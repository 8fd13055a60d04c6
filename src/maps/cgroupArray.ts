import type { MapEnv } from './attr.ts';
import { fdArrayOps, fdArraySlot, u32Of } from './fdArray.ts';
import type { MapOps } from './mapOps.ts';
import { MAP } from './object.ts';
import { E2BIG, EAGAIN, EBADF } from './uapi.ts';

/** Cgroups by index: a slot holds the cgroup's id, which user space passes in place of a descriptor. */
export const cgroupArrayOps: MapOps = {
  ...fdArrayOps,
  /** @kernel cgroup_fd_array_get_ptr */
  userUpdate(env, map, key, value, flags) {
    const slot = fdArrayOps.userUpdate(env, map, key, value, flags, 0);
    if (slot < 0 || env.cgroupExists?.(u32Of(value))) return slot;
    fdArrayOps.delete(env, map, key, 0);
    return -EBADF;
  },
};

/** The id of the cgroup at an index; -E2BIG beyond the end, -EAGAIN where there is none. */
export function cgroupArrayGet(env: MapEnv, map: number, index: number): number {
  if (index >= env.arena.getU32(map + MAP.maxEntries)) return -E2BIG;
  return fdArraySlot(env, map, index) || -EAGAIN;
}
