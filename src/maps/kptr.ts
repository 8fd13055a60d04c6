import type { Arena } from '../mem/arena.ts';
import { kindNumber } from '../mem/kinds.ts';
import { RELEASE } from './fields.ts';

/** Objects that a reference in a map value may keep: a cpumask of the kernel, or memory that a program allocated. */

/** A cpumask: bits, then the number of holders; one region each. @kernel bpf_cpumask */
export const CPUMASK = { bits: 0, usage: 1024, size: 1032 } as const;

const KERNEL = kindNumber('kernel');
const MEMORY = kindNumber('memory');

/** Drops a reference that a kptr field held; `release` is a value of RELEASE. */
export function kptrRelease(arena: Arena, object: number, release: number): void {
  if (release === RELEASE.cpumask) cpumaskRelease(arena, object);
  else if (release === RELEASE.object) objDrop(arena, object);
}

/** @kernel bpf_cpumask_release */
export function cpumaskRelease(arena: Arena, mask: number): void {
  if (arena.kindAt(mask) !== KERNEL || arena.baseAt(mask) !== mask) return;
  const holders = arena.getU32(mask + CPUMASK.usage) - 1;
  if (holders > 0) arena.setU32(mask + CPUMASK.usage, holders);
  else arena.free(mask);
}

/** Frees memory that a program allocated. @kernel bpf_obj_drop_impl */
export function objDrop(arena: Arena, object: number): void {
  if (arena.kindAt(object) === MEMORY && arena.baseAt(object) === object) arena.free(object);
}
