/** What map_create asks of the attributes of map types that are not simulated. */
import type { MapTypeName } from '../spec/mapTypes.ts';
import type { MapAttr } from './attr.ts';
import { EINVAL } from './uapi.ts';

type Check = (attr: MapAttr) => number;

const check =
  (good: (attr: MapAttr) => boolean): Check =>
  (attr) =>
    good(attr) ? 0 : -EINVAL;

const only = (attr: MapAttr, flags: number): boolean => (attr.map_flags & ~flags) === 0;
const MMAPABLE = 1 << 10;
const ARENA_FLAGS = MMAPABLE | (1 << 17) | (1 << 18);

/** By type; those that are simulated have theirs in their operations. */
export const OTHER_ALLOC_CHECKS: Readonly<Partial<Record<MapTypeName, Check>>> = {
  // Only the kernel's struct says what such a map holds; that is not looked at.
  struct_ops: check((a) => a.key_size === 4 && a.max_entries === 1),
  arena: check((a) => {
    const sizes = a.key_size === 0 && a.value_size === 0 && a.max_entries > 0;
    return sizes && (a.map_flags & MMAPABLE) !== 0 && only(a, ARENA_FLAGS);
  }),
};
