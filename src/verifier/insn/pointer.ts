/** Arithmetic on a pointer and a number. */
import { U64_MASK } from '../../util/bits.ts';
import type { Env, Err } from '../env.ts';
import { newId, reject } from '../env.ts';
import { regTypeStr } from '../log/print.ts';
import { regBoundsSync, unbound32 } from '../value/bounds.ts';
import type { Draft, Reg, RegType } from '../value/reg.ts';
import { draft, isPacketPointer, mayBeNull, S64_MAX, S64_MIN, UNKNOWN } from '../value/reg.ts';
import { tnumAdd, tnumIsConst, tnumSub } from '../value/tnum.ts';

const MAX_VAR_OFF = 1n << 29n;

/** Whether numbers may be added to a pointer of this kind. */
const ARITHMETIC: Readonly<Record<RegType, 'yes' | 'known' | 'zero' | 'no'>> = {
  NOT_INIT: 'no',
  SCALAR_VALUE: 'no',
  PTR_TO_CTX: 'yes',
  CONST_PTR_TO_MAP: 'zero',
  PTR_TO_MAP_VALUE: 'yes',
  PTR_TO_MAP_KEY: 'yes',
  PTR_TO_STACK: 'yes',
  PTR_TO_PACKET: 'yes',
  PTR_TO_PACKET_META: 'yes',
  PTR_TO_PACKET_END: 'no',
  PTR_TO_FLOW_KEYS: 'known',
  PTR_TO_SOCKET: 'no',
  PTR_TO_SOCK_COMMON: 'no',
  PTR_TO_TCP_SOCK: 'no',
  PTR_TO_XDP_SOCK: 'no',
  PTR_TO_TP_BUFFER: 'yes',
  PTR_TO_BTF_ID: 'yes',
  PTR_TO_MEM: 'yes',
  PTR_TO_BUF: 'yes',
  PTR_TO_FUNC: 'yes',
  CONST_PTR_TO_DYNPTR: 'yes',
};

/** How the log writes an ALU operation. */
export const ALU_TEXT: Readonly<Record<string, string>> = {
  add: '+=',
  sub: '-=',
  mul: '*=',
  div: '/=',
  sdiv: '/=',
  or: '|=',
  and: '&=',
  lsh: '<<=',
  rsh: '>>=',
  neg: 'neg',
  mod: '%=',
  smod: '%=',
  xor: '^=',
  mov: '=',
  movsx: '=',
  arsh: 's>>=',
};

/** @kernel check_reg_sane_offset */
function sane(env: Env, r: Reg, type: string): Err {
  const known = tnumIsConst(r.var_off);
  const value = BigInt.asIntN(64, r.var_off.value);
  if (known && (value >= MAX_VAR_OFF || value <= -MAX_VAR_OFF)) return reject(env, 'math-huge', { type, value });
  // Also the constant that a number is linked with.
  if (BigInt(r.off) >= MAX_VAR_OFF || BigInt(r.off) <= -MAX_VAR_OFF)
    return reject(env, 'math-off', { type, off: r.off });
  if (r.smin_value === S64_MIN) return reject(env, 'math-unbounded', { type });
  if (r.smin_value >= MAX_VAR_OFF || r.smin_value <= -MAX_VAR_OFF) {
    return reject(env, 'math-big', { value: r.smin_value, type });
  }
  return 0;
}

const fitsInt = (v: bigint): boolean => v === BigInt.asIntN(32, v);

function signed(d: Draft, min: bigint, max: bigint): void {
  const ok = min >= S64_MIN && max <= S64_MAX && min <= S64_MAX && max >= S64_MIN;
  d.smin_value = ok ? min : S64_MIN;
  d.smax_value = ok ? max : S64_MAX;
}
function unsigned(d: Draft, min: bigint, max: bigint): void {
  const ok = min >= 0n && max <= U64_MASK;
  d.umin_value = ok ? min : 0n;
  d.umax_value = ok ? max : U64_MASK;
}

/** A fixed part goes into `off`, everything else makes the offset variable. */
function move(env: Env, d: Draft, ptr: Reg, off: Reg, sign: 1n | -1n): void {
  const known = tnumIsConst(off.var_off);
  const fixed = BigInt(ptr.off) + sign * off.smin_value;
  if (known && fitsInt(fixed)) {
    d.off = Number(fixed);
    return;
  }
  if (sign === 1n) {
    signed(d, ptr.smin_value + off.smin_value, ptr.smax_value + off.smax_value);
    unsigned(d, ptr.umin_value + off.umin_value, ptr.umax_value + off.umax_value);
    d.var_off = tnumAdd(ptr.var_off, off.var_off);
  } else {
    signed(d, ptr.smin_value - off.smax_value, ptr.smax_value - off.smin_value);
    unsigned(d, ptr.umin_value - off.umax_value, ptr.umax_value - off.umin_value);
    d.var_off = tnumSub(ptr.var_off, off.var_off);
  }
  if (!isPacketPointer(ptr)) return;
  d.id = newId(env);
  if (sign === 1n || off.smin_value < 0n) d.range = 0;
}

/** `ptr OP off` into register `dst`; `swapped`: the number stood on the left. @kernel adjust_ptr_min_max_vals */
export function pointerAlu(
  env: Env,
  insn: { readonly op: string; readonly alu32: boolean; readonly dst: number },
  ptr: Reg,
  off: Reg,
  swapped: boolean,
): { err: Err; value: Reg } {
  const { op, alu32, dst } = insn;
  const bad = (err: Err): { err: Err; value: Reg } => ({ err, value: ptr });
  const known = tnumIsConst(off.var_off);
  const { smin_value: smin, smax_value: smax, umin_value: umin, umax_value: umax } = off;
  if ((known && (smin !== smax || umin !== umax)) || smin > smax || umin > umax) return { err: 0, value: UNKNOWN };
  if (alu32) {
    if (op === 'sub') return { err: 0, value: UNKNOWN };
    return bad(reject(env, 'pointer-alu32', { r: dst }));
  }
  const type = regTypeStr(ptr.type, ptr.flags);
  if (mayBeNull(ptr)) return bad(reject(env, 'pointer-null', { r: dst, type }));
  const rule = ARITHMETIC[ptr.type];
  const zero = known && smin === 0n && op === 'add';
  if (rule === 'no' || (rule === 'zero' && !zero) || (rule === 'known' && !known)) {
    return bad(reject(env, 'pointer-kind', { r: dst, type }));
  }
  const err = sane(env, off, type) || sane(env, ptr, type);
  if (err) return bad(err);
  const d = draft(ptr);
  unbound32(d);
  switch (op) {
    case 'add':
      move(env, d, ptr, off, 1n);
      break;
    case 'sub':
      if (swapped) return bad(reject(env, 'sub-from-scalar', { r: dst }));
      if (ptr.type === 'PTR_TO_STACK') return bad(reject(env, 'sub-from-stack', { r: dst }));
      move(env, d, ptr, off, -1n);
      break;
    case 'and':
    case 'or':
    case 'xor':
      return bad(reject(env, 'pointer-bitwise', { r: dst, op: ALU_TEXT[op]! }));
    default:
      return bad(reject(env, 'pointer-operator', { r: dst, op: ALU_TEXT[op] ?? op }));
  }
  const out = sane(env, d, type);
  if (out) return bad(out);
  regBoundsSync(d);
  return { err: 0, value: d };
}
