/** An array of sockets. What programs look up is the socket itself, with a reference where it is counted. */
import { arrayAlloc, arrayElement, arrayFree, arrayNextKey } from './array.ts';
import type { MapEnv } from './attr.ts';
import type { MapOps } from './mapOps.ts';
import { socketMapRefused, socketMapUser, sockMapRefuses } from './sockState.ts';
import { BPF_EXIST, BPF_NOEXIST, E2BIG, EEXIST, EINVAL, ENOENT } from './uapi.ts';

/** @kernel __sock_map_lookup_elem */
function lookup(env: MapEnv, map: number, key: number): number {
  const slot = arrayElement(env, map, key, 1);
  return slot === 0 ? 0 : env.arena.getU32(slot);
}

/** @kernel sock_map_update_common */
function update(env: MapEnv, map: number, key: number, sk: number, flags: number): number {
  const refused = sockMapRefuses(env.arena, sk);
  if (refused !== 0) return refused;
  if (flags > BPF_EXIST) return -EINVAL;
  const slot = arrayElement(env, map, key, 1);
  if (slot === 0) return -E2BIG;
  const old = env.arena.getU32(slot);
  if (old !== 0 && flags === BPF_NOEXIST) return -EEXIST;
  if (old === 0 && flags === BPF_EXIST) return -ENOENT;
  env.arena.setU32(slot, sk);
  return 0;
}

export const sockmapOps: MapOps = {
  allocCheck: (attr) => (attr.key_size !== 4 || socketMapRefused(attr) ? -EINVAL : 0),
  alloc: (env, attr, id) => arrayAlloc(env, attr, id, 8, 0),
  free: arrayFree,
  lookup,
  update,
  delete(env, map, key) {
    const slot = arrayElement(env, map, key, 1);
    if (slot === 0 || env.arena.getU32(slot) === 0) return -EINVAL;
    env.arena.setU32(slot, 0);
    return 0;
  },
  nextKey: arrayNextKey,
  ...socketMapUser({ lookup, update }),
  inner: 'same',
};
