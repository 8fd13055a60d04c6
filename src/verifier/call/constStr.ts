/** Format strings: constant text in read-only maps. */
import type { Env, Err } from '../env.ts';
import { notCovered } from '../env.ts';
import type { Reg } from '../value/reg.ts';

/** @kernel check_reg_const_str */
export function checkRegConstStr(env: Env, r: Reg, regno: number): Err {
  void [r, regno];
  return notCovered(env, 'constant string');
}

/** The format of bpf_snprintf goes with its arguments. @kernel check_bpf_snprintf_call */
export function checkSnprintf(env: Env): Err {
  return notCovered(env, 'bpf_snprintf');
}
