import type { Kernel } from '../../src/index.ts';
import { KernelObjects } from '../../src/kernel/local/objects.ts';

/** A TCP socket of IPv4 that nobody frees: its address. */
export function newSocket(kernel: Kernel): number {
  return new KernelObjects(kernel).sock({ family: 2 });
}
