/** Helper arguments by kind: what may stand in the register, and what the memory behind it must be. */
import { argKind } from '../../spec/helpers/kinds.ts';
import type { ArgBase, HelperRow, TypeFlag } from '../../spec/helpers/row.ts';
import { checkPtrAlignment, mayAccessPacket } from '../access/check.ts';
import { dynptrGetSpi } from '../access/dynptrSlots.ts';
import { checkPtrOff } from '../access/ptrOff.ts';
import type { Env, Err } from '../env.ts';
import { notCovered, reject } from '../env.ts';
import { readReg } from '../explore/liveness.ts';
import { markChainPrecision } from '../explore/precision.ts';
import { isMapType } from '../maps.ts';
import { curFrame } from '../state.ts';
import type { Reg, RegType } from '../value/reg.ts';
import { constValue, FLAG, isPacketPointer } from '../value/reg.ts';
import { tnumIsConst } from '../value/tnum.ts';
import { checkRegConstStr } from './constStr.ts';
import { processDynptr } from './dynptr.ts';
import { processKptr } from './kptr.ts';
import { checkHelperMem, checkMemSize } from './memArg.ts';
import type { CallMeta } from './meta.ts';
import { checkRegType } from './regType.ts';
import { processSpinLock } from './spinLock.ts';
import { processTimer } from './timer.ts';

const { MEM_RDONLY, MEM_RINGBUF, MEM_ALLOC, PTR_TRUSTED, MEM_RCU, NON_OWN_REF } = FLAG;

/** Pointers that may have been moved, by known and unknown amounts, with the modifiers that they may have. */
const FREE_OFFSET: Readonly<Partial<Record<RegType, readonly number[]>>> = {
  PTR_TO_STACK: [0],
  PTR_TO_PACKET: [0],
  PTR_TO_PACKET_META: [0],
  PTR_TO_MAP_KEY: [0],
  PTR_TO_MAP_VALUE: [0],
  PTR_TO_MEM: [0, MEM_RDONLY, MEM_RINGBUF],
  PTR_TO_BUF: [0, MEM_RDONLY],
  SCALAR_VALUE: [0],
};

/** Modifiers of pointers to kernel objects that may have been moved by a known amount. */
const FIXED_OFFSET: readonly number[] = [
  0,
  MEM_ALLOC,
  PTR_TRUSTED,
  MEM_RCU,
  MEM_ALLOC | NON_OWN_REF,
  MEM_ALLOC | NON_OWN_REF | MEM_RCU,
];

/** @kernel check_func_arg_reg_off */
export function checkFuncArgRegOff(
  env: Env,
  regno: number,
  r: Reg,
  { release, dynptr }: { readonly release: boolean; readonly dynptr: boolean },
): Err {
  if (release) {
    if (dynptr && r.type === 'PTR_TO_STACK') return 0;
    if (r.off !== 0) return reject(env, 'release-offset', { r: regno });
    return checkPtrOff(env, r, regno, false);
  }
  if (FREE_OFFSET[r.type]?.includes(r.flags)) return 0;
  return checkPtrOff(env, r, regno, r.type === 'PTR_TO_BTF_ID' && FIXED_OFFSET.includes(r.flags));
}

/** The kind of a map value argument depends on the map. @kernel resolve_map_arg_type */
function resolveMapArgType(env: Env, base: ArgBase, plain: boolean, meta: CallMeta): ArgBase | Err {
  if (base !== 'ARG_PTR_TO_MAP_VALUE') return base;
  if (!meta.map) return reject(env, 'arg-map-type');
  if (!isMapType(meta.map, 'sockmap', 'sockhash')) return base;
  return plain ? 'ARG_PTR_TO_BTF_ID_SOCK_COMMON' : reject(env, 'sockmap-arg');
}

function mapArg(env: Env, r: Reg, meta: CallMeta): Err {
  if (meta.map && (meta.map !== r.map || meta.map_uid !== r.map_uid)) {
    return reject(env, 'arg-map-uid', { mine: meta.map_uid, other: r.map_uid });
  }
  meta.map = r.map;
  meta.map_uid = r.map_uid;
  return 0;
}

function memArg(env: Env, row: HelperRow, regno: number, r: Reg, flags: ReadonlySet<TypeFlag>, meta: CallMeta): Err {
  meta.raw_mode = flags.has('MEM_UNINIT');
  if (!flags.has('MEM_FIXED_SIZE')) return 0;
  const size = row.argSize?.[regno as 1];
  if (size === undefined) return notCovered(env, 'fixed size of an argument');
  const err = checkHelperMem(env, regno, size, flags.has('MEM_WRITE'), false, meta);
  return err || (flags.has('MEM_ALIGNED') ? checkPtrAlignment(env, r, 0, size, true) : 0);
}

function byKind(env: Env, row: HelperRow, base: ArgBase, regno: number, r: Reg, meta: CallMeta): Err {
  const { flags } = argKind(row.args[regno - 1]!);
  switch (base) {
    case 'ARG_CONST_MAP_PTR':
      return mapArg(env, r, meta);
    case 'ARG_PTR_TO_MAP_KEY':
      if (!meta.map) return reject(env, 'arg-map-key');
      return checkHelperMem(env, regno, meta.map.key_size, false, false, undefined);
    case 'ARG_PTR_TO_MAP_VALUE': {
      if (flags.has('PTR_MAYBE_NULL') && constValue(r) === 0n) return 0;
      if (!meta.map) return reject(env, 'arg-map-value');
      // A bloom filter is asked by value, and writes nothing.
      meta.raw_mode = flags.has('MEM_UNINIT') && !isMapType(meta.map, 'bloom_filter');
      const write = flags.has('MEM_WRITE') && !isMapType(meta.map, 'bloom_filter');
      return checkHelperMem(env, regno, meta.map.value_size, write, false, meta);
    }
    case 'ARG_PTR_TO_PERCPU_BTF_ID':
      meta.ret_btf = r.btf;
      meta.ret_btf_id = r.btf_id;
      return 0;
    case 'ARG_PTR_TO_SPIN_LOCK':
      return processSpinLock(env, regno, meta.name === 'bpf_spin_lock');
    case 'ARG_PTR_TO_TIMER':
      return processTimer(env, regno, meta);
    case 'ARG_PTR_TO_FUNC':
      meta.subprogno = r.subprogno;
      return 0;
    case 'ARG_PTR_TO_MEM':
      return memArg(env, row, regno, r, flags, meta);
    case 'ARG_CONST_SIZE':
    case 'ARG_CONST_SIZE_OR_ZERO': {
      const mem = argKind(row.args[regno - 2]!).flags;
      return checkMemSize(env, regno, r, mem.has('MEM_WRITE'), base === 'ARG_CONST_SIZE_OR_ZERO', meta);
    }
    case 'ARG_PTR_TO_DYNPTR':
      return processDynptr(env, regno, flags, 0);
    case 'ARG_CONST_ALLOC_SIZE_OR_ZERO':
      if (!tnumIsConst(r.var_off)) return reject(env, 'arg-alloc-size', { r: regno });
      meta.mem_size = Number(BigInt.asUintN(32, r.var_off.value));
      return markChainPrecision(env, regno);
    case 'ARG_PTR_TO_CONST_STR':
      return checkRegConstStr(env, r, regno);
    case 'ARG_KPTR_XCHG_DEST':
      return processKptr(env, regno, meta);
    default:
      return 0;
  }
}

function releaseArg(env: Env, regno: number, r: Reg, dynptr: boolean, meta: CallMeta): Err {
  if (dynptr) {
    if (r.type !== 'PTR_TO_STACK') return reject(env, 'release-const-dynptr');
    const spi = dynptrGetSpi(env, r);
    if (env.missing !== undefined) return spi;
    if (spi < 0 || env.cur.frame[r.frameno]!.stack[spi]!.cell.v.ref_obj_id === 0) {
      return reject(env, 'dynptr-unacquired', { n: regno });
    }
  } else if (r.ref_obj_id === 0 && constValue(r) !== 0n) return reject(env, 'release-unowned', { r: regno });
  meta.release_regno = regno;
  return 0;
}

/** One argument. @kernel check_func_arg */
export function checkFuncArg(env: Env, row: HelperRow, arg: number, meta: CallMeta): Err {
  const { base: written, flags } = argKind(row.args[arg]!);
  if (written === 'ARG_DONTCARE') return 0;
  const regno = arg + 1;
  let err = readReg(env, regno);
  if (err || written === 'ARG_ANYTHING') return err;
  const r = curFrame(env.cur).regs[regno]!.v;
  if (isPacketPointer(r) && !mayAccessPacket(env, false, meta)) return reject(env, 'helper-packet');
  const base = resolveMapArgType(env, written, flags.size === 0, meta);
  if (typeof base === 'number') return base;
  const dynptr = base === 'ARG_PTR_TO_DYNPTR';
  const release = flags.has('OBJ_RELEASE');
  err =
    constValue(r) === 0n && flags.has('PTR_MAYBE_NULL')
      ? markChainPrecision(env, regno)
      : checkRegType(env, regno, r, base, row, meta) || checkFuncArgRegOff(env, regno, r, { release, dynptr });
  if (err) return err;
  if (release) {
    err = releaseArg(env, regno, r, dynptr, meta);
    if (err) return err;
  }
  if (r.ref_obj_id !== 0 && base !== 'ARG_KPTR_XCHG_DEST') {
    if (meta.ref_obj_id !== 0) {
      return reject(env, 'helper-two-refs', { r: regno, id: r.ref_obj_id, other: meta.ref_obj_id });
    }
    meta.ref_obj_id = r.ref_obj_id;
  }
  return byKind(env, row, base, regno, r, meta);
}
