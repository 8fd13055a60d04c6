/** An array of sockets of reuseport groups, from which sk_reuseport programs choose. */
import { arrayAlloc, arrayAllocCheck, arrayElement, arrayFree, arrayNextKey } from './array.ts';
import type { MapEnv } from './attr.ts';
import type { MapOps } from './mapOps.ts';
import { MAP } from './object.ts';
import { cookieValue, socketOf } from './sockState.ts';
import { BPF_EXIST, BPF_NOEXIST, E2BIG, EBUSY, EEXIST, EINVAL, ENOENT, EOPNOTSUPP } from './uapi.ts';

/** @kernel reuseport_array_lookup_elem */
function lookup(env: MapEnv, map: number, key: number): number {
  const slot = arrayElement(env, map, key, 1);
  return slot === 0 ? 0 : env.arena.getU32(slot);
}

/** Is the socket in one of these arrays already? A socket knows only one place. */
function held(env: MapEnv, map: number, sk: number): boolean {
  const values = env.arena.getU32(map + MAP.values);
  const count = env.arena.getU32(map + MAP.maxEntries);
  for (let i = 0; i < count; i++) if (env.arena.getU32(values + 8 * i) === sk) return true;
  return false;
}

/** @kernel bpf_fd_reuseport_array_update_elem, reuseport_array_update_check */
function userUpdate(env: MapEnv, map: number, key: number, value: Uint8Array, flags: number): number {
  const { arena } = env;
  if (flags > BPF_EXIST) return -EINVAL;
  const slot = arrayElement(env, map, key, 1);
  if (slot === 0) return -E2BIG;
  const sk = socketOf(value);
  if (sk < 0) return sk;
  const old = arena.getU32(slot);
  if (old !== 0 && flags === BPF_NOEXIST) return -EEXIST;
  if (old === 0 && flags === BPF_EXIST) return -ENOENT;
  if (!(env.inReuseport?.(sk) ?? false)) return -EINVAL;
  if (held(env, map, sk)) return -EBUSY;
  arena.setU32(slot, sk);
  return 0;
}

export const reuseportSockarrayOps: MapOps = {
  allocCheck: (attr) => (attr.value_size === 4 || attr.value_size === 8 ? arrayAllocCheck(attr) : -EINVAL),
  alloc: (env, attr, id) => arrayAlloc(env, attr, id, 8, 0),
  free: arrayFree,
  lookup,
  update: () => -EOPNOTSUPP,
  delete(env, map, key) {
    const slot = arrayElement(env, map, key, 1);
    if (slot === 0) return -E2BIG;
    if (env.arena.getU32(slot) === 0) return -ENOENT;
    env.arena.setU32(slot, 0);
    return 0;
  },
  nextKey: arrayNextKey,
  userLookup: (env, map, key) => cookieValue(env, map, lookup(env, map, key), -ENOENT),
  userValueSize: (env, map) => env.arena.getU32(map + MAP.valueSize),
  userUpdate,
  inner: 'same',
};
