import { ERRNO } from '../spec/errno.ts';
import { MAP_TYPES, type MapTypeName } from '../spec/mapTypes.ts';

/** The numbers that maps need: type ids, map_flags, update flags, errnos, limits. */

export const MAP_TYPE = Object.fromEntries(Object.entries(MAP_TYPES).map(([name, row]) => [name, row.id])) as Readonly<
  Record<MapTypeName, number>
>;

/** map_flags bits. */
export const F = {
  NO_PREALLOC: 1 << 0,
  NO_COMMON_LRU: 1 << 1,
  NUMA_NODE: 1 << 2,
  RDONLY: 1 << 3,
  WRONLY: 1 << 4,
  STACK_BUILD_ID: 1 << 5,
  ZERO_SEED: 1 << 6,
  RDONLY_PROG: 1 << 7,
  WRONLY_PROG: 1 << 8,
  CLONE: 1 << 9,
  MMAPABLE: 1 << 10,
  PRESERVE_ELEMS: 1 << 11,
  INNER_MAP: 1 << 12,
  TOKEN_FD: 1 << 16,
} as const;

/** All four access bits. */
export const ACCESS_MASK = F.RDONLY | F.WRONLY | F.RDONLY_PROG | F.WRONLY_PROG;

/** Flags of an update. */
export const BPF_ANY = 0;
export const BPF_NOEXIST = 1;
export const BPF_EXIST = 2;
export const BPF_F_LOCK = 4;

export const {
  EPERM,
  ENOENT,
  E2BIG,
  EBADF,
  ENOMEM,
  EACCES,
  EFAULT,
  EBUSY,
  EEXIST,
  EINVAL,
  ENOSPC,
  EOPNOTSUPP,
  ENOTSUPP,
} = ERRNO;

/** Largest kmalloc on x86-64: it bounds key_size + value_size of several types. */
export const KMALLOC_MAX_SIZE = 4 << 20;
/** Largest per-CPU allocation: it bounds the value_size of the per-CPU types. */
export const PCPU_MIN_UNIT_SIZE = 32 << 10;

/** attr.numa_node: any node. */
export const NUMA_NO_NODE = 0xffff_ffff;
