/** Walks backwards to the insns that a number depends on, and marks it precise in all states on the way. */
import { ERRNO } from '../../spec/errno.ts';
import { SYNC_CALLBACKS } from '../call/effects.ts';
import type { Env, Err } from '../env.ts';
import { verbose } from '../env.ts';
import { printFrame } from '../log/events.ts';
import { classOf, opName } from '../program.ts';
import type { Cell, HistEntry, State } from '../state.ts';
import { FP, isSpilledReg, isSpilledScalar, MAIN_CALLSITE } from '../state.ts';
import { findSubprog, subprogIsGlobal } from '../structure/subprogs.ts';
import type { Reg } from '../value/reg.ts';

/** Registers and slots that are asked for, by frame. */
interface Backtrack {
  frame: number;
  readonly regs: number[];
  readonly slots: Set<number>[];
}

const ARGS = 0b111110;
const ALL_PRECISE = -1;
const MAX_FRAMES = 8;
const { EFAULT } = ERRNO;

const precise = (r: Reg): Reg => ({ ...r, precise: true });
const imprecise = (r: Reg): Reg => ({ ...r, precise: false });

function empty(bt: Backtrack): boolean {
  for (let f = 0; f <= bt.frame; f++) if (bt.regs[f] !== 0 || bt.slots[f]!.size > 0) return false;
  return true;
}

function regMask(mask: number): string {
  const names: string[] = [];
  for (let i = 0; i < 16; i++) if ((mask >> i) & 1) names.push(`r${i}`);
  return names.join(',');
}

function slotMask(slots: ReadonlySet<number>): string {
  return [...slots]
    .sort((a, b) => a - b)
    .map((spi) => `${-(spi + 1) * 8}`)
    .join(',');
}

/** Linked registers are precise together. */
function syncLinked(bt: Backtrack, hist: HistEntry | undefined): void {
  const linked = hist?.linked;
  if (!linked) return;
  const asked = linked.some((l) =>
    l.reg === undefined ? bt.slots[l.frameno]!.has(l.spi!) : ((bt.regs[l.frameno]! >> l.reg) & 1) === 1,
  );
  if (!asked) return;
  for (const l of linked) {
    if (l.reg === undefined) bt.slots[l.frameno]!.add(l.spi!);
    else bt.regs[l.frameno]! |= 1 << l.reg;
  }
}

/** @kernel is_sync_callback_calling_insn */
function syncCallback(env: Env, idx: number): boolean {
  const insn = env.insns[idx]!;
  return insn.row?.kind === 'call' && insn.row.target === 'helper' && SYNC_CALLBACKS.has(insn.imm);
}

function localCall(env: Env, idx: number): boolean {
  const row = env.insns[idx]?.row;
  return row?.kind === 'call' && row.target === 'local';
}

/** Takes one insn back: what must be precise before it. @kernel backtrack_insn */
function backtrackInsn(env: Env, idx: number, subseq: number, hist: HistEntry | undefined, bt: Backtrack): Err {
  const insn = env.insns[idx]!;
  const { row, dst, src } = insn;
  if (insn.code === 0 || !row) return 0;
  if (env.log.level & 2) {
    const [regs, slots] = [regMask(bt.regs[bt.frame]!), slotMask(bt.slots[bt.frame]!)];
    verbose(env, `mark_precise: frame${bt.frame}: regs=${regs} stack=${slots} before ${idx}: ${env.insnText(idx)}\n`);
  }
  syncLinked(bt, hist);
  const err = stepBack(env, subseq, hist, bt);
  if (err !== 0) return Math.min(err, 0);
  syncLinked(bt, hist);
  return 0;

  /** 1: done early, linked registers are not looked at again. */
  function stepBack(env: Env, subseq: number, hist: HistEntry | undefined, bt: Backtrack): Err {
    const f = bt.frame;
    const has = (r: number): boolean => ((bt.regs[f]! >> r) & 1) === 1;
    const set = (r: number): void => {
      bt.regs[f]! |= 1 << r;
    };
    const clear = (r: number): void => {
      bt.regs[f]! &= ~(1 << r);
    };
    switch (row!.kind) {
      case 'alu': {
        if (!has(dst)) return 1;
        const op = opName(row!);
        if (op === 'neg' || op === 'le' || op === 'be' || op === 'bswap') return 1;
        if (op === 'mov' || op === 'movsx') {
          clear(dst);
          if (row!.operand === 'reg' && src !== FP) set(src);
        } else if (row!.operand === 'reg' && src !== FP) set(src);
        return 0;
      }
      case 'load':
        if (!has(dst)) return 1;
        clear(dst);
        if (!hist?.stack) return 1;
        bt.slots[hist.stack.frameno]!.add(hist.stack.spi);
        return 0;
      case 'atomic':
      case 'store': {
        if (row!.kind === 'atomic' && row!.fetch) {
          const loaded = row!.op === 'cmpxchg' ? 0 : src;
          if (has(loaded)) {
            clear(loaded);
            if (!hist?.stack) return 1;
            bt.slots[hist.stack.frameno]!.add(hist.stack.spi);
            return 0;
          }
        }
        if (has(dst)) return ALL_PRECISE;
        if (!hist?.stack) return 1;
        const slots = bt.slots[hist.stack.frameno]!;
        if (!slots.delete(hist.stack.spi)) return 1;
        if (classOf(insn) === 'STX') set(src);
        return 0;
      }
      case 'call': {
        if (row!.target === 'local') return leaveSubprog(idx, bt);
        if (syncCallback(env, idx) && idx !== subseq - 1) return leaveCallback(bt);
        if (row!.target === 'kfunc' && insn.imm === 0 && !env.kfuncs.has(idx)) return ALL_PRECISE;
        clear(0);
        return bt.regs[f]! & ARGS ? -EFAULT : 0;
      }
      case 'exit': {
        // A callback leaves the arguments of the call that runs it alone.
        const callback = subseq >= 0 && env.aux[subseq]!.calls_callback;
        if (bt.regs[f]! & ARGS && !callback) return -EFAULT;
        const result = subseq >= 1 && localCall(env, subseq - 1) && has(0);
        clear(0);
        if (f + 1 >= MAX_FRAMES) return -EFAULT;
        bt.frame++;
        if (result) bt.regs[bt.frame]! |= 1;
        return 1;
      }
      case 'jump':
        if (row!.operand !== 'reg') return 0;
        if (!has(dst) && !has(src)) return 1;
        set(dst);
        set(src);
        return 0;
      case 'ld_imm64':
        if (!has(dst)) return 1;
        clear(dst);
        return 0;
      case 'ld_packet':
        if (has(dst)) return ALL_PRECISE;
        // Outside of the packet the subprogram ended here.
        if (subseq >= 0 && subseq !== idx + 1 && f + 1 < MAX_FRAMES) bt.frame++;
        return 1;
      default:
        return 0;
    }
  }

  /** Back from a subprogram's first insn to the call: only its arguments may still be asked for. */
  function leaveSubprog(idx: number, bt: Backtrack): Err {
    const asked = bt.regs[bt.frame]!;
    if (subprogIsGlobal(env, findSubprog(env, idx + env.insns[idx]!.imm + 1))) {
      if (asked & ARGS) return -EFAULT;
      bt.regs[bt.frame]! &= ~1;
      return 1;
    }
    if (asked & ~ARGS || bt.slots[bt.frame]!.size > 0 || bt.frame === 0) return -EFAULT;
    bt.regs[bt.frame] = 0;
    bt.frame--;
    bt.regs[bt.frame]! |= asked;
    return 1;
  }

  /** Back from a callback to the helper that calls it, which made its arguments. */
  function leaveCallback(bt: Backtrack): Err {
    if (bt.regs[bt.frame]! & ~ARGS || bt.slots[bt.frame]!.size > 0 || bt.frame === 0) return -EFAULT;
    bt.regs[bt.frame] = 0;
    bt.frame--;
    return 1;
  }
}

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
    for (let i = 0; i < FP; i++) {
      if (((bt.regs[fr]! >> i) & 1) === 0) continue;
      const c = f.regs[i]!;
      if (c.v.type !== 'SCALAR_VALUE' || c.v.precise) bt.regs[fr]! &= ~(1 << i);
      else c.v = precise(c.v);
    }
    for (const spi of [...bt.slots[fr]!]) {
      const slot = f.stack[spi];
      if (!slot || !isSpilledReg(slot) || !isSpilledScalar(slot) || slot.cell.v.precise) bt.slots[fr]!.delete(spi);
      else slot.cell.v = precise(slot.cell.v);
    }
    if (env.log.level & 2) {
      verbose(
        env,
        `mark_precise: frame${fr}: parent state regs=${regMask(bt.regs[fr]!)} stack=${slotMask(bt.slots[fr]!)}: `,
      );
      printFrame(env, f);
    }
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
    if (empty(bt)) return 1;
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
    if (last < 0) return atEntry(env, st, bt);
    const err = backtrackState(env, st, last, subseq, skip, bt);
    if (err !== 0) return Math.min(err, 0);
    skip = false;
    if (!st.parent) break;
    st = st.parent;
    markParent(env, st, bt);
    if (empty(bt)) return 0;
    subseq = first;
    last = st.last_insn_idx;
    first = st.first_insn_idx;
  }
  if (!empty(bt)) markAllPrecise(env);
  return 0;
}

/** Before the first insn of a global function only its arguments can be asked for. */
function atEntry(env: Env, st: State, bt: Backtrack): Err {
  const f = st.frame[0]!;
  const mask = bt.regs[0]!;
  if (st.frame.length !== 1 || f.subprogno === 0 || f.callsite !== MAIN_CALLSITE) return -EFAULT;
  if (bt.slots[0]!.size > 0 || mask & ~ARGS) return -EFAULT;
  for (let i = 1; i <= 5; i++) {
    if ((mask >> i) & 1 && f.regs[i]!.v.type === 'SCALAR_VALUE') f.regs[i]!.v = precise(f.regs[i]!.v);
  }
  void env;
  return 0;
}

function start(env: Env): Backtrack {
  return {
    frame: env.cur.frame.length - 1,
    regs: new Array<number>(MAX_FRAMES).fill(0),
    slots: Array.from({ length: MAX_FRAMES }, () => new Set<number>()),
  };
}

/** A register's number decides something: keep it apart when comparing states. @kernel mark_chain_precision */
export function markChainPrecision(env: Env, regno: number): Err {
  const bt = start(env);
  if (regno < 0 || regno === FP) return 0;
  bt.regs[bt.frame] = 1 << regno;
  return chain(env, bt);
}

/** What was precise in an equal old state is precise on our path. @kernel propagate_precision */
export function propagatePrecision(env: Env, old: State): Err {
  const bt = start(env);
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
      bt.slots[fr]!.add(spi);
      slots.push(`fp${-(spi + 1) * 8}`);
    }
    if (env.log.level & 2 && regs.length + slots.length > 0) {
      verbose(env, `frame ${fr}: propagating ${[...regs, ...slots].join(',')}\n`);
    }
  }
  if (empty(bt)) return 0;
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
