/** Helper arguments by kind: what may stand in the register, and what the memory behind it must be. */
import { argKind } from '../../spec/helpers/kinds.ts';
import type { ArgBase, HelperRow } from '../../spec/helpers/row.ts';
import { checkMapAccessType, checkPtrOffReg, mayAccessPacket } from '../access/check.ts';
import { checkPacket, checkRegion } from '../access/region.ts';
import { checkStackRange, type StackUse } from '../access/stack.ts';
import type { Env, Err } from '../env.ts';
import { notCovered, reject } from '../env.ts';
import { readReg } from '../explore/liveness.ts';
import { markChainPrecision } from '../explore/precision.ts';
import { regTypeStr } from '../log/print.ts';
import { isMapType, type MapInfo } from '../maps.ts';
import { curFrame } from '../state.ts';
import type { Reg } from '../value/reg.ts';
import { constValue, FLAG, isPacketPointer } from '../value/reg.ts';
import { tnumIsConst } from '../value/tnum.ts';

const MAX_VAR_SIZ = 1n << 29n;

/** What the arguments of one call have told so far. */
export interface CallMeta {
  map: MapInfo | undefined;
  map_uid: number;
  raw_mode: boolean;
  /** Uninitialised stack that the helper fills. */
  access_size: number;
  regno: number;
  mem_size: number;
  ref_obj_id: number;
  release_regno: number;
  msize_max_value: bigint;
}

export const newMeta = (): CallMeta => ({
  map: undefined,
  map_uid: 0,
  raw_mode: false,
  access_size: 0,
  regno: 0,
  mem_size: 0,
  ref_obj_id: 0,
  release_regno: 0,
  msize_max_value: 0n,
});

const MEM = ['fp', 'pkt', 'pkt_meta', 'map_key', 'map_value', 'mem', 'ringbuf_mem', 'buf', 'trusted_ptr_'];
const KEY_VALUE = ['fp', 'pkt', 'pkt_meta', 'map_key', 'map_value', 'mem'];

/** Kinds of pointers by argument, as the log names them; absent kinds are not covered. */
const COMPATIBLE: Readonly<Partial<Record<ArgBase, readonly string[]>>> = {
  ARG_PTR_TO_MAP_KEY: ['fp', 'pkt', 'pkt_meta', 'map_key', 'map_value', 'mem'],
  ARG_PTR_TO_MAP_VALUE: KEY_VALUE,
  ARG_CONST_SIZE: ['scalar'],
  ARG_CONST_SIZE_OR_ZERO: ['scalar'],
  ARG_CONST_ALLOC_SIZE_OR_ZERO: ['scalar'],
  ARG_SCALAR: ['scalar'],
  ARG_CONST_MAP_PTR: ['map_ptr'],
  ARG_PTR_TO_CTX: ['ctx'],
  ARG_PTR_TO_SOCK_COMMON: ['sock_common', 'sock', 'tcp_sock', 'xdp_sock'],
  ARG_PTR_TO_SOCKET: ['sock'],
  ARG_PTR_TO_BTF_ID_SOCK_COMMON: ['sock_common', 'sock', 'tcp_sock', 'xdp_sock', 'ptr_', 'trusted_ptr_'],
  ARG_PTR_TO_MEM: MEM,
  ARG_PTR_TO_RINGBUF_MEM: ['ringbuf_mem'],
  ARG_PTR_TO_STACK: ['fp'],
};

/** @kernel check_reg_type */
function checkRegType(env: Env, regno: number, r: Reg, base: ArgBase, flags: ReadonlySet<string>): Err {
  const expected = COMPATIBLE[base];
  if (!expected) return notCovered(env, `argument kind ${base}`);
  let bits = r.flags;
  if (flags.has('MEM_RDONLY')) bits &= ~FLAG.MEM_RDONLY;
  if (flags.has('PTR_MAYBE_NULL')) bits &= ~FLAG.PTR_MAYBE_NULL;
  if (expected.includes(regTypeStr(r.type, bits))) return 0;
  return reject(env, 'arg-type', { r: regno, type: regTypeStr(r.type, r.flags), expected: expected.join(', ') });
}

const FREE_OFFSET = new Set([
  'PTR_TO_STACK',
  'PTR_TO_PACKET',
  'PTR_TO_PACKET_META',
  'PTR_TO_MAP_KEY',
  'PTR_TO_MAP_VALUE',
  'PTR_TO_MEM',
  'SCALAR_VALUE',
]);

/** @kernel check_func_arg_reg_off */
function checkOffset(env: Env, regno: number, r: Reg, release: boolean): Err {
  if (release && r.off !== 0) {
    env.log.level !== 0 &&
      env.log.write(`R${regno} must have zero offset when passed to release func or trusted arg to kfunc\n`);
    return -22;
  }
  return !release && FREE_OFFSET.has(r.type) ? 0 : checkPtrOffReg(env, r, regno);
}

/** Memory that a helper reads or writes. @kernel check_helper_mem_access */
function checkHelperMem(
  env: Env,
  regno: number,
  size: number,
  write: boolean,
  zeroOk: boolean,
  meta: CallMeta | undefined,
): Err {
  const r = curFrame(env.cur).regs[regno]!.v;
  const type = regTypeStr(r.type, r.flags);
  switch (r.type) {
    case 'PTR_TO_PACKET':
    case 'PTR_TO_PACKET_META':
      return checkPacket(env, regno, r.off, size, zeroOk);
    case 'PTR_TO_MAP_VALUE':
      if (r.flags & FLAG.PTR_MAYBE_NULL) break;
      return (
        checkMapAccessType(env, r, r.off, size, write) ||
        checkRegion(env, regno, r.off, size, r.map!.value_size, zeroOk)
      );
    case 'PTR_TO_MEM':
      if (write && r.flags & FLAG.MEM_RDONLY) return reject(env, 'cannot-write-type', { r: regno, type });
      return checkRegion(env, regno, r.off, size, r.mem_size, zeroOk);
    case 'PTR_TO_STACK': {
      const what: StackUse = 'indirect access to';
      if (meta?.raw_mode && tnumIsConst(r.var_off)) {
        return rawStack(env, regno, r.off, size, zeroOk, meta);
      }
      return checkStackRange(env, regno, r.off, size, zeroOk, what);
    }
    case 'PTR_TO_MAP_KEY':
      return notCovered(env, 'map key pointer');
    default:
      break;
  }
  if (zeroOk && size === 0 && constValue(r) === 0n) return 0;
  return reject(env, 'arg-type', { r: regno, type, expected: 'fp' });
}

import { checkStackBounds } from '../access/stack.ts';

/** Stack that the helper fills need not hold anything. */
function rawStack(env: Env, regno: number, off: number, size: number, zeroOk: boolean, meta: CallMeta): Err {
  if (size === 0 && !zeroOk) return checkStackRange(env, regno, off, size, zeroOk, 'indirect access to');
  const err = checkStackBounds(env, regno, off, size, 'indirect access to');
  if (err) return err;
  meta.access_size = size;
  meta.regno = regno;
  return 0;
}

/** A size belongs to the memory in the register before it. @kernel check_mem_size_reg */
function checkSize(env: Env, regno: number, r: Reg, write: boolean, zeroOk: boolean, meta: CallMeta): Err {
  meta.msize_max_value = r.umax_value;
  const known = tnumIsConst(r.var_off) ? meta : undefined;
  if (r.smin_value < 0n) return reject(env, 'arg-size-negative', { r: regno });
  if (r.umin_value === 0n && !zeroOk) {
    return reject(env, 'arg-size-zero', { r: regno, min: r.umin_value, max: r.umax_value });
  }
  if (r.umax_value >= MAX_VAR_SIZ) return reject(env, 'arg-size-unbounded', { r: regno });
  return checkHelperMem(env, regno - 1, Number(r.umax_value), write, zeroOk, known) || markChainPrecision(env, regno);
}

function checkMapValueArg(env: Env, regno: number, r: Reg, flags: ReadonlySet<string>, meta: CallMeta): Err {
  if (flags.has('PTR_MAYBE_NULL') && constValue(r) === 0n) return 0;
  if (!meta.map) return reject(env, 'arg-map-value');
  meta.raw_mode = flags.has('MEM_UNINIT');
  return checkHelperMem(env, regno, meta.map.value_size, flags.has('MEM_WRITE'), false, meta);
}

function byKind(env: Env, row: HelperRow, arg: number, r: Reg, meta: CallMeta): Err {
  const regno = arg + 1;
  const { base, flags } = argKind(row.args[arg]!);
  switch (base) {
    case 'ARG_CONST_MAP_PTR':
      if (meta.map && meta.map !== r.map) return notCovered(env, 'two maps in one call');
      meta.map = r.map;
      meta.map_uid = r.map_uid;
      return 0;
    case 'ARG_PTR_TO_MAP_KEY':
      if (!meta.map) return reject(env, 'arg-map-key');
      return checkHelperMem(env, regno, meta.map.key_size, false, false, undefined);
    case 'ARG_PTR_TO_MAP_VALUE':
      return checkMapValueArg(env, regno, r, flags, meta);
    case 'ARG_PTR_TO_MEM': {
      meta.raw_mode = flags.has('MEM_UNINIT');
      const size = row.argSize?.[regno as 1];
      if (!flags.has('MEM_FIXED_SIZE')) return 0;
      if (size === undefined) return notCovered(env, 'fixed size of an argument');
      const err = checkHelperMem(env, regno, size, flags.has('MEM_WRITE'), false, meta);
      if (err || !flags.has('MEM_ALIGNED')) return err;
      return checkPtrAlignment(env, r, 0, size, true);
    }
    case 'ARG_CONST_SIZE':
    case 'ARG_CONST_SIZE_OR_ZERO': {
      const mem = argKind(row.args[arg - 1]!).flags;
      return checkSize(env, regno, r, mem.has('MEM_WRITE'), base === 'ARG_CONST_SIZE_OR_ZERO', meta);
    }
    case 'ARG_CONST_ALLOC_SIZE_OR_ZERO':
      if (!tnumIsConst(r.var_off)) return reject(env, 'arg-alloc-size', { r: regno });
      meta.mem_size = Number(r.var_off.value);
      return markChainPrecision(env, regno);
    case 'ARG_PTR_TO_CTX':
    case 'ARG_SCALAR':
    case 'ARG_PTR_TO_SOCK_COMMON':
    case 'ARG_PTR_TO_SOCKET':
    case 'ARG_PTR_TO_BTF_ID_SOCK_COMMON':
    case 'ARG_PTR_TO_RINGBUF_MEM':
      return 0;
    default:
      return notCovered(env, `argument kind ${base}`);
  }
}

import { checkPtrAlignment } from '../access/check.ts';

/** One argument. @kernel check_func_arg */
export function checkFuncArg(env: Env, row: HelperRow, arg: number, meta: CallMeta): Err {
  const kind = row.args[arg]!;
  const { base, flags } = argKind(kind);
  if (base === 'ARG_DONTCARE') return 0;
  const regno = arg + 1;
  let err = readReg(env, regno);
  if (err || base === 'ARG_ANYTHING') return err;
  const r = curFrame(env.cur).regs[regno]!.v;
  if (isPacketPointer(r) && !mayAccessPacket(env, false, { pktAccess: row.pktAccess === true })) {
    return reject(env, 'helper-packet');
  }
  if (base === 'ARG_PTR_TO_MAP_VALUE' && meta.map && isMapType(meta.map, 'sockmap', 'sockhash', 'bloom_filter')) {
    return notCovered(env, 'value argument of this map type');
  }
  const isNull = constValue(r) === 0n;
  if (!(isNull && flags.has('PTR_MAYBE_NULL'))) {
    err = checkRegType(env, regno, r, base, flags) || checkOffset(env, regno, r, flags.has('OBJ_RELEASE'));
    if (err) return err;
  }
  if (flags.has('OBJ_RELEASE')) {
    if (r.ref_obj_id === 0 && !isNull) return reject(env, 'release-unowned', { r: regno });
    meta.release_regno = regno;
  }
  if (r.ref_obj_id !== 0) {
    if (meta.ref_obj_id !== 0) {
      return reject(env, 'helper-two-refs', { r: regno, id: r.ref_obj_id, other: meta.ref_obj_id });
    }
    meta.ref_obj_id = r.ref_obj_id;
  }
  return byKind(env, row, arg, r, meta);
}
