/** States of the exploration: frames of registers and stack slots, and what Linux writes back into them later. */
import type { Reg } from './value/reg.ts';
import { NOT_INIT, pointer } from './value/reg.ts';

export const LIVE = { NONE: 0, READ32: 1, READ64: 2, READ: 3, WRITTEN: 4, DONE: 8 } as const;

/** A place for a value. Liveness and the parent link belong to the place, `v` is replaced. */
export interface Cell {
  v: Reg;
  live: number;
  parent: Cell | undefined;
}

/**
 * 8 bytes of stack. `types` has one letter a byte, the highest address first: `?` invalid, `r` spilled register, `m` misc, `0` zero,
 * `d` dynptr, `i` iterator.
 */
export interface Slot {
  readonly cell: Cell;
  types: string;
}

export const INVALID = '????????';
export const SPILL = 'rrrrrrrr';

interface Reference {
  readonly id: number;
  readonly insn_idx: number;
  /** Frame of the callback that acquired it, 0 outside of callbacks. */
  readonly callback_ref: number;
}

export interface FuncState {
  readonly frameno: number;
  readonly subprogno: number;
  readonly callsite: number;
  readonly regs: Cell[];
  readonly stack: Slot[];
  refs: readonly Reference[];
  /** How often async callbacks were entered on the way here. */
  async_entry_cnt: number;
  in_callback_fn: boolean;
  in_async_callback_fn: boolean;
  /** What the callback may return. */
  callback_ret_range: readonly [min: number, max: number];
  /** Iterations of a callback since the call was met. */
  callback_depth: number;
}

/** A jump on the way to a state, with what precision tracking must know of it. */
export interface HistEntry {
  readonly idx: number;
  readonly prev_idx: number;
  /** Stack slot that the insn accesses. */
  stack: { readonly frameno: number; readonly spi: number } | undefined;
  linked: readonly LinkedReg[] | undefined;
  /** Operands of a jump, a bit for each register, that hold stack pointers. */
  onStack: number;
}

export interface LinkedReg {
  readonly frameno: number;
  readonly reg: number | undefined;
  readonly spi: number | undefined;
}

export interface State {
  frame: FuncState[];
  branches: number;
  parent: State | undefined;
  insn_idx: number;
  first_insn_idx: number;
  last_insn_idx: number;
  history: HistEntry[];
  dfs_depth: number;
  loop_entry: State | undefined;
  used_as_loop_entry: boolean;
  may_goto_depth: number;
  callback_unroll_depth: number;
  /** The spin lock that is held: its map, or what else identifies it; undefined for none. */
  active_lock: { readonly ptr: object; readonly id: number } | undefined;
  active_rcu_lock: boolean;
  active_preempt_lock: number;
  in_sleepable: boolean;
}

/** Location of the main program's caller. */
export const MAIN_CALLSITE = -1;
export const FP = 10;
export const MAX_REG = 11;

function cell(v: Reg): Cell {
  return { v, live: LIVE.NONE, parent: undefined };
}

function newSlot(): Slot {
  return { cell: cell(NOT_INIT), types: INVALID };
}

export function newFrame(frameno: number, subprogno: number, callsite: number): FuncState {
  const regs = Array.from({ length: MAX_REG }, () => cell(NOT_INIT));
  regs[FP]!.v = pointer('PTR_TO_STACK', { frameno });
  return {
    frameno,
    subprogno,
    callsite,
    regs,
    stack: [],
    refs: [],
    async_entry_cnt: 0,
    in_callback_fn: false,
    in_async_callback_fn: false,
    callback_ret_range: [0, 0],
    callback_depth: 0,
  };
}

export function newState(subprogno = 0, in_sleepable = false): State {
  return {
    frame: [newFrame(0, subprogno, MAIN_CALLSITE)],
    branches: 1,
    parent: undefined,
    insn_idx: 0,
    first_insn_idx: 0,
    last_insn_idx: -1,
    history: [],
    dfs_depth: 0,
    loop_entry: undefined,
    used_as_loop_entry: false,
    may_goto_depth: 0,
    callback_unroll_depth: 0,
    active_lock: undefined,
    active_rcu_lock: false,
    active_preempt_lock: 0,
    in_sleepable,
  };
}

export function copyCell(c: Cell): Cell {
  return { v: c.v, live: c.live, parent: c.parent };
}

function copyFrame(f: FuncState): FuncState {
  return {
    frameno: f.frameno,
    subprogno: f.subprogno,
    callsite: f.callsite,
    regs: f.regs.map(copyCell),
    stack: f.stack.map((s) => ({ cell: copyCell(s.cell), types: s.types })),
    refs: f.refs,
    async_entry_cnt: f.async_entry_cnt,
    in_callback_fn: f.in_callback_fn,
    in_async_callback_fn: f.in_async_callback_fn,
    callback_ret_range: f.callback_ret_range,
    callback_depth: f.callback_depth,
  };
}

/** A state of its own with the same values, liveness and parents. @kernel copy_verifier_state */
export function copyState(s: State): State {
  return { ...s, frame: s.frame.map(copyFrame), history: s.history.slice(), used_as_loop_entry: false };
}

export function curFrame(s: State): FuncState {
  return s.frame[s.frame.length - 1]!;
}

/** The slots of a frame up to and with `spi` exist afterwards. @kernel grow_stack_state */
export function growStack(f: FuncState, spi: number): void {
  while (f.stack.length <= spi) f.stack.push(newSlot());
}

/** All registers and spilled registers of all frames. @kernel bpf_for_each_reg_in_vstate */
export function eachCell(s: State, visit: (c: Cell, frame: FuncState) => void): void {
  for (const f of s.frame) {
    for (const c of f.regs) visit(c, f);
    for (const slot of f.stack) if (slot.types[0] === 'r') visit(slot.cell, f);
  }
}

export function isSpilledReg(slot: Slot): boolean {
  return slot.types[7] === 'r';
}

export function isSpilledScalar(slot: Slot): boolean {
  return isSpilledReg(slot) && slot.cell.v.type === 'SCALAR_VALUE';
}

export function isSpilledScalar64(slot: Slot): boolean {
  return slot.types[0] === 'r' && slot.cell.v.type === 'SCALAR_VALUE';
}
