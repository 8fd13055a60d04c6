/**
 * What of a state is in doubt for a run whose path was pruned. The state that covers a path was compared with it only where something
 * later counts on it; all else in it, and whatever is computed from that, is another path's.
 */
import type { Insn } from '../../isa/insn.ts';
import type { OpRow } from '../../isa/rows.ts';
import { LIVE } from '../../verifier/state.ts';
import type { Reg } from '../../verifier/value/reg.ts';
import { S64_MAX } from '../../verifier/value/reg.ts';
import type { Graph } from './graph.ts';
import type { SeenFrame, SeenFrames } from './seen.ts';

/** Of one frame: a bit for each register, and for each 8 bytes of stack, fp-8 first. */
interface FrameDoubt {
  readonly regs: number;
  readonly slots: bigint;
}

/** By frame of the walk. Undefined: nothing is in doubt. */
export type Doubt = readonly FrameDoubt[] | undefined;

const NONE: FrameDoubt = { regs: 0, slots: 0n };
const CALLER_SAVED = 0b111111;
const ARGS = 0b111110;

/** Whether a place of a remembered state was compared with the path's: it is read later, and of numbers the precise ones. */
const counts = (v: Reg, live: number): boolean => (live & LIVE.READ) !== 0 && (v.type !== 'SCALAR_VALUE' || v.precise);

const frameOf = (doubt: Doubt, i: number): FrameDoubt => doubt?.[i] ?? NONE;
const simple = (doubt: readonly FrameDoubt[]): Doubt =>
  doubt.every((d) => d.regs === 0 && d.slots === 0n) ? undefined : doubt;

/** Equal doubts have equal keys. */
export function doubtKey(doubt: Doubt): string {
  return doubt ? doubt.map((d) => `${d.regs}.${d.slots.toString(36)}`).join(' ') : '';
}

export function registerDoubted(doubt: Doubt, frame: number, reg: number): boolean {
  return ((frameOf(doubt, frame).regs >> reg) & 1) === 1;
}

export function slotDoubted(doubt: Doubt, frame: number, spi: number): boolean {
  return ((frameOf(doubt, frame).slots >> BigInt(spi)) & 1n) === 1n;
}

/** At the covering node, after a path that `node` ends; `before` is what was in doubt at its end. */
export function doubtAtPrune(graph: Graph, node: number, before: Doubt): Doubt {
  const prune = graph.prune(node)!;
  const covering = graph.covering(prune.into)!;
  // Of a loop that is not finished all was compared: only old doubts go on.
  const all = prune.how !== 'NOT_EXACT';
  return simple(
    covering.map((f, i): FrameDoubt => {
      let regs = 0;
      let slots = 0n;
      for (let r = 0; r < 10; r++) {
        const { v, live } = f.regs[r]!;
        if (!counts(v, live) && (!all || registerDoubted(before, i, r))) regs |= 1 << r;
      }
      f.stack.forEach(({ cell, types }, spi) => {
        const kept = types[7] === 'r' ? counts(cell.v, cell.live) : (cell.live & LIVE.READ) !== 0;
        if (!kept && (!all || slotDoubted(before, i, spi))) slots |= 1n << BigInt(spi);
      });
      return { regs, slots };
    }),
  );
}

/** The slots of a frame that an access through a stack pointer touches. */
function touched(
  v: Reg,
  off: number,
  size: number,
): { readonly frame: number; readonly slots: bigint; readonly exact: boolean } {
  const all = (1n << 64n) - 1n;
  if (v.var_off.mask !== 0n) return { frame: v.frameno, slots: all, exact: false };
  const at = v.off + off + Number(BigInt.asIntN(64, v.var_off.value));
  const first = (-at - 1) >> 3;
  const last = (-(at + size - 1) - 1) >> 3;
  let slots = 0n;
  for (let spi = Math.max(0, last); spi <= first && spi < 64; spi++) slots |= 1n << BigInt(spi);
  return { frame: v.frameno, slots, exact: size === 8 && at % 8 === 0 };
}

/** A draft of the doubts of all frames. */
class Doubts {
  readonly frames: { regs: number; slots: bigint }[];
  readonly #top: number;

  constructor(doubt: Doubt, count: number) {
    this.frames = Array.from({ length: count }, (_, i) => ({ ...frameOf(doubt, i) }));
    this.#top = count - 1;
  }

  has(reg: number): boolean {
    return ((this.frames[this.#top]!.regs >> reg) & 1) === 1;
  }

  set(reg: number, on: boolean): void {
    const f = this.frames[this.#top]!;
    f.regs = on ? f.regs | (1 << reg) : f.regs & ~(1 << reg);
  }

  /** Any of these slots. */
  stored(frame: number, slots: bigint): boolean {
    return ((this.frames[frame]?.slots ?? 0n) & slots) !== 0n;
  }

  store(frame: number, slots: bigint, on: boolean, whole: boolean): void {
    const f = this.frames[frame];
    if (!f) return;
    if (on) f.slots |= slots;
    else if (whole) f.slots &= ~slots;
  }
}

/** Numbers that are known to be equal, or apart by a constant, learn from one another's comparisons. */
function spread(d: Doubts, seen: SeenFrames, of: Reg): void {
  if (of.id === 0) return;
  const id = of.id & 0x7fff_ffff;
  const linked = (v: Reg): boolean => v.id !== 0 && (v.id & 0x7fff_ffff) === id;
  seen.forEach((f, i) => {
    f.regs.forEach(({ v }, r) => {
      if (linked(v)) d.frames[i]!.regs |= 1 << r;
    });
    f.stack.forEach(({ cell, types }, spi) => {
      if (types[7] === 'r' && linked(cell.v)) d.frames[i]!.slots |= 1n << BigInt(spi);
    });
  });
}

/** What one insn does to the doubts of the frame that it runs in. */
function through(d: Doubts, seen: SeenFrames, insn: Insn, row: OpRow | undefined, after: SeenFrame): void {
  const { dst, src, off } = insn;
  const regs = seen[seen.length - 1]!.regs;
  const stack = (reg: number, size: number) =>
    regs[reg]!.v.type === 'PTR_TO_STACK' ? touched(regs[reg]!.v, off, size) : undefined;
  switch (row?.kind) {
    case 'alu': {
      const operand = row.operand === 'reg' && d.has(src);
      d.set(dst, row.op.startsWith('mov') ? operand : d.has(dst) || operand);
      return;
    }
    case 'load': {
      const at = stack(src, row.size);
      d.set(dst, d.has(src) || (at !== undefined && d.stored(at.frame, at.slots)));
      return;
    }
    case 'store': {
      const at = stack(dst, row.size);
      if (at) d.store(at.frame, at.slots, row.operand === 'reg' && d.has(src), at.exact);
      return;
    }
    case 'atomic': {
      const at = stack(dst, row.size);
      const old = at !== undefined && d.stored(at.frame, at.slots);
      if (at) d.store(at.frame, at.slots, d.has(src) || old, false);
      if (row.fetch) d.set(row.op === 'cmpxchg' ? 0 : src, old);
      return;
    }
    case 'ld_imm64':
      d.set(dst, false);
      return;
    case 'jump': {
      const operand = row.operand === 'reg';
      if (!d.has(dst) && !(operand && d.has(src))) return;
      d.set(dst, true);
      spread(d, seen, regs[dst]!.v);
      if (!operand) return;
      d.set(src, true);
      spread(d, seen, regs[src]!.v);
      return;
    }
    case 'ld_packet':
    case 'call': {
      // Some results are bounded by an argument.
      const { v } = after.regs[0]!;
      const bounded = v.type === 'SCALAR_VALUE' && (v.umax_value <= S64_MAX || v.smin_value >= 0n);
      const asked = [1, 2, 3, 4, 5].some((r) => d.has(r));
      for (let r = 0; r <= 5; r++) d.set(r, r === 0 && bounded && asked);
      return;
    }
    default:
  }
}

/** At `child`, which `node` goes on to along an edge of its path. */
export function doubtAfter(graph: Graph, node: number, child: number, doubt: Doubt): Doubt {
  if (!doubt) return undefined;
  const seen = graph.frames(node);
  const next = graph.frames(child);
  const top = seen.length - 1;
  const own = frameOf(doubt, top);
  if (next.length > seen.length) {
    const caller = next[top + 1]!;
    // A callback gets arguments of the call in other registers.
    const args = caller.in_callback_fn ? ((own.regs & ARGS) === 0 ? 0 : ARGS) : own.regs & ARGS;
    const regs = caller.in_callback_fn ? own.regs : own.regs & ~CALLER_SAVED;
    return simple([...doubt.slice(0, top), { ...own, regs }, { regs: args, slots: 0n }]);
  }
  if (next.length < seen.length) {
    const outer = frameOf(doubt, top - 1);
    const result = seen[top]!.in_callback_fn ? outer.regs & 1 : own.regs & 1;
    return simple([...doubt.slice(0, top - 1), { ...outer, regs: (outer.regs & ~1) | result }]);
  }
  const d = new Doubts(doubt, seen.length);
  const insn = graph.insns[graph.slot(node)];
  if (insn) through(d, seen, insn, insn.row, next[next.length - 1]!);
  return simple(d.frames);
}
