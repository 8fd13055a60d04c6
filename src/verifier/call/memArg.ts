/** Memory that a call reads or writes, and its size. */

import { checkPtrToBtfAccess } from '../access/btf.ts';
import { checkBufferAccess } from '../access/buffer.ts';
import { checkMapAccessType, checkMemAccess } from '../access/check.ts';
import { checkMapAccess } from '../access/map.ts';
import { checkPacket, checkRegion } from '../access/region.ts';
import { checkStackRange } from '../access/stack.ts';
import type { Env, Err } from '../env.ts';
import { reject } from '../env.ts';
import { markChainPrecision } from '../explore/precision.ts';
import { regTypeStr } from '../log/print.ts';
import { curFrame } from '../state.ts';
import type { Reg } from '../value/reg.ts';
import { constValue, FLAG } from '../value/reg.ts';
import { tnumIsConst } from '../value/tnum.ts';
import type { CallMeta } from './meta.ts';

const MAX_VAR_SIZ = 1n << 29n;

/** Programs whose context no view converts: it is memory like other memory. */
const UNCONVERTED: ReadonlySet<string> = new Set([
  'kprobe',
  'tracepoint',
  'raw_tracepoint',
  'raw_tracepoint_writable',
  'tracing',
  'lsm',
  'ext',
  'struct_ops',
  'syscall',
  'cgroup_device',
  'lirc_mode2',
  'netfilter',
]);

/** What check_helper_mem_access needs of a call; kfuncs have less than helpers. */
export type MemMeta = Pick<CallMeta, 'raw_mode' | 'access_size' | 'regno'>;

/** @kernel check_helper_mem_access */
export function checkHelperMem(
  env: Env,
  regno: number,
  size: number,
  write: boolean,
  zeroOk: boolean,
  meta: MemMeta | undefined,
): Err {
  const r = curFrame(env.cur).regs[regno]!.v;
  const type = regTypeStr(r.type, r.flags);
  const readOnly = (): Err => reject(env, 'cannot-write-type', { r: regno, type });
  switch (r.type) {
    case 'PTR_TO_PACKET':
    case 'PTR_TO_PACKET_META':
      return checkPacket(env, regno, r.off, size, zeroOk);
    case 'PTR_TO_MAP_KEY':
      return write ? readOnly() : checkRegion(env, regno, r.off, size, r.map!.key_size, false);
    case 'PTR_TO_MAP_VALUE':
      return (
        checkMapAccessType(env, r, r.off, size, write) || checkMapAccess(env, regno, r.off, size, zeroOk, 'HELPER')
      );
    case 'PTR_TO_MEM':
      if (write && r.flags & FLAG.MEM_RDONLY) return readOnly();
      return checkRegion(env, regno, r.off, size, r.mem_size, zeroOk);
    case 'PTR_TO_BUF':
      if (write && r.flags & FLAG.MEM_RDONLY) return readOnly();
      return checkBufferAccess(env, r, regno, r.off, size);
    case 'PTR_TO_STACK':
      return checkStackRange(env, regno, r.off, size, zeroOk, 'indirect access to', meta);
    case 'PTR_TO_BTF_ID':
      return checkPtrToBtfAccess(env, regno, r.off, size, false, -1);
    case 'PTR_TO_CTX':
      if (!UNCONVERTED.has(env.facts.progType)) break;
      if (size === 0) return zeroOk ? 0 : -13;
      return checkMemAccess(env, { regno, off: size - 1, size: 1, write, value: -1 });
    default:
      break;
  }
  if (zeroOk && size === 0 && constValue(r) === 0n) return 0;
  return reject(env, 'arg-type', { r: regno, type, expected: 'fp' });
}

/**
 * A size belongs to the memory in the register before it.
 * @kernel check_mem_size_reg
 */
export function checkMemSize(
  env: Env,
  regno: number,
  r: Reg,
  write: boolean,
  zeroOk: boolean,
  meta: (MemMeta & { msize_max_value: bigint }) | undefined,
): Err {
  if (meta) meta.msize_max_value = r.umax_value;
  // Memory of unknown size must be initialised.
  const known = tnumIsConst(r.var_off) ? meta : undefined;
  if (r.smin_value < 0n) return reject(env, 'arg-size-negative', { r: regno });
  if (r.umin_value === 0n && !zeroOk) {
    return reject(env, 'arg-size-zero', { r: regno, min: r.umin_value, max: r.umax_value });
  }
  if (r.umax_value >= MAX_VAR_SIZ) return reject(env, 'arg-size-unbounded', { r: regno });
  return checkHelperMem(env, regno - 1, Number(r.umax_value), write, zeroOk, known) || markChainPrecision(env, regno);
}
