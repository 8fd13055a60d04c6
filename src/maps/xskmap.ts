import { arrayAlloc, arrayElement, arrayFree, arrayNextKey } from './array.ts';
import type { MapAttr } from './attr.ts';
import type { MapOps } from './mapOps.ts';
import { BPF_EXIST, E2BIG, EBADF, EINVAL, EOPNOTSUPP, F } from './uapi.ts';

/** AF_XDP sockets by queue. There are none, so every slot stays empty. */

const CREATE_FLAGS = F.NUMA_NODE | F.RDONLY | F.WRONLY;

/** @kernel xsk_map_alloc */
function allocCheck({ max_entries, key_size, value_size, map_flags }: MapAttr): number {
  if (max_entries === 0 || key_size !== 4 || value_size !== 4) return -EINVAL;
  return (map_flags & ~CREATE_FLAGS) !== 0 ? -EINVAL : 0;
}

export const xskmapOps: MapOps = {
  allocCheck,
  alloc: (env, attr, id) => arrayAlloc(env, attr, id, 8, 0),
  free: arrayFree,
  lookup: () => 0,
  update: () => -EOPNOTSUPP,
  delete: (env, map, key) => (arrayElement(env, map, key, 1) === 0 ? -EINVAL : 0),
  nextKey: arrayNextKey,
  userLookup: () => -EOPNOTSUPP,
  userValueSize: () => 4,
  /** No descriptor is one of a socket. @kernel xsk_map_update_elem */
  userUpdate(env, map, key, _value, flags) {
    if (flags > BPF_EXIST) return -EINVAL;
    return arrayElement(env, map, key, 1) === 0 ? -E2BIG : -EBADF;
  },
  target: () => 0,
  inner: 'entries',
};
