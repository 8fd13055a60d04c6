import { UAPI } from '../spec/constants.ts';
import { ERRNO } from '../spec/errno.ts';
import { MAP_TYPES, type MapTypeName } from '../spec/mapTypes.ts';

/** The numbers that maps need: type ids, map_flags, update flags, errnos, limits. */

export const MAP_TYPE = Object.fromEntries(Object.entries(MAP_TYPES).map(([name, row]) => [name, row.id])) as Readonly<
  Record<MapTypeName, number>
>;

/** map_flags bits. */
export const F = {
  NO_PREALLOC: UAPI.BPF_F_NO_PREALLOC,
  NO_COMMON_LRU: UAPI.BPF_F_NO_COMMON_LRU,
  NUMA_NODE: UAPI.BPF_F_NUMA_NODE,
  RDONLY: UAPI.BPF_F_RDONLY,
  WRONLY: UAPI.BPF_F_WRONLY,
  STACK_BUILD_ID: UAPI.BPF_F_STACK_BUILD_ID,
  ZERO_SEED: UAPI.BPF_F_ZERO_SEED,
  RDONLY_PROG: UAPI.BPF_F_RDONLY_PROG,
  WRONLY_PROG: UAPI.BPF_F_WRONLY_PROG,
  CLONE: UAPI.BPF_F_CLONE,
  MMAPABLE: UAPI.BPF_F_MMAPABLE,
  PRESERVE_ELEMS: UAPI.BPF_F_PRESERVE_ELEMS,
  INNER_MAP: UAPI.BPF_F_INNER_MAP,
  TOKEN_FD: UAPI.BPF_F_TOKEN_FD,
};

/** All four access bits. */
export const ACCESS_MASK = F.RDONLY | F.WRONLY | F.RDONLY_PROG | F.WRONLY_PROG;

/** Flags of an update. */
export const { BPF_ANY, BPF_EXIST, BPF_F_LOCK, BPF_NOEXIST } = UAPI;

export const {
  EPERM,
  ENOENT,
  E2BIG,
  EBADF,
  EAGAIN,
  ENOMEM,
  EACCES,
  EFAULT,
  EBUSY,
  EEXIST,
  ENODEV,
  EINVAL,
  ENOSPC,
  ENODATA,
  EOVERFLOW,
  EOPNOTSUPP,
  ENOTSUPP,
} = ERRNO;

/** Largest kmalloc on x86-64: it bounds key_size + value_size of several types. */
export const KMALLOC_MAX_SIZE = 4 << 20;
/** Largest per-CPU allocation: it bounds the value_size of the per-CPU types. */
export const PCPU_MIN_UNIT_SIZE = 32 << 10;

/** attr.numa_node: any node. */
export const NUMA_NO_NODE = 0xffff_ffff;
