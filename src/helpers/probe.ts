/** Reads through addresses that nobody checked, and writes to user space. Kernel memory is linear memory; user memory is empty. */
import { kindNumber } from '../mem/kinds.ts';
import { PAGE_SIZE } from '../mem/layout.ts';
import type { HelperEnv } from './env.ts';
import { EFAULT, EINVAL, ERANGE, type ImplTable, u64 } from './impl.ts';

const CTX_KIND = kindNumber('ctx');
/** First address that user space cannot have, which is the largest that access_ok takes. */
const TASK_SIZE = 2 ** 47 - PAGE_SIZE;
/** High halves of canonical kernel addresses begin here. */
const KERNEL_HIGH = 0xffff_8000;
/** The page of the vsyscalls, which user space sees. */
const VSYSCALL = { hi: 0xffff_ffff, lo: 0xff60_0000 } as const;

/** Where an address may lie: in linear memory, in user space, in the rest of the kernel's half, or nowhere. */
type Place = 'memory' | 'user' | 'kernel' | 'none';

function placeOf(env: HelperEnv, lo: number, hi: number): Place {
  const address = u64(lo, hi);
  if (hi === 0 && env.arena.kindAt(address) !== 0) return 'memory';
  if (address < TASK_SIZE) return 'user';
  if (hi >>> 0 < KERNEL_HIGH) return 'none';
  const vsyscall = hi >>> 0 === VSYSCALL.hi && (lo & -PAGE_SIZE) >>> 0 === VSYSCALL.lo;
  return vsyscall ? 'none' : 'kernel';
}

/** A context pointer is the kernel object's own address. */
function seenThrough(env: HelperEnv, address: number): number {
  const { arena } = env;
  return arena.kindAt(address) === CTX_KIND ? arena.ownerAt(address) + address - arena.baseAt(address) : address;
}

/** Do all pages of a range belong to somebody? */
function isMapped(env: HelperEnv, address: number, size: number): boolean {
  for (let page = address - (address % PAGE_SIZE); page < address + size; page += PAGE_SIZE) {
    if (env.arena.kindAt(page) === 0) return false;
  }
  return true;
}

type Reader = (env: HelperEnv, dst: number, size: number, lo: number, hi: number) => number;

/** Where `size` bytes of kernel memory lie that a program wants to read, or a negative errno. */
export function kernelRange(env: HelperEnv, lo: number, hi: number, size: number): number {
  const place = placeOf(env, lo, hi);
  if (place === 'memory') {
    const from = seenThrough(env, lo >>> 0);
    if (isMapped(env, from, size)) return from;
  }
  if (place === 'user' || place === 'none') return -ERANGE;
  return size === 0 ? 0 : -EFAULT;
}

/** A read of `size` bytes; what cannot be read leaves zeros behind. @kernel copy_from_kernel_nofault */
const readKernel: Reader = (env, dst, size, lo, hi) => {
  const from = kernelRange(env, lo, hi, size);
  if (from >= 0) env.arena.copy(dst, from, size);
  else env.arena.fill(dst, 0, size);
  return Math.min(0, from);
};

/** Nothing of user space is there; nothing of it can be read. @kernel copy_from_user_nofault */
const readUser: Reader = (env, dst, size, lo, hi) => {
  env.arena.fill(dst, 0, size);
  const within = placeOf(env, lo, hi) === 'user' || u64(lo, hi) === TASK_SIZE;
  return size === 0 && within ? 0 : -EFAULT;
};

/** A text with its NUL, cut to the room; the bytes that it takes. @kernel strncpy_from_kernel_nofault */
const readKernelStr: Reader = (env, dst, size, lo, hi) => {
  if (size === 0) return 0;
  const { arena } = env;
  const place = placeOf(env, lo, hi);
  if (place === 'memory') {
    const from = seenThrough(env, lo >>> 0);
    for (let i = 0; i < size && isMapped(env, from + i, 1); i++) {
      const last = i === size - 1;
      const byte = last ? 0 : arena.u8[from + i]!;
      arena.setU8(dst + i, byte);
      if (byte === 0) return i + 1;
    }
  }
  arena.fill(dst, 0, size);
  return place === 'user' || place === 'none' ? -ERANGE : -EFAULT;
};

const readUserStr: Reader = (env, dst, size) => {
  env.arena.fill(dst, 0, size);
  return size === 0 ? 0 : -EFAULT;
};

/** Addresses below the kernel's half are read as those of user space. @kernel bpf_probe_read_compat */
const compat =
  (user: Reader, kernel: Reader): Reader =>
  (env, dst, size, lo, hi) =>
    (placeOf(env, lo, hi) === 'user' ? user : kernel)(env, dst, size, lo, hi);

export const probeImpls = {
  bpf_probe_read: compat(readUser, readKernel),
  bpf_probe_read_str: compat(readUserStr, readKernelStr),
  bpf_probe_read_kernel: readKernel,
  bpf_probe_read_kernel_str: readKernelStr,
  bpf_probe_read_user: readUser,
  bpf_probe_read_user_str: readUserStr,
  bpf_probe_write_user: () => -EFAULT,

  bpf_copy_from_user(env, dst, size) {
    env.arena.fill(dst, 0, size);
    return size === 0 ? 0 : -EFAULT;
  },
  bpf_copy_from_user_task(env, dst, size, _lo, _hi, _task, flags, flagsHi) {
    if ((flags | flagsHi) !== 0) return -EINVAL;
    env.arena.fill(dst, 0, size);
    return size === 0 ? 0 : -EFAULT;
  },
} satisfies ImplTable;
