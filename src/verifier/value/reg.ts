/** The one shape of all abstract values: what a register or a spilled stack slot holds. Values are never changed. */
import type { KernelBtf } from '../../btf/kernelBtf.ts';
import { U32_MASK, U64_MASK } from '../../util/bits.ts';
import type { MapInfo } from '../maps.ts';
import type { Tnum } from './tnum.ts';
import { TNUM_UNKNOWN, tnumConst, tnumWithSubreg } from './tnum.ts';

/** Kinds of values (enum bpf_reg_type without modifiers). */
export type RegType =
  | 'NOT_INIT'
  | 'SCALAR_VALUE'
  | 'PTR_TO_CTX'
  | 'CONST_PTR_TO_MAP'
  | 'PTR_TO_MAP_VALUE'
  | 'PTR_TO_MAP_KEY'
  | 'PTR_TO_STACK'
  | 'PTR_TO_PACKET_META'
  | 'PTR_TO_PACKET'
  | 'PTR_TO_PACKET_END'
  | 'PTR_TO_FLOW_KEYS'
  | 'PTR_TO_SOCKET'
  | 'PTR_TO_SOCK_COMMON'
  | 'PTR_TO_TCP_SOCK'
  | 'PTR_TO_TP_BUFFER'
  | 'PTR_TO_XDP_SOCK'
  | 'PTR_TO_BTF_ID'
  | 'PTR_TO_MEM'
  | 'PTR_TO_BUF'
  | 'PTR_TO_FUNC'
  | 'CONST_PTR_TO_DYNPTR';

/** Modifiers of a kind (enum bpf_type_flag). */
export const FLAG = {
  PTR_MAYBE_NULL: 1 << 0,
  MEM_RDONLY: 1 << 1,
  MEM_RINGBUF: 1 << 2,
  MEM_USER: 1 << 3,
  MEM_PERCPU: 1 << 4,
  PTR_UNTRUSTED: 1 << 5,
  MEM_ALLOC: 1 << 6,
  PTR_TRUSTED: 1 << 7,
  MEM_RCU: 1 << 8,
  NON_OWN_REF: 1 << 9,
  DYNPTR_TYPE_SKB: 1 << 10,
  DYNPTR_TYPE_XDP: 1 << 11,
  DYNPTR_TYPE_LOCAL: 1 << 20,
  DYNPTR_TYPE_RINGBUF: 1 << 21,
} as const;

/** What a dynptr stands on (enum bpf_dynptr_type). */
export type DynptrType = 'INVALID' | 'LOCAL' | 'RINGBUF' | 'SKB' | 'XDP';

/** How far an open-coded iterator is (enum bpf_iter_state). */
type IterState = 'INVALID' | 'ACTIVE' | 'DRAINED';

export const S64_MIN = -(1n << 63n);
export const S64_MAX = (1n << 63n) - 1n;
export const S32_MIN = -0x8000_0000;
export const S32_MAX = 0x7fff_ffff;
export const U32_MAX = 0xffff_ffff;

/** Bit of a scalar's id: the value is the linked one plus `off`. */
export const BPF_ADD_CONST = 0x8000_0000;

export interface Reg {
  readonly type: RegType;
  /** Modifiers, a sum of FLAG. */
  readonly flags: number;
  /** Fixed part of a pointer's offset; the constant of a scalar linked with BPF_ADD_CONST. */
  readonly off: number;
  /** Bytes of packet proven behind a packet pointer; AT_PKT_END and BEYOND_PKT_END are negative. */
  readonly range: number;
  readonly map: MapInfo | undefined;
  /** Tells inner maps of different lookups apart. */
  readonly map_uid: number;
  readonly mem_size: number;
  readonly subprogno: number;
  readonly var_off: Tnum;
  readonly smin_value: bigint;
  readonly smax_value: bigint;
  readonly umin_value: bigint;
  readonly umax_value: bigint;
  readonly s32_min_value: number;
  readonly s32_max_value: number;
  readonly u32_min_value: number;
  readonly u32_max_value: number;
  readonly id: number;
  readonly ref_obj_id: number;
  readonly frameno: number;
  readonly precise: boolean;
  /** BTF that `btf_id` is of: pointers to kernel types, iterators. */
  readonly btf: KernelBtf | undefined;
  readonly btf_id: number;
  /** Of a dynptr's stack slots and of CONST_PTR_TO_DYNPTR. */
  readonly dynptr_type: DynptrType;
  readonly first_slot: boolean;
  /** Id of the dynptr that a slice belongs to. */
  readonly dynptr_id: number;
  readonly iter_state: IterState;
  readonly iter_depth: number;
}

/** A value under construction. */
export type Draft = { -readonly [K in keyof Reg]: Reg[K] };

export function draft(r: Reg): Draft {
  return {
    type: r.type,
    flags: r.flags,
    off: r.off,
    range: r.range,
    map: r.map,
    map_uid: r.map_uid,
    mem_size: r.mem_size,
    subprogno: r.subprogno,
    var_off: r.var_off,
    smin_value: r.smin_value,
    smax_value: r.smax_value,
    umin_value: r.umin_value,
    umax_value: r.umax_value,
    s32_min_value: r.s32_min_value,
    s32_max_value: r.s32_max_value,
    u32_min_value: r.u32_min_value,
    u32_max_value: r.u32_max_value,
    id: r.id,
    ref_obj_id: r.ref_obj_id,
    frameno: r.frameno,
    precise: r.precise,
    btf: r.btf,
    btf_id: r.btf_id,
    dynptr_type: r.dynptr_type,
    first_slot: r.first_slot,
    dynptr_id: r.dynptr_id,
    iter_state: r.iter_state,
    iter_depth: r.iter_depth,
  };
}

/** Any number at all. */
export const UNKNOWN: Reg = {
  type: 'SCALAR_VALUE',
  flags: 0,
  off: 0,
  range: 0,
  map: undefined,
  map_uid: 0,
  mem_size: 0,
  subprogno: 0,
  var_off: TNUM_UNKNOWN,
  smin_value: S64_MIN,
  smax_value: S64_MAX,
  umin_value: 0n,
  umax_value: U64_MASK,
  s32_min_value: S32_MIN,
  s32_max_value: S32_MAX,
  u32_min_value: 0,
  u32_max_value: U32_MAX,
  id: 0,
  ref_obj_id: 0,
  frameno: 0,
  precise: false,
  btf: undefined,
  btf_id: 0,
  dynptr_type: 'INVALID',
  first_slot: false,
  dynptr_id: 0,
  iter_state: 'INVALID',
  iter_depth: 0,
};

export const NOT_INIT: Reg = { ...UNKNOWN, type: 'NOT_INIT' };

/** Sets all bounds of a draft to one 64-bit number. */
export function setKnown(d: Draft, value: bigint): void {
  const unsigned = value & U64_MASK;
  d.var_off = tnumConst(unsigned);
  d.smin_value = d.smax_value = BigInt.asIntN(64, value);
  d.umin_value = d.umax_value = unsigned;
  d.s32_min_value = d.s32_max_value = Number(BigInt.asIntN(32, value));
  d.u32_min_value = d.u32_max_value = Number(BigInt.asUintN(32, value));
}

/** Sets the lower half of a draft; the 64-bit bounds stay as they are. @kernel __mark_reg32_known */
export function setKnown32(d: Draft, value: bigint): void {
  const unsigned = value & U32_MASK;
  d.var_off = tnumWithSubreg(d.var_off, tnumConst(unsigned));
  d.s32_min_value = d.s32_max_value = Number(BigInt.asIntN(32, unsigned));
  d.u32_min_value = d.u32_max_value = Number(unsigned);
}

/** One number. */
export function knownScalar(value: bigint): Reg {
  const d = draft(UNKNOWN);
  setKnown(d, value);
  return d;
}

const ZERO = knownScalar(0n);

/** A pointer without a variable part. */
export function pointer(type: RegType, fields: Partial<Reg> = {}): Reg {
  return { ...ZERO, type, ...fields };
}

export function mayBeNull(r: Reg): boolean {
  return (r.flags & FLAG.PTR_MAYBE_NULL) !== 0;
}

export function isPacketPointer(r: Reg): boolean {
  return r.type === 'PTR_TO_PACKET' || r.type === 'PTR_TO_PACKET_META';
}

/** The known number, undefined when there are several. */
export function constValue(r: Reg): bigint | undefined {
  return r.type === 'SCALAR_VALUE' && r.var_off.mask === 0n ? r.var_off.value : undefined;
}
