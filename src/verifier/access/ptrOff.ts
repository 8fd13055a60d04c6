/** Pointers that must stand where their object begins. */
import type { Env, Err } from '../env.ts';
import { reject } from '../env.ts';
import { regTypeStr } from '../log/print.ts';
import type { Reg } from '../value/reg.ts';
import { tnumIsConst, tnumText } from '../value/tnum.ts';

/** A pointer that must not have been moved. @kernel check_ptr_off_reg */
export function checkPtrOffReg(env: Env, r: Reg, regno: number): Err {
  return checkPtrOff(env, r, regno, false);
}

/** `fixedOk`: it may have been moved by a known amount. @kernel __check_ptr_off_reg */
export function checkPtrOff(env: Env, r: Reg, regno: number, fixedOk: boolean): Err {
  const type = regTypeStr(r.type, r.flags);
  if (r.off < 0) return reject(env, 'ptr-off-negative', { type, r: regno, off: r.off });
  if (!fixedOk && r.off !== 0) return reject(env, 'ptr-off', { type, r: regno, off: r.off });
  if (!tnumIsConst(r.var_off) || r.var_off.value !== 0n) {
    return reject(env, 'ptr-var-off', { type, tnum: tnumText(r.var_off) });
  }
  return 0;
}
