/** The open descriptors of the process that runs programs. Console descriptors 0 to 2 are open from the beginning. */
import { ERRNO } from '../spec/errno.ts';
import type { KernelCore } from './core.ts';
import type { MapRecord } from './world.ts';

/** An open descriptor; `map` is the id of the map it stands for, absent for other files. */
export interface OpenFile {
  readonly fd: number;
  readonly map?: number;
}

/** Standard input, output and error. */
export const FIRST_FDS: readonly OpenFile[] = [{ fd: 0 }, { fd: 1 }, { fd: 2 }];

const { EBADF, EINVAL } = ERRNO;

/** The lowest number that is free. */
function freeFd(files: readonly OpenFile[]): number {
  let fd = 0;
  while (files.some((file) => file.fd === fd)) fd++;
  return fd;
}

/** Opens a descriptor for a map and holds the map. */
export function openMapFd(kernel: KernelCore, map: MapRecord): number {
  const fd = freeFd(kernel.world.files);
  kernel.world = { ...kernel.world, files: [...kernel.world.files, { fd, map: map.id }] };
  return fd;
}

/** The map of a descriptor, or -EBADF, or -EINVAL for another file. @kernel __bpf_map_get */
export function mapOfFd(kernel: KernelCore, fd: number): MapRecord | number {
  const file = kernel.world.files.find((f) => f.fd === fd);
  if (!file) return -EBADF;
  return kernel.world.maps.find((m) => m.id === file.map) ?? -EINVAL;
}

/** What a descriptor gets that should stand for BTF, a token, a program …: -EINVAL when it is open, as none of those is. */
export function foreignFd(kernel: KernelCore, fd: number): number {
  return kernel.world.files.some((f) => f.fd === fd) ? -EINVAL : -EBADF;
}
