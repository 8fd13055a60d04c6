/** Buffers whose size is known only when the program is attached. */
import type { Env, Err } from '../env.ts';
import { reject } from '../env.ts';
import type { Reg } from '../value/reg.ts';
import { FLAG } from '../value/reg.ts';
import { tnumIsConst, tnumText } from '../value/tnum.ts';

/** @kernel __check_buffer_access */
function checkBuffer(env: Env, r: Reg, regno: number, what: string, off: number, size: number): Err {
  if (off < 0) return reject(env, 'buffer-negative', { r: regno, what, off, size });
  if (tnumIsConst(r.var_off) && r.var_off.value === 0n) return 0;
  return reject(env, 'buffer-variable', { r: regno, off, tnum: tnumText(r.var_off) });
}

/** @kernel check_buffer_access */
export function checkBufferAccess(env: Env, r: Reg, regno: number, off: number, size: number): Err {
  return checkBuffer(env, r, regno, r.flags & FLAG.MEM_RDONLY ? 'rdonly' : 'rdwr', off, size);
}

/** @kernel check_tp_buffer_access */
export function checkTpBufferAccess(env: Env, r: Reg, regno: number, off: number, size: number): Err {
  return checkBuffer(env, r, regno, 'tracepoint', off, size);
}
