/** Accesses to kernel objects by their BTF. */
import type { Env, Err } from '../env.ts';
import { notCovered } from '../env.ts';

/**
 * Reads (and the few writes that are allowed) through PTR_TO_BTF_ID; `value` is the register that is loaded, -1 for none.
 * @kernel check_ptr_to_btf_access
 */
export function checkPtrToBtfAccess(
  env: Env,
  regno: number,
  off: number,
  size: number,
  write: boolean,
  value: number,
): Err {
  void [regno, off, size, write, value];
  return notCovered(env, 'access to a kernel object');
}

/**
 * Reads of a map's own struct.
 * @kernel check_ptr_to_map_access
 */
export function checkPtrToMapAccess(
  env: Env,
  regno: number,
  off: number,
  size: number,
  write: boolean,
  value: number,
): Err {
  void [regno, off, size, write, value];
  return notCovered(env, 'map object access');
}
