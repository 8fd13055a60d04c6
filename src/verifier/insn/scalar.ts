/** Arithmetic on two numbers: each operation on the known bits and on all bounds. Functions change the draft `d`. */
import { U64_MASK } from '../../util/bits.ts';
import {
  maxBig,
  minBig,
  regBoundsSync,
  unbound32,
  unbound64,
  updateBounds,
  updateBounds32,
  zext32to64,
} from '../value/bounds.ts';
import type { Draft, Reg } from '../value/reg.ts';
import { draft, S32_MAX, S32_MIN, S64_MAX, S64_MIN, setKnown, U32_MAX, UNKNOWN } from '../value/reg.ts';
import { smallAlu } from '../value/smallAlu.ts';
import * as t from '../value/tnum.ts';

const fits64 = (v: bigint): boolean => v >= S64_MIN && v <= S64_MAX;
const fits32 = (v: number): boolean => v >= S32_MIN && v <= S32_MAX;
const u32 = (v: number): boolean => v >= 0 && v <= U32_MAX;

function s64(d: Draft, min: bigint, max: bigint, ok = fits64(min) && fits64(max)): void {
  d.smin_value = ok ? min : S64_MIN;
  d.smax_value = ok ? max : S64_MAX;
}
function u64(d: Draft, min: bigint, max: bigint, ok = min >= 0n && max <= U64_MASK): void {
  d.umin_value = ok ? min : 0n;
  d.umax_value = ok ? max : U64_MASK;
}
function sub32s(d: Draft, min: number, max: number, ok = fits32(min) && fits32(max)): void {
  d.s32_min_value = ok ? min : S32_MIN;
  d.s32_max_value = ok ? max : S32_MAX;
}
function sub32u(d: Draft, min: number, max: number, ok = u32(min) && u32(max)): void {
  d.u32_min_value = ok ? min : 0;
  d.u32_max_value = ok ? max : U32_MAX;
}

/** Nothing at all is known of the number. */
const isAny = (r: Reg): boolean =>
  r.var_off.mask === U64_MASK &&
  r.umin_value === 0n &&
  r.umax_value === U64_MASK &&
  r.smin_value === S64_MIN &&
  r.smax_value === S64_MAX &&
  r.u32_min_value === 0 &&
  r.u32_max_value === U32_MAX &&
  r.s32_min_value === S32_MIN &&
  r.s32_max_value === S32_MAX;

/** Sums and differences with any number are any number. */
function takesAny(d: Draft, s: Reg): boolean {
  if (!isAny(d) && !isAny(s)) return false;
  unbound64(d);
  unbound32(d);
  d.var_off = t.TNUM_UNKNOWN;
  return true;
}

/** @kernel scalar_min_max_add */
export function scalarAdd(d: Draft, s: Reg): void {
  if (takesAny(d, s)) return;
  sub32s(d, d.s32_min_value + s.s32_min_value, d.s32_max_value + s.s32_max_value);
  sub32u(d, d.u32_min_value + s.u32_min_value, d.u32_max_value + s.u32_max_value);
  s64(d, d.smin_value + s.smin_value, d.smax_value + s.smax_value);
  u64(d, d.umin_value + s.umin_value, d.umax_value + s.umax_value);
  d.var_off = t.tnumAdd(d.var_off, s.var_off);
}

function scalarSub(d: Draft, s: Reg): void {
  if (takesAny(d, s)) return;
  sub32s(d, d.s32_min_value - s.s32_max_value, d.s32_max_value - s.s32_min_value);
  sub32u(d, d.u32_min_value - s.u32_max_value, d.u32_max_value - s.u32_min_value);
  s64(d, d.smin_value - s.smax_value, d.smax_value - s.smin_value);
  u64(d, d.umin_value - s.umax_value, d.umax_value - s.umin_value);
  d.var_off = t.tnumSub(d.var_off, s.var_off);
}

function scalarMul(d: Draft, s: Reg): void {
  d.var_off = t.tnumMul(d.var_off, s.var_off);
  if (s.s32_min_value < 0 || d.s32_min_value < 0 || s.u32_max_value > 0xffff || d.u32_max_value > 0xffff) unbound32(d);
  else {
    sub32u(d, d.u32_min_value * s.u32_min_value, d.u32_max_value * s.u32_max_value);
    sub32s(d, d.u32_min_value, d.u32_max_value, d.u32_max_value <= S32_MAX);
  }
  const limit = BigInt(U32_MAX);
  if (s.smin_value < 0n || d.smin_value < 0n || s.umax_value > limit || d.umax_value > limit) unbound64(d);
  else {
    u64(d, d.umin_value * s.umin_value, d.umax_value * s.umax_value);
    s64(d, d.umin_value, d.umax_value, d.umax_value <= S64_MAX);
  }
}

/** The signed bounds of a result whose unsigned ones are known: the same where they do not cross the sign. */
function signedFromUnsigned(d: Draft): void {
  const [min, max] = [BigInt.asIntN(64, d.umin_value), BigInt.asIntN(64, d.umax_value)];
  s64(d, min, max, min <= max);
}
function signedFromUnsigned32(d: Draft): void {
  const [min, max] = [d.u32_min_value | 0, d.u32_max_value | 0];
  sub32s(d, min, max, min <= max);
}

type Bitwise = 'and' | 'or' | 'xor';
const TNUM = { and: t.tnumAnd, or: t.tnumOr, xor: t.tnumXor } as const;

function bitwise(op: Bitwise, d: Draft, s: Reg): void {
  const known = t.tnumIsConst(d.var_off) && t.tnumIsConst(s.var_off);
  const known32 = t.tnumIsConst(t.tnumSubreg(d.var_off)) && t.tnumIsConst(t.tnumSubreg(s.var_off));
  d.var_off = TNUM[op](d.var_off, s.var_off);
  const { value, mask } = t.tnumSubreg(d.var_off);
  if (known32) {
    d.u32_min_value = d.u32_max_value = Number(value);
    d.s32_min_value = d.s32_max_value = Number(value) | 0;
  } else {
    d.u32_min_value = op === 'or' ? Math.max(d.u32_min_value, s.u32_min_value) : Number(value);
    d.u32_max_value = op === 'and' ? Math.min(d.u32_max_value, s.u32_max_value) : Number(value | mask);
    signedFromUnsigned32(d);
  }
  if (known) {
    setKnown(d, d.var_off.value);
    return;
  }
  d.umin_value = op === 'or' ? maxBig(d.umin_value, s.umin_value) : d.var_off.value;
  d.umax_value = op === 'and' ? minBig(d.umax_value, s.umax_value) : d.var_off.value | d.var_off.mask;
  signedFromUnsigned(d);
  updateBounds(d);
}

function lsh32bounds(d: Draft, n: number): void {
  d.s32_min_value = S32_MIN;
  d.s32_max_value = S32_MAX;
  const ok = n <= 31 && d.u32_max_value <= 2 ** (31 - n);
  sub32u(d, d.u32_min_value * 2 ** n, d.u32_max_value * 2 ** n, ok);
}

function lsh(d: Draft, n: number, alu32: boolean): void {
  if (alu32) {
    const subreg = t.tnumSubreg(d.var_off);
    lsh32bounds(d, n);
    d.var_off = t.tnumSubreg(t.tnumLshift(subreg, n));
    unbound64(d);
    updateBounds32(d);
    return;
  }
  // A shift by 32 begins a sign extension of the lower half.
  d.smax_value = n === 32 ? BigInt(d.s32_max_value) << 32n : S64_MAX;
  d.smin_value = n === 32 ? BigInt(d.s32_min_value) << 32n : S64_MIN;
  const shift = BigInt(n);
  u64(d, d.umin_value << shift, d.umax_value << shift, d.umax_value <= 1n << (63n - shift));
  lsh32bounds(d, n);
  d.var_off = t.tnumLshift(d.var_off, n);
  updateBounds(d);
}

function rsh(d: Draft, n: number, alu32: boolean): void {
  if (alu32) {
    d.s32_min_value = S32_MIN;
    d.s32_max_value = S32_MAX;
    d.var_off = t.tnumRshift(t.tnumSubreg(d.var_off), n);
    d.u32_min_value = d.u32_min_value >>> n;
    d.u32_max_value = d.u32_max_value >>> n;
    unbound64(d);
    updateBounds32(d);
    return;
  }
  d.smin_value = S64_MIN;
  d.smax_value = S64_MAX;
  d.var_off = t.tnumRshift(d.var_off, n);
  d.umin_value >>= BigInt(n);
  d.umax_value >>= BigInt(n);
  unbound32(d);
  updateBounds(d);
}

function arsh(d: Draft, n: number, alu32: boolean): void {
  if (alu32) {
    d.s32_min_value >>= n;
    d.s32_max_value >>= n;
    d.var_off = t.tnumArshift(t.tnumSubreg(d.var_off), n, 32);
    d.u32_min_value = 0;
    d.u32_max_value = U32_MAX;
    unbound64(d);
    updateBounds32(d);
    return;
  }
  d.smin_value >>= BigInt(n);
  d.smax_value >>= BigInt(n);
  d.var_off = t.tnumArshift(d.var_off, n, 64);
  d.umin_value = 0n;
  d.umax_value = U64_MASK;
  unbound32(d);
  updateBounds(d);
}

function isConst(s: Reg, alu32: boolean): boolean {
  if (alu32) {
    return (
      t.tnumIsConst(t.tnumSubreg(s.var_off)) &&
      s.s32_min_value === s.s32_max_value &&
      s.u32_min_value === s.u32_max_value
    );
  }
  return t.tnumIsConst(s.var_off) && s.smin_value === s.smax_value && s.umin_value === s.umax_value;
}

/**
 * The result of `dst OP src`; operations without rules give any number. `plain`: small values by plain numbers, which gives the same.
 * @kernel adjust_scalar_min_max_vals
 */
export function scalarAlu(op: string, dst: Reg, src: Reg, alu32: boolean, plain = true): Reg {
  const width = alu32 ? 32n : 64n;
  const shift = op === 'lsh' || op === 'rsh' || op === 'arsh';
  if (shift && !(isConst(src, alu32) && src.umax_value < width)) return UNKNOWN;
  const d = draft(dst);
  if (plain && !shift && smallAlu(op, d, src)) return d;
  const n = shift ? Number(src.umin_value) : 0;
  switch (op) {
    case 'add':
      scalarAdd(d, src);
      break;
    case 'sub':
      scalarSub(d, src);
      break;
    case 'mul':
      scalarMul(d, src);
      break;
    case 'and':
    case 'or':
    case 'xor':
      bitwise(op, d, src);
      break;
    case 'lsh':
      lsh(d, n, alu32);
      break;
    case 'rsh':
      rsh(d, n, alu32);
      break;
    case 'arsh':
      arsh(d, n, alu32);
      break;
    default:
      return UNKNOWN;
  }
  if (alu32) zext32to64(d);
  regBoundsSync(d);
  return d;
}
