/** What a comparison of two numbers says: whether it is decided, and what either branch learns. */

import { U32_MASK } from '../../util/bits.ts';
import { maxBig, minBig, unbound32, unbound64 } from '../value/bounds.ts';
import type { Draft, Reg } from '../value/reg.ts';
import { isPacketPointer, mayBeNull } from '../value/reg.ts';
import {
  tnumAnd,
  tnumConst,
  tnumIntersect,
  tnumIsConst,
  tnumOr,
  tnumOverlap,
  tnumSubreg,
  tnumWithSubreg,
} from '../value/tnum.ts';
import { isTrusted } from '../value/trusted.ts';

/** Comparison names of the opcode table, and `jnset` for what holds where jset did not jump. */
export type Cond = string;

const FLIP: Readonly<Record<string, Cond>> = {
  jgt: 'jlt',
  jlt: 'jgt',
  jge: 'jle',
  jle: 'jge',
  jsgt: 'jslt',
  jslt: 'jsgt',
  jsge: 'jsle',
  jsle: 'jsge',
};
const REVERSE: Readonly<Record<string, Cond>> = {
  jeq: 'jne',
  jne: 'jeq',
  jset: 'jnset',
  jgt: 'jle',
  jle: 'jgt',
  jge: 'jlt',
  jlt: 'jge',
  jsgt: 'jsle',
  jsle: 'jsgt',
  jsge: 'jslt',
  jslt: 'jsge',
};

export const AT_PKT_END = -1;
export const BEYOND_PKT_END = -2;

/** `a OP b` as `b OP' a`. */
const flip = (op: Cond): Cond => FLIP[op] ?? op;
/** What holds when `a OP b` does not. */
export const reverse = (op: Cond): Cond => REVERSE[op]!;

function isConst(r: Reg, jmp32: boolean): boolean {
  return r.type === 'SCALAR_VALUE' && tnumIsConst(jmp32 ? tnumSubreg(r.var_off) : r.var_off);
}
function constOf(r: Reg, jmp32: boolean): bigint {
  return jmp32 ? r.var_off.value & U32_MASK : r.var_off.value;
}

interface Bounds {
  readonly umin: bigint | number;
  readonly umax: bigint | number;
  readonly smin: bigint | number;
  readonly smax: bigint | number;
}
function boundsOf(r: Reg, jmp32: boolean): Bounds {
  return jmp32
    ? { umin: r.u32_min_value, umax: r.u32_max_value, smin: r.s32_min_value, smax: r.s32_max_value }
    : { umin: r.umin_value, umax: r.umax_value, smin: r.smin_value, smax: r.smax_value };
}

function disjoint(a: Reg, b: Reg, jmp32: boolean): boolean {
  const [x, y] = [boundsOf(a, jmp32), boundsOf(b, jmp32)];
  if (x.umin > y.umax || x.umax < y.umin || x.smin > y.smax || x.smax < y.smin) return true;
  return !jmp32 && disjoint(a, b, true);
}

const decide = (yes: boolean, no: boolean): -1 | 0 | 1 => (yes ? 1 : no ? 0 : -1);

/** 1 jumps, 0 falls through, -1 unknown. @kernel is_scalar_branch_taken */
function scalarTaken(a: Reg, b: Reg, op: Cond, jmp32: boolean): -1 | 0 | 1 {
  const [ta, tb] = jmp32 ? [tnumSubreg(a.var_off), tnumSubreg(b.var_off)] : [a.var_off, b.var_off];
  const [x, y] = [boundsOf(a, jmp32), boundsOf(b, jmp32)];
  switch (op) {
    case 'jeq':
      if (tnumIsConst(ta) && tnumIsConst(tb)) return ta.value === tb.value ? 1 : 0;
      return !tnumOverlap(ta, tb) || disjoint(a, b, jmp32) ? 0 : -1;
    case 'jne':
      if (tnumIsConst(ta) && tnumIsConst(tb)) return ta.value !== tb.value ? 1 : 0;
      return !tnumOverlap(ta, tb) || disjoint(a, b, jmp32) ? 1 : -1;
    case 'jset': {
      const swap = !isConst(b, jmp32);
      const [t, c] = swap ? [tb, a] : [ta, b];
      if (!isConst(c, jmp32)) return -1;
      const bits = constOf(c, jmp32);
      return decide((t.value & ~t.mask & bits) !== 0n, ((t.value | t.mask) & bits) === 0n);
    }
    case 'jgt':
      return decide(x.umin > y.umax, x.umax <= y.umin);
    case 'jsgt':
      return decide(x.smin > y.smax, x.smax <= y.smin);
    case 'jlt':
      return decide(x.umax < y.umin, x.umin >= y.umax);
    case 'jslt':
      return decide(x.smax < y.smin, x.smin >= y.smax);
    case 'jge':
      return decide(x.umin >= y.umax, x.umax < y.umin);
    case 'jsge':
      return decide(x.smin >= y.smax, x.smax < y.smin);
    case 'jle':
      return decide(x.umax <= y.umin, x.umin > y.umax);
    case 'jsle':
      return decide(x.smax <= y.smin, x.smin > y.smax);
    default:
      return -1;
  }
}

/** Pointers that cannot be NULL. @kernel reg_not_null */
export function regNotNull(r: Reg): boolean {
  if (mayBeNull(r)) return false;
  switch (r.type) {
    case 'PTR_TO_SOCKET':
    case 'PTR_TO_TCP_SOCK':
    case 'PTR_TO_XDP_SOCK':
    case 'PTR_TO_MAP_VALUE':
    case 'PTR_TO_MAP_KEY':
    case 'PTR_TO_SOCK_COMMON':
    case 'CONST_PTR_TO_MAP':
    case 'PTR_TO_MEM':
      return true;
    case 'PTR_TO_BTF_ID':
      return isTrusted(r);
    default:
      return false;
  }
}

function packetTaken(a: Reg, b: Reg, cond: Cond): -1 | 0 | 1 {
  const swapped = b.type !== 'PTR_TO_PACKET_END';
  if (swapped && a.type !== 'PTR_TO_PACKET_END') return -1;
  const pkt = swapped ? b : a;
  const op = swapped ? flip(cond) : cond;
  if (pkt.range >= 0) return -1;
  if (op === 'jle' || op === 'jgt') return pkt.range === BEYOND_PKT_END ? (op === 'jgt' ? 1 : 0) : -1;
  if (op === 'jlt' || op === 'jge') return op === 'jge' ? 1 : 0;
  return -1;
}

const packetAny = (r: Reg): boolean => isPacketPointer(r) || r.type === 'PTR_TO_PACKET_END';

/** @kernel is_branch_taken */
export function branchTaken(a: Reg, b: Reg, op: Cond, jmp32: boolean): -1 | 0 | 1 {
  if (packetAny(a) && packetAny(b) && !jmp32) return packetTaken(a, b, op);
  if (a.type === 'SCALAR_VALUE' && b.type === 'SCALAR_VALUE') return scalarTaken(a, b, op, jmp32);
  // Half of an address may be zero.
  if (jmp32) return -1;
  const swap = !isConst(b, jmp32);
  const [ptr, num] = swap ? [b, a] : [a, b];
  const cond = swap ? flip(op) : op;
  if (!isConst(num, jmp32) || !regNotNull(ptr) || constOf(num, jmp32) !== 0n) return -1;
  return cond === 'jeq' ? 0 : cond === 'jne' ? 1 : -1;
}

function equal(a: Draft, b: Draft, jmp32: boolean): void {
  if (jmp32) {
    a.u32_min_value = b.u32_min_value = Math.max(a.u32_min_value, b.u32_min_value);
    a.u32_max_value = b.u32_max_value = Math.min(a.u32_max_value, b.u32_max_value);
    a.s32_min_value = b.s32_min_value = Math.max(a.s32_min_value, b.s32_min_value);
    a.s32_max_value = b.s32_max_value = Math.min(a.s32_max_value, b.s32_max_value);
    const t = tnumIntersect(tnumSubreg(a.var_off), tnumSubreg(b.var_off));
    a.var_off = tnumWithSubreg(a.var_off, t);
    b.var_off = tnumWithSubreg(b.var_off, t);
    return;
  }
  a.umin_value = b.umin_value = maxBig(a.umin_value, b.umin_value);
  a.umax_value = b.umax_value = minBig(a.umax_value, b.umax_value);
  a.smin_value = b.smin_value = maxBig(a.smin_value, b.smin_value);
  a.smax_value = b.smax_value = minBig(a.smax_value, b.smax_value);
  a.var_off = b.var_off = tnumIntersect(a.var_off, b.var_off);
}

/** Cuts an edge of the bounds off that equals the constant. */
function differs(a: Draft, value: bigint, jmp32: boolean): void {
  if (jmp32) {
    const u = Number(value);
    const s = u | 0;
    if (a.u32_min_value === u) a.u32_min_value++;
    if (a.u32_max_value === u) a.u32_max_value--;
    if (a.s32_min_value === s) a.s32_min_value++;
    if (a.s32_max_value === s) a.s32_max_value--;
    return;
  }
  const s = BigInt.asIntN(64, value);
  if (a.umin_value === value) a.umin_value++;
  if (a.umax_value === value) a.umax_value--;
  if (a.smin_value === s) a.smin_value++;
  if (a.smax_value === s) a.smax_value--;
}

function bitSet(a: Draft, value: bigint, jmp32: boolean): void {
  if ((value & (value - 1n)) !== 0n || value === 0n) return;
  if (jmp32) a.var_off = tnumWithSubreg(a.var_off, tnumOr(tnumSubreg(a.var_off), tnumConst(value)));
  else a.var_off = tnumOr(a.var_off, tnumConst(value));
}

/** The bounds are forgotten first: on a dead branch they could contradict the bits. */
function bitsClear(a: Draft, value: bigint, jmp32: boolean): void {
  unbound64(a);
  unbound32(a);
  if (jmp32) a.var_off = tnumWithSubreg(a.var_off, tnumAnd(tnumSubreg(a.var_off), tnumConst(~value)));
  else a.var_off = tnumAnd(a.var_off, tnumConst(~value));
}

function below(a: Draft, b: Draft, gap: 0 | 1, signed: boolean, jmp32: boolean): void {
  if (jmp32 && signed) {
    a.s32_max_value = Math.min(a.s32_max_value, b.s32_max_value - gap);
    b.s32_min_value = Math.max(a.s32_min_value + gap, b.s32_min_value);
  } else if (jmp32) {
    a.u32_max_value = Math.min(a.u32_max_value, b.u32_max_value - gap);
    b.u32_min_value = Math.max(a.u32_min_value + gap, b.u32_min_value);
  } else if (signed) {
    a.smax_value = minBig(a.smax_value, b.smax_value - BigInt(gap));
    b.smin_value = maxBig(a.smin_value + BigInt(gap), b.smin_value);
  } else {
    a.umax_value = minBig(a.umax_value, b.umax_value - BigInt(gap));
    b.umin_value = maxBig(a.umin_value + BigInt(gap), b.umin_value);
  }
}

/** Both numbers learn that `a OP b` holds. @kernel regs_refine_cond_op */
export function refine(a: Draft, b: Draft, op: Cond, jmp32: boolean): void {
  switch (op) {
    case 'jeq':
      equal(a, b, jmp32);
      return;
    case 'jne':
    case 'jset':
    case 'jnset': {
      const [x, c] = isConst(b, jmp32) ? [a, b] : [b, a];
      if (!isConst(c, jmp32)) return;
      const value = constOf(c, jmp32);
      if (op === 'jne') differs(x, value, jmp32);
      else if (op === 'jset') bitSet(x, value, jmp32);
      else bitsClear(x, value, jmp32);
      return;
    }
    case 'jle':
    case 'jlt':
    case 'jsle':
    case 'jslt':
      below(a, b, op.endsWith('t') ? 1 : 0, op.startsWith('js'), jmp32);
      return;
    default:
      below(b, a, op.endsWith('t') ? 1 : 0, op.startsWith('js'), jmp32);
  }
}
