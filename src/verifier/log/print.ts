/** Registers, slots and states as the log prints them. */
import { U64_MASK } from '../../util/bits.ts';
import { LIVE, MAX_REG } from '../state.ts';
import type { DynptrType, Reg, RegType } from '../value/reg.ts';
import { BPF_ADD_CONST, FLAG, isPacketPointer, S32_MAX, S32_MIN, S64_MAX, S64_MIN, U32_MAX } from '../value/reg.ts';
import { tnumIsConst, tnumIsUnknown, tnumText } from '../value/tnum.ts';

const NAMES: Readonly<Record<RegType, string>> = {
  NOT_INIT: '?',
  SCALAR_VALUE: 'scalar',
  PTR_TO_CTX: 'ctx',
  CONST_PTR_TO_MAP: 'map_ptr',
  PTR_TO_MAP_VALUE: 'map_value',
  PTR_TO_MAP_KEY: 'map_key',
  PTR_TO_STACK: 'fp',
  PTR_TO_PACKET: 'pkt',
  PTR_TO_PACKET_META: 'pkt_meta',
  PTR_TO_PACKET_END: 'pkt_end',
  PTR_TO_FLOW_KEYS: 'flow_keys',
  PTR_TO_SOCKET: 'sock',
  PTR_TO_SOCK_COMMON: 'sock_common',
  PTR_TO_TCP_SOCK: 'tcp_sock',
  PTR_TO_TP_BUFFER: 'tp_buffer',
  PTR_TO_XDP_SOCK: 'xdp_sock',
  PTR_TO_BTF_ID: 'ptr_',
  PTR_TO_MEM: 'mem',
  PTR_TO_BUF: 'buf',
  PTR_TO_FUNC: 'func',
  CONST_PTR_TO_DYNPTR: 'dynptr_ptr',
};

/** Modifiers before a kind's name, in this order. */
const PREFIXES: readonly (readonly [number, string])[] = [
  [FLAG.MEM_RDONLY, 'rdonly_'],
  [FLAG.MEM_RINGBUF, 'ringbuf_'],
  [FLAG.MEM_USER, 'user_'],
  [FLAG.MEM_PERCPU, 'percpu_'],
  [FLAG.MEM_RCU, 'rcu_'],
  [FLAG.PTR_UNTRUSTED, 'untrusted_'],
  [FLAG.PTR_TRUSTED, 'trusted_'],
];

/** A kind with its modifiers: `map_value_or_null`. @kernel reg_type_str */
export function regTypeStr(type: RegType, flags: number): string {
  let prefix = '';
  for (const [flag, text] of PREFIXES) if (flags & flag) prefix += text;
  const postfix = flags & FLAG.PTR_MAYBE_NULL ? (type === 'PTR_TO_BTF_ID' ? 'or_null_' : '_or_null') : '';
  return prefix + NAMES[type] + postfix;
}

const DYNPTR_NAMES: Readonly<Record<DynptrType, string>> = {
  INVALID: '',
  LOCAL: 'local',
  RINGBUF: 'ringbuf',
  SKB: 'skb',
  XDP: 'xdp',
};

const hex = (v: bigint): string => `0x${(v & U64_MASK).toString(16)}`;

/** A signed number: decimal when it fits 16 bits. */
function snum(v: bigint): string {
  const s = BigInt.asIntN(64, v);
  return s >= -0x8000n && s <= 0x7fffn ? `${s}` : hex(s);
}

function unum(v: bigint): string {
  const u = v & U64_MASK;
  return u <= 0xffffn ? `${u}` : hex(u);
}

/** 32-bit bounds are printed as 64-bit ones: signed when small, else zero-extended. */
function wide(v: number): bigint {
  return v >= -0x8000 && v <= 0x7fff ? BigInt(v) : BigInt(v >>> 0);
}

/** `smin=0,smax=umax=255,…`: equal bounds share a number. */
function scalarRanges(r: Reg): string[] {
  const rows: { name: string; value: bigint; omit: boolean }[] = [
    { name: 'smin', value: r.smin_value, omit: r.smin_value === S64_MIN },
    { name: 'smax', value: r.smax_value, omit: r.smax_value === S64_MAX },
    { name: 'umin', value: r.umin_value, omit: r.umin_value === 0n },
    { name: 'umax', value: r.umax_value, omit: r.umax_value === U64_MASK },
    { name: 'smin32', value: wide(r.s32_min_value), omit: r.s32_min_value === S32_MIN },
    { name: 'smax32', value: wide(r.s32_max_value), omit: r.s32_max_value === S32_MAX },
    { name: 'umin32', value: BigInt(r.u32_min_value), omit: r.u32_min_value === 0 },
    { name: 'umax32', value: BigInt(r.u32_max_value), omit: r.u32_max_value === U32_MAX },
  ];
  const negative = (row: { name: string; value: bigint }): boolean =>
    row.name.startsWith('s') && BigInt.asIntN(64, row.value) < 0n;
  const out: string[] = [];
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    if (row.omit) continue;
    let names = `${row.name}=`;
    for (let j = i + 2; j < rows.length; j += 2) {
      const other = rows[j]!;
      if (other.omit || ((other.value ^ row.value) & U64_MASK) !== 0n || negative(other) !== negative(row)) continue;
      other.omit = true;
      names += `${other.name}=`;
    }
    out.push(names + (row.name.startsWith('s') ? snum(row.value) : unum(row.value)));
  }
  return out;
}

/** One value: `scalar(id=1,umax=7)`, `fp-8`, `pkt(off=14,r=14)`. @kernel print_reg_state */
export function regText(r: Reg, frameno: number): string {
  const known = tnumIsConst(r.var_off);
  if (r.type === 'SCALAR_VALUE' && known) return `${r.precise ? 'P' : ''}${snum(r.var_off.value)}`;
  let head = `${r.type === 'SCALAR_VALUE' && r.precise ? 'P' : ''}${regTypeStr(r.type, r.flags)}`;
  if (r.type === 'PTR_TO_STACK') {
    if (r.frameno !== frameno) head += `[${r.frameno}]`;
    if (known) return head + snum(r.var_off.value + BigInt(r.off));
  }
  if (r.type === 'PTR_TO_BTF_ID') head += r.btf?.type(r.btf_id)?.name ?? '';
  const parts: string[] = [];
  if (r.id) {
    const linked = r.id >= BPF_ADD_CONST;
    parts.push(`id=${linked ? r.id - BPF_ADD_CONST : r.id}${linked ? `${r.off < 0 ? '' : '+'}${r.off}` : ''}`);
  }
  if (r.ref_obj_id) parts.push(`ref_obj_id=${r.ref_obj_id}`);
  if (r.flags & FLAG.NON_OWN_REF) parts.push('non_own_ref');
  if (r.map && (r.type === 'CONST_PTR_TO_MAP' || r.type === 'PTR_TO_MAP_VALUE' || r.type === 'PTR_TO_MAP_KEY')) {
    if (r.map.name !== '') parts.push(`map=${r.map.name.slice(0, 15)}`);
    parts.push(`ks=${r.map.key_size},vs=${r.map.value_size}`);
  }
  if (r.type !== 'SCALAR_VALUE' && r.off !== 0) parts.push(`off=${snum(BigInt(r.off))}`);
  if (isPacketPointer(r)) parts.push(`r=${unum(BigInt(r.range))}`);
  if (r.type === 'PTR_TO_MEM') parts.push(`sz=${unum(BigInt(r.mem_size))}`);
  if (r.type === 'CONST_PTR_TO_DYNPTR') parts.push(`type=${DYNPTR_NAMES[r.dynptr_type]}`);
  if (known) {
    if (r.var_off.value !== 0n) parts.push(`imm=${snum(r.var_off.value)}`);
  } else {
    parts.push(...scalarRanges(r));
    if (!tnumIsUnknown(r.var_off)) parts.push(`var_off=${tnumText(r.var_off)}`);
  }
  return `${head}(${parts.join(',')})`;
}

/** `_r`, `_w`, `_rw`, `_rD` … @kernel print_liveness */
function liveText(live: number): string {
  if (live === 0) return '';
  return `_${live & LIVE.READ ? 'r' : ''}${live & LIVE.WRITTEN ? 'w' : ''}${live & LIVE.DONE ? 'D' : ''}`;
}

/** What changed since the last print; undefined prints all. */
export interface Scratched {
  reg(regno: number): boolean;
  slot(spi: number): boolean;
}

/** A place as it is printed. */
export interface PrintedCell {
  readonly v: Reg;
  readonly live: number;
}

/** What is printed of a frame; a FuncState is one. */
export interface PrintedFrame {
  readonly frameno: number;
  readonly regs: readonly PrintedCell[];
  readonly stack: readonly { readonly cell: PrintedCell; readonly types: string }[];
  readonly refs: readonly { readonly id: number }[];
  readonly in_callback_fn: boolean;
  readonly in_async_callback_fn: boolean;
}

/** A frame on one line with its newline. @kernel print_verifier_state */
export function frameText(f: PrintedFrame, only?: Scratched): string {
  let text = f.frameno === 0 ? '' : ` frame${f.frameno}:`;
  for (let i = 0; i < MAX_REG; i++) {
    const c = f.regs[i]!;
    if (c.v.type === 'NOT_INIT' || (only && !only.reg(i))) continue;
    text += ` R${i}${liveText(c.live)}=${regText(c.v, f.frameno)}`;
  }
  for (let i = 0; i < f.stack.length; i++) {
    if (only && !only.slot(i)) continue;
    let slot = f.stack[i]!;
    if (slot.types === '????????') continue;
    // A dynptr stands at the upper one of its slots.
    if (slot.types[7] === 'd') slot = f.stack[++i] ?? slot;
    const place = ` fp${(-i - 1) * 8}${liveText(slot.cell.live)}=`;
    const { v } = slot.cell;
    if (slot.types[7] === 'd') {
      // The last number shares its place with the mark of the first slot.
      const parts = [v.id ? `id=${v.id}` : '', v.ref_obj_id ? `ref_id=${v.ref_obj_id}` : '', 'dynptr_id=1'];
      text += `${place}dynptr_${DYNPTR_NAMES[v.dynptr_type]}(${parts.filter((p) => p !== '').join(',')})`;
    } else if (slot.types[7] === 'i') {
      if (v.ref_obj_id === 0) continue;
      const type = (v.btf?.type(v.btf_id)?.name ?? '').replace(/^bpf_iter_/, '');
      text += `${place}iter_${type}(ref_id=${v.ref_obj_id},state=${v.iter_state.toLowerCase()},depth=${v.iter_depth})`;
    } else if (slot.types[7] === 'r') {
      text += `${place}${slot.types.slice(0, slot.types.indexOf('r'))}${regText(slot.cell.v, f.frameno)}`;
    } else text += place + slot.types;
  }
  if (f.refs.length > 0) text += ` refs=${f.refs.map((r) => r.id).join(',')}`;
  if (f.in_callback_fn) text += ' cb';
  if (f.in_async_callback_fn) text += ' async_cb';
  return `${text}\n`;
}
