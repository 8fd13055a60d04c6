import type { MapEnv } from './attr.ts';
import { fdArrayOps, fdArraySlot, fdArrayTarget, u32Of } from './fdArray.ts';
import type { MapOps } from './mapOps.ts';
import { MAP } from './object.ts';
import { E2BIG, EAGAIN, EBADF } from './uapi.ts';

/** Cgroups by index: a slot holds the cgroup's id, which user space passes in place of a descriptor. */
export const cgroupArrayOps: MapOps = {
  ...fdArrayOps,
  /** @kernel cgroup_fd_array_get_ptr */
  userUpdate(env, map, key, value, flags) {
    const slot = fdArrayTarget(env, map, key, flags);
    if (slot < 0) return slot;
    const id = u32Of(value);
    if (id === 0 || !env.cgroupExists?.(id)) return -EBADF;
    env.arena.setU32(slot, id);
    return 0;
  },
};

/** The id of the cgroup at an index; -E2BIG beyond the end, -EAGAIN where there is none. */
export function cgroupArrayGet(env: MapEnv, map: number, index: number): number {
  if (index >= env.arena.getU32(map + MAP.maxEntries)) return -E2BIG;
  return fdArraySlot(env, map, index) || -EAGAIN;
}
