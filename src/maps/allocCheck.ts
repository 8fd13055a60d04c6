/** What map_create asks of the attributes of map types that are not simulated. */
import type { MapTypeName } from '../spec/mapTypes.ts';
import type { MapAttr } from './attr.ts';
import { PLAIN_OPS } from './plainOps.ts';
import { EINVAL, F, MAP_TYPE } from './uapi.ts';

type Check = (attr: MapAttr) => number;

const check =
  (good: (attr: MapAttr) => boolean): Check =>
  (attr) =>
    good(attr) ? 0 : -EINVAL;

const only = (attr: MapAttr, flags: number): boolean => (attr.map_flags & ~flags) === 0;
const USER = F.NUMA_NODE | F.RDONLY | F.WRONLY;
const MMAPABLE = 1 << 10;
const ARENA_FLAGS = MMAPABLE | (1 << 17) | (1 << 18);
const socket = ({ value_size }: MapAttr): boolean => value_size === 4 || value_size === 8;
const like =
  (name: 'array'): Check =>
  (attr) =>
    PLAIN_OPS[MAP_TYPE[name]]?.allocCheck(attr) ?? 0;

/** By type; those that are simulated have theirs in their operations. */
export const OTHER_ALLOC_CHECKS: Readonly<Partial<Record<MapTypeName, Check>>> = {
  sockmap: check((a) => a.max_entries > 0 && a.key_size === 4 && socket(a) && only(a, USER)),
  sockhash: check((a) => a.max_entries > 0 && a.key_size > 0 && socket(a) && only(a, USER)),
  reuseport_sockarray: (a) => (socket(a) ? like('array')(a) : -EINVAL),
  // Only the kernel's struct says what such a map holds; that is not looked at.
  struct_ops: check((a) => a.key_size === 4 && a.max_entries === 1),
  arena: check((a) => {
    const sizes = a.key_size === 0 && a.value_size === 0 && a.max_entries > 0;
    return sizes && (a.map_flags & MMAPABLE) !== 0 && only(a, ARENA_FLAGS);
  }),
};
