/** Walks backwards to the insns that a number depends on, and marks it precise in all states on the way. */
import { ERRNO } from '../../spec/errno.ts';
import type { Env, Err } from '../env.ts';
import { verbose } from '../env.ts';
import { printFrame } from '../log/events.ts';
import type { Cell, FuncState, State } from '../state.ts';
import { FP, isSpilledReg, isSpilledScalar, MAIN_CALLSITE } from '../state.ts';
import type { Reg } from '../value/reg.ts';
import type { Backtrack } from './backtrack.ts';
import { ALL_PRECISE, ARG_MASK, backtrackInsn } from './backtrack.ts';

const { EFAULT } = ERRNO;

const precise = (r: Reg): Reg => ({ ...r, precise: true });
const imprecise = (r: Reg): Reg => ({ ...r, precise: false });

/** All numbers of all states up to the first become precise. @kernel mark_all_scalars_precise */
function markAllPrecise(env: Env): void {
  if (env.log.level & 2)
    verbose(env, `mark_precise: frame${env.cur.frame.length - 1}: falling back to forcing all scalars precise\n`);
  for (let st = env.cur.parent; st; st = st.parent) {
    for (const f of st.frame) {
      const force = (c: Cell, name: string): void => {
        if (c.v.precise) return;
        c.v = precise(c.v);
        if (env.log.level & 2) verbose(env, `force_precise: frame${f.frameno}: forcing ${name} to be precise\n`);
      };
      for (let i = 0; i < FP; i++) if (f.regs[i]!.v.type === 'SCALAR_VALUE') force(f.regs[i]!, `r${i}`);
      for (const [spi, slot] of f.stack.entries()) {
        if (isSpilledScalar(slot)) force(slot.cell, `fp${-(spi + 1) * 8}`);
      }
    }
  }
}

/** Marks asked-for places of a parent state; places already precise are done. */
function markParent(env: Env, st: State, bt: Backtrack): void {
  for (let fr = bt.frame; fr >= 0; fr--) {
    const f = st.frame[fr]!;
    const mask = bt.regs[fr]!;
    for (let i = 0; mask >> i !== 0; i++) {
      if (((mask >> i) & 1) === 0) continue;
      const c = f.regs[i]!;
      if (c.v.type !== 'SCALAR_VALUE' || c.v.precise) bt.regs[fr]! &= ~(1 << i);
      else c.v = precise(c.v);
    }
    if (bt.slots(fr)) markSlots(f, fr, bt);
    if (env.log.level & 2) {
      verbose(env, `mark_precise: frame${fr}: parent state regs=${bt.regText(fr)} stack=${bt.slotText(fr)}: `);
      printFrame(env, f);
    }
  }
}

function markSlots(f: FuncState, fr: number, bt: Backtrack): void {
  for (let spi = 0; spi < 64; spi++) {
    if (!bt.hasSlot(fr, spi)) continue;
    const slot = f.stack[spi];
    if (!slot || !isSpilledReg(slot) || !isSpilledScalar(slot) || slot.cell.v.precise) bt.deleteSlot(fr, spi);
    else slot.cell.v = precise(slot.cell.v);
  }
}

/** The insns of one state from its last to its first. */
function backtrackState(env: Env, st: State, from: number, subseq: number, skip: boolean, bt: Backtrack): Err {
  let left = st.history.length;
  let i = from;
  let next = subseq;
  let first = skip;
  for (;;) {
    const top = left > 0 ? st.history[left - 1] : undefined;
    if (!first) {
      const err = backtrackInsn(env, i, next, top?.idx === i ? top : undefined, bt);
      if (err === ALL_PRECISE) {
        markAllPrecise(env);
        return 1;
      }
      if (err < 0) return err;
    }
    first = false;
    if (bt.empty()) return 1;
    next = i;
    if (i === st.first_insn_idx && (left === 0 || (left === 1 && st.history[0]!.idx === i))) return 0;
    if (top && top.idx === i) {
      i = top.prev_idx;
      left--;
    } else i--;
    if (i < 0 || i >= env.insns.length) return -EFAULT;
  }
}

/** @kernel __mark_chain_precision */
function chain(env: Env, bt: Backtrack): Err {
  let st = env.cur;
  let last = env.insn_idx;
  let first = st.first_insn_idx;
  let subseq = -1;
  let skip = true;
  for (;;) {
    if (env.log.level & 2) {
      verbose(env, `mark_precise: frame${bt.frame}: last_idx ${last} first_idx ${first} subseq_idx ${subseq} \n`);
    }
    if (last < 0) return atEntry(st, bt);
    const err = backtrackState(env, st, last, subseq, skip, bt);
    if (err !== 0) return Math.min(err, 0);
    skip = false;
    if (!st.parent) break;
    st = st.parent;
    markParent(env, st, bt);
    if (bt.empty()) return 0;
    subseq = first;
    last = st.last_insn_idx;
    first = st.first_insn_idx;
  }
  if (!bt.empty()) markAllPrecise(env);
  return 0;
}

/** Before the first insn of a global function only its arguments can be asked for. */
function atEntry(st: State, bt: Backtrack): Err {
  const f = st.frame[0]!;
  const mask = bt.regs[0]!;
  if (st.frame.length !== 1 || f.subprogno === 0 || f.callsite !== MAIN_CALLSITE) return -EFAULT;
  if (bt.slots(0) || mask & ~ARG_MASK) return -EFAULT;
  for (let i = 1; i <= 5; i++) {
    if ((mask >> i) & 1 && f.regs[i]!.v.type === 'SCALAR_VALUE') f.regs[i]!.v = precise(f.regs[i]!.v);
  }
  return 0;
}

/** A register's number decides something: keep it apart when comparing states. @kernel mark_chain_precision */
export function markChainPrecision(env: Env, regno: number): Err {
  if (regno < 0 || regno === FP) return 0;
  const { bt } = env;
  bt.reset(env.cur.frame.length - 1);
  bt.regs[bt.frame] = 1 << regno;
  return chain(env, bt);
}

/** What was precise in an equal old state is precise on our path. @kernel propagate_precision */
export function propagatePrecision(env: Env, old: State): Err {
  const { bt } = env;
  bt.reset(env.cur.frame.length - 1);
  for (let fr = old.frame.length - 1; fr >= 0; fr--) {
    const f = old.frame[fr]!;
    const regs: string[] = [];
    for (let i = 0; i < FP; i++) {
      const { v, live } = f.regs[i]!;
      if (v.type !== 'SCALAR_VALUE' || !v.precise || (live & 3) === 0) continue;
      bt.regs[fr]! |= 1 << i;
      regs.push(`r${i}`);
    }
    const slots: string[] = [];
    for (const [spi, slot] of f.stack.entries()) {
      if (!isSpilledScalar(slot) || !slot.cell.v.precise || (slot.cell.live & 3) === 0) continue;
      bt.addSlot(fr, spi);
      slots.push(`fp${-(spi + 1) * 8}`);
    }
    if (env.log.level & 2 && regs.length + slots.length > 0) {
      verbose(env, `frame ${fr}: propagating ${[...regs, ...slots].join(',')}\n`);
    }
  }
  if (bt.empty()) return 0;
  return chain(env, bt);
}

/** Precision is found again when it is needed. @kernel mark_all_scalars_imprecise */
export function forgetPrecision(st: State): void {
  for (const f of st.frame) {
    for (let i = 0; i < FP; i++) {
      const c = f.regs[i]!;
      if (c.v.precise && c.v.type === 'SCALAR_VALUE') c.v = imprecise(c.v);
    }
    for (const slot of f.stack) if (isSpilledScalar(slot) && slot.cell.v.precise) slot.cell.v = imprecise(slot.cell.v);
  }
}
