/** What map_create asks of the attributes of map types that are not simulated. */
import type { MapTypeName } from '../spec/mapTypes.ts';
import type { MapAttr } from './attr.ts';
import { PLAIN_OPS } from './plainOps.ts';
import { E2BIG, EINVAL, F, MAP_TYPE } from './uapi.ts';

type Check = (attr: MapAttr) => number;

const check =
  (good: (attr: MapAttr) => boolean): Check =>
  (attr) =>
    good(attr) ? 0 : -EINVAL;

const only = (attr: MapAttr, flags: number): boolean => (attr.map_flags & ~flags) === 0;
const USER = F.NUMA_NODE | F.RDONLY | F.WRONLY;
const ACCESS = USER | F.RDONLY_PROG | F.WRONLY_PROG;
const STACK_BUILD_ID = 1 << 5;
/** Bytes of a frame that is told by a build id and an offset. */
const BUILD_ID_ENTRY = 32;
const MMAPABLE = 1 << 10;
const ARENA_FLAGS = MMAPABLE | (1 << 17) | (1 << 18);
/** Depth of a stack that perf records at most. */
const MAX_STACK = 127;
/** Bytes of a local storage's value at most, and of one that every CPU has. */
const STORAGE_VALUE = 0xffff - 128;
const PERCPU_VALUE = 32768;

const socket = ({ value_size }: MapAttr): boolean => value_size === 4 || value_size === 8;
/** The key is an inode number, or that with an attach type behind it. */
const cgroupStorage =
  (largest: number): Check =>
  (a) => {
    if ((a.key_size !== 8 && a.key_size !== 16) || a.value_size === 0) return -EINVAL;
    if (a.value_size > largest) return -E2BIG;
    return a.max_entries === 0 && only(a, ACCESS) ? 0 : -EINVAL;
  };
const like =
  (name: 'sk_storage' | 'ringbuf' | 'array'): Check =>
  (attr) =>
    PLAIN_OPS[MAP_TYPE[name]]?.allocCheck(attr) ?? 0;

/** By type; those that are simulated have theirs in their operations. */
export const OTHER_ALLOC_CHECKS: Readonly<Partial<Record<MapTypeName, Check>>> = {
  stack_trace: check((a) => {
    const entry = (a.map_flags ?? 0) & STACK_BUILD_ID ? BUILD_ID_ENTRY : 8;
    const value = a.value_size >= 8 && a.value_size % entry === 0 && a.value_size / entry <= MAX_STACK;
    return a.max_entries > 0 && a.key_size === 4 && value && only(a, USER | STACK_BUILD_ID);
  }),
  sockmap: check((a) => a.max_entries > 0 && a.key_size === 4 && socket(a) && only(a, USER)),
  sockhash: check((a) => a.max_entries > 0 && a.key_size > 0 && socket(a) && only(a, USER)),
  xskmap: check((a) => a.max_entries > 0 && a.key_size === 4 && a.value_size === 4 && only(a, USER)),
  cgroup_storage: cgroupStorage(STORAGE_VALUE),
  percpu_cgroup_storage: cgroupStorage(PERCPU_VALUE),
  reuseport_sockarray: (a) => (socket(a) ? like('array')(a) : -EINVAL),
  // Only the kernel's struct says what such a map holds; that is not looked at.
  struct_ops: check((a) => a.key_size === 4 && a.max_entries === 1),
  inode_storage: like('sk_storage'),
  task_storage: like('sk_storage'),
  cgrp_storage: like('sk_storage'),
  user_ringbuf: like('ringbuf'),
  arena: check((a) => {
    const sizes = a.key_size === 0 && a.value_size === 0 && a.max_entries > 0;
    return sizes && (a.map_flags & MMAPABLE) !== 0 && only(a, ARENA_FLAGS);
  }),
};
