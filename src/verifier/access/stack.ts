/** Stack slots: spills, fills, plain bytes. */
import type { Env, Err } from '../env.ts';
import { markSlotScratched, reject } from '../env.ts';
import { pushHistory } from '../explore/history.ts';
import { markRegRead } from '../explore/liveness.ts';
import { markChainPrecision } from '../explore/precision.ts';
import { assignScalarId, regWidth } from '../insn/alu.ts';
import type { FuncState, Slot } from '../state.ts';
import { curFrame, growStack, isSpilledReg, isSpilledScalar, LIVE, SPILL } from '../state.ts';
import { checkFastcallStackContract } from '../structure/fastcall.ts';
import { coerceRegToSize } from '../value/bounds.ts';
import type { Reg } from '../value/reg.ts';
import { constValue, draft, knownScalar, UNKNOWN } from '../value/reg.ts';
import { tnumIsConst, tnumText } from '../value/tnum.ts';
import { destroyIfDynptr } from './dynptrSlots.ts';

const MAX_STACK = 512;
const MAX_VAR_OFF = 1n << 29n;

export type StackUse = 'read from' | 'write to' | 'indirect access to';

const spiOf = (off: number): number => (-off - 1) >> 3;
const byteOf = (off: number): number => (-off - 1) & 7;

function setBytes(slot: Slot, off: number, size: number, letter: string): void {
  const bytes = [...slot.types];
  for (let i = 0; i < size; i++) bytes[byteOf(off + i)] = letter;
  slot.types = bytes.join('');
}

/** Least and greatest offset of the pointer itself. */
function reach(r: Reg, off: number): readonly [number, number] {
  return [Number(r.smin_value) + off, Number(r.smax_value) + off];
}

/** @kernel check_stack_access_within_bounds */
export function checkStackBounds(env: Env, regno: number, off: number, size: number, what: StackUse): Err {
  const r = curFrame(env.cur).regs[regno]!.v;
  const fixed = tnumIsConst(r.var_off);
  if (!fixed && (r.smax_value >= MAX_VAR_OFF || r.smin_value <= -MAX_VAR_OFF)) {
    return reject(env, 'stack-unbounded', { what, r: regno });
  }
  const [min, max] = reach(r, off);
  let err: Err = min < -MAX_STACK || min > -1 ? -13 : 0;
  if (!err && max + size > 0) err = -22;
  if (!err && size < 0) err = -14;
  if (err) {
    if (fixed) reject(env, 'stack-bounds', { what, r: regno, off, size });
    else reject(env, 'stack-bounds-var', { what, r: regno, tnum: tnumText(r.var_off), off, size });
    return err;
  }
  const f = env.cur.frame[r.frameno]!;
  growStack(f, spiOf(min));
  const sub = env.subprogs[f.subprogno]!;
  sub.stack_depth = Math.max(sub.stack_depth, (spiOf(min) + 1) * 8);
  return 0;
}

/** @kernel save_register_state */
function spill(slot: Slot, value: Reg, size: number): void {
  slot.cell.v = value;
  if (size === 8) {
    slot.cell.live |= LIVE.WRITTEN;
    slot.types = SPILL;
    return;
  }
  const rest = [...slot.types.slice(0, 8 - size)].map((c) => (c === '0' || c === '?' ? c : 'm'));
  slot.types = rest.join('') + 'r'.repeat(size);
}

const scrub = (types: string): string => types.replace(/[^?]/g, 'm');

/** The slot holds a register, a dynptr or an iterator. @kernel is_stack_slot_special */
const isSpecial = (slot: Slot): boolean => 'rdi'.includes(slot.types[7]!);

/** Bytes that belong to an object that only calls may look at. */
const isObject = (letter: string): boolean => letter === 'd' || letter === 'i';

/** What is stored: a register (`regno`), the insn's immediate, or bytes that nobody knows. */
export interface Stored {
  readonly regno: number;
  readonly imm: number | undefined;
}

/** @kernel check_stack_write_fixed_off */
function writeFixed(env: Env, f: FuncState, off: number, size: number, { regno, imm }: Stored): Err {
  const spi = spiOf(off);
  const slot = f.stack[spi]!;
  const cur = curFrame(env.cur);
  const reg = regno >= 0 ? cur.regs[regno] : undefined;
  const aligned = off % 8 === 0;
  const destroyed = destroyIfDynptr(env, f, spi);
  if (destroyed) return destroyed;
  markSlotScratched(env, spi);
  const access = { frameno: f.frameno, spi };
  checkFastcallStackContract(env, f.subprogno, off);
  if (reg && aligned && reg.v.type === 'SCALAR_VALUE') {
    const fits = regWidth(reg.v) <= 8 * size;
    if (fits) assignScalarId(env, reg);
    spill(slot, reg.v, size);
    if (!fits) slot.cell.v = { ...reg.v, id: 0, off: 0 };
  } else if (imm !== undefined && aligned) {
    spill(slot, knownScalar(BigInt(imm)), size);
  } else if (reg && reg.v.type !== 'SCALAR_VALUE' && reg.v.type !== 'NOT_INIT') {
    if (size !== 8) return reject(env, 'spill-pointer-size');
    if (f !== cur && reg.v.type === 'PTR_TO_STACK') return reject(env, 'spill-caller');
    spill(slot, reg.v, size);
  } else {
    slot.cell.v = { ...slot.cell.v, type: 'NOT_INIT' };
    if (isSpecial(slot)) slot.types = scrub(slot.types);
    if (size === 8) slot.cell.live |= LIVE.WRITTEN;
    const zero = (reg && constValue(reg.v) === 0n) || imm === 0;
    if (zero) {
      const err = markChainPrecision(env, regno);
      if (err) return err;
    }
    setBytes(slot, off, size, zero ? '0' : 'm');
    return 0;
  }
  pushHistory(env, env.cur, access);
  return 0;
}

/** @kernel check_stack_write_var_off */
function writeVariable(env: Env, f: FuncState, r: Reg, off: number, size: number, { regno, imm }: Stored): Err {
  const value = regno >= 0 ? curFrame(env.cur).regs[regno]!.v : undefined;
  const zero = (value && constValue(value) === 0n) || imm === 0;
  const [min, max] = reach(r, off);
  for (let i = min; i < max + size; i++) {
    const err = destroyIfDynptr(env, f, spiOf(i));
    if (err) return err;
  }
  checkFastcallStackContract(env, f.subprogno, min);
  let zeroUsed = false;
  for (let i = min; i < max + size; i++) {
    const slot = f.stack[spiOf(i)]!;
    markSlotScratched(env, spiOf(i));
    const was = slot.types[byteOf(i)]!;
    if (zero && was === 'r' && isSpilledScalar(slot) && constValue(slot.cell.v) === 0n) {
      zeroUsed = true;
      continue;
    }
    if (isSpilledReg(slot)) slot.types = scrub(slot.types);
    slot.cell.v = { ...slot.cell.v, type: 'NOT_INIT' };
    if (isSpilledReg(slot)) slot.types = scrub(slot.types);
    const keep = zero && slot.types[byteOf(i)] === '0';
    if (keep) zeroUsed = true;
    setBytes(slot, i, 1, keep ? '0' : 'm');
  }
  return zeroUsed ? markChainPrecision(env, regno) : 0;
}

/** @kernel check_stack_write */
export function writeStack(env: Env, regno: number, off: number, size: number, stored: Stored): Err {
  const r = curFrame(env.cur).regs[regno]!.v;
  const f = env.cur.frame[r.frameno]!;
  if (!tnumIsConst(r.var_off)) return writeVariable(env, f, r, off, size, stored);
  return writeFixed(env, f, off + Number(r.smin_value), size, stored);
}

function markRead(env: Env, slot: Slot): void {
  markRegRead(env, slot.cell, slot.cell.parent, LIVE.READ64);
}

function setReg(env: Env, regno: number, v: Reg): void {
  const c = curFrame(env.cur).regs[regno]!;
  c.v = v;
  c.live |= LIVE.WRITTEN;
}

/** @kernel mark_reg_stack_read */
function readBytes(env: Env, f: FuncState, min: number, max: number, dst: number): void {
  let zeros = 0;
  for (let i = min; i < max; i++) {
    markSlotScratched(env, spiOf(i));
    if (f.stack[spiOf(i)]!.types[byteOf(i)] !== '0') break;
    zeros++;
  }
  setReg(env, dst, zeros === max - min ? knownScalar(0n) : UNKNOWN);
}

/** A fill of another size than the spill. */
function narrowFill(env: Env, slot: Slot, off: number, size: number, spilled: number, dst: number): boolean {
  const { v } = slot.cell;
  if (size <= spilled && off % 8 === 0) {
    setReg(env, dst, regWidth(v) > size * 8 ? { ...v, id: 0, off: 0 } : v);
    return true;
  }
  const letters = Array.from({ length: size }, (_, i) => slot.types[byteOf(off + i)]);
  if (letters.every((c) => c === 'r') && constValue(v) === 0n) {
    setReg(env, dst, knownScalar(0n));
    return true;
  }
  setReg(env, dst, letters.every((c) => c === '0') ? knownScalar(0n) : UNKNOWN);
  return false;
}

/** @kernel check_stack_read_fixed_off */
function readFixed(env: Env, f: FuncState, off: number, size: number, dst: number): Err {
  const spi = spiOf(off);
  const slot = f.stack[spi]!;
  markSlotScratched(env, spi);
  checkFastcallStackContract(env, curFrame(env.cur).subprogno, off);
  if (!isSpilledReg(slot)) {
    for (let i = 0; i < size; i++) {
      if (isObject(slot.types[byteOf(off + i)]!)) return reject(env, 'stack-read', { off, i, size });
    }
    markRead(env, slot);
    if (dst >= 0) readBytes(env, f, off, off + size, dst);
    return 0;
  }
  const spilled = 8 - slot.types.indexOf('r');
  let filled = true;
  if (size !== 8 || spilled !== 8) {
    if (slot.cell.v.type !== 'SCALAR_VALUE') return reject(env, 'fill-size');
    markRead(env, slot);
    if (dst < 0) return 0;
    filled = narrowFill(env, slot, off, size, spilled, dst);
  } else if (dst >= 0) setReg(env, dst, slot.cell.v);
  markRead(env, slot);
  if (filled) pushHistory(env, env.cur, { frameno: f.frameno, spi });
  return 0;
}

/** @kernel check_stack_read */
export function readStack(env: Env, regno: number, off: number, size: number, dst: number): Err {
  const r = curFrame(env.cur).regs[regno]!.v;
  const f = env.cur.frame[r.frameno]!;
  if (tnumIsConst(r.var_off)) return readFixed(env, f, off + Number(r.smin_value), size, dst);
  if (dst < 0) return reject(env, 'stack-var-read', { tnum: tnumText(r.var_off), off, size });
  const err = checkStackRange(env, regno, off, size, false, 'read from');
  if (err) return err;
  const [min, max] = reach(r, off);
  checkFastcallStackContract(env, f.subprogno, min);
  readBytes(env, f, min, max + size, dst);
  return 0;
}

/** Bytes that a helper, or a read at an unknown offset, may touch. @kernel check_stack_range_initialized */
export function checkStackRange(
  env: Env,
  regno: number,
  off: number,
  size: number,
  zeroOk: boolean,
  what: StackUse,
  meta?: { raw_mode: boolean; access_size: number; regno: number } | undefined,
): Err {
  if (size === 0 && !zeroOk) {
    if (env.log.level !== 0) env.log.write('invalid zero-sized read\n');
    return -13;
  }
  const err = checkStackBounds(env, regno, off, size, what);
  if (err) return err;
  const clobber = what === 'indirect access to';
  const r = curFrame(env.cur).regs[regno]!.v;
  const f = env.cur.frame[r.frameno]!;
  const [min, max] = reach(r, off);
  if (meta?.raw_mode && tnumIsConst(r.var_off)) {
    // Stack that the helper fills need not hold anything.
    for (let i = min; i < max + size; i++) {
      if (f.stack[spiOf(i)]!.types[byteOf(i)] === 'd') return reject(env, 'dynptr-write', { off: i });
    }
    meta.access_size = size;
    meta.regno = regno;
    return 0;
  }
  for (let i = min; i < max + size; i++) {
    const slot = f.stack[spiOf(i)]!;
    const was = slot.types[byteOf(i)]!;
    if (isObject(was)) {
      const what = clobber ? 'indirect ' : '';
      const place = { what, r: regno, i: i - min, size };
      if (tnumIsConst(r.var_off)) return reject(env, 'stack-indirect', { ...place, off: min });
      return reject(env, 'stack-indirect-var', { ...place, tnum: tnumText(r.var_off) });
    }
    if (was === '0' || was === '?') {
      if (clobber) setBytes(slot, i, 1, 'm');
    } else if (was === 'r' && clobber) {
      slot.cell.v = draft(UNKNOWN);
      slot.types = scrub(slot.types);
    }
    markRead(env, slot);
  }
  return 0;
}

/** Cut to the bytes that a load reads. */
export function cutToSize(v: Reg, size: number): Reg {
  const d = draft(v);
  coerceRegToSize(d, size);
  return d;
}
