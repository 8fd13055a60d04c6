/** What the verifier saw at an insn: frames of values as they were, sharing with the insn before whatever did not change. */
import type { PrintedCell, PrintedFrame } from '../../verifier/log/print.ts';
import type { FuncState, State } from '../../verifier/state.ts';

/** 8 bytes of stack: `types` as in the verifier's state, highest address first. */
export interface SeenSlot {
  readonly types: string;
  readonly cell: PrintedCell;
}

/** One frame; never changed, so nodes share them. */
export interface SeenFrame extends PrintedFrame {
  readonly subprogno: number;
  /** The call that it was entered by, -1 for the first. */
  readonly callsite: number;
  /** R0 to R10. */
  readonly regs: readonly PrintedCell[];
  /** fp-8 first. */
  readonly stack: readonly SeenSlot[];
}

/** Frames of a state, the outermost first. */
export type SeenFrames = readonly SeenFrame[];

const same = (a: PrintedCell, b: PrintedCell | undefined): boolean =>
  b !== undefined && a.v === b.v && a.live === b.live;

const kept = (c: PrintedCell, before: PrintedCell | undefined): PrintedCell =>
  before && same(c, before) ? before : { v: c.v, live: c.live };

function seenRegs(f: FuncState, before: SeenFrame | undefined): SeenFrame['regs'] {
  if (before && f.regs.every((c, i) => same(c, before.regs[i]))) return before.regs;
  return f.regs.map((c, i) => kept(c, before?.regs[i]));
}

function seenStack(f: FuncState, before: SeenFrame | undefined): SeenFrame['stack'] {
  const old = before?.stack;
  const equal = (i: number): boolean => f.stack[i]!.types === old![i]!.types && same(f.stack[i]!.cell, old![i]!.cell);
  if (old && old.length === f.stack.length && f.stack.every((_, i) => equal(i))) return old;
  return f.stack.map((s, i) =>
    old?.[i] && equal(i) ? old[i] : { types: s.types, cell: kept(s.cell, old?.[i]?.cell) },
  );
}

function seenFrame(f: FuncState, before: SeenFrame | undefined): SeenFrame {
  const regs = seenRegs(f, before);
  const stack = seenStack(f, before);
  if (
    before &&
    regs === before.regs &&
    stack === before.stack &&
    f.refs === before.refs &&
    f.callsite === before.callsite &&
    f.subprogno === before.subprogno
  ) {
    return before;
  }
  const { frameno, subprogno, callsite, refs, in_callback_fn, in_async_callback_fn } = f;
  return { frameno, subprogno, callsite, regs, stack, refs, in_callback_fn, in_async_callback_fn };
}

/** A copy of the frames of a state, as much as possible of it shared with `before`. */
export function seenFrames(state: State, before: SeenFrames | undefined): SeenFrames {
  const frames = state.frame.map((f, i) => seenFrame(f, before?.[i]));
  return before && before.length === frames.length && frames.every((f, i) => f === before[i]) ? before : frames;
}
