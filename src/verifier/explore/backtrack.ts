/** Walking back over insns: the registers and stack slots whose numbers must be precise before each of them. */
import { ERRNO } from '../../spec/errno.ts';
import { SYNC_CALLBACKS } from '../call/effects.ts';
import type { Env, Err } from '../env.ts';
import { verbose } from '../env.ts';
import { classOf } from '../program.ts';
import type { HistEntry } from '../state.ts';
import { FP } from '../state.ts';
import { findSubprog, subprogIsGlobal } from '../structure/subprogs.ts';

const ARGS = 0b111110;
/** R1 to R5 as a mask of registers. */
export const ARG_MASK = ARGS;
/** The insn cannot be walked back over: everything becomes precise. */
export const ALL_PRECISE = -1;
/** Done with the insn, and linked registers are not looked at again. */
const DONE = 1;
const MAX_FRAMES = 8;
const { EFAULT } = ERRNO;

/** Registers and slots that are asked for, by frame: bit i of a mask is Ri, or slot i of the lower or upper 32 slots. */
export class Backtrack {
  frame = 0;
  readonly regs = new Int32Array(MAX_FRAMES);
  readonly #low = new Int32Array(MAX_FRAMES);
  readonly #high = new Int32Array(MAX_FRAMES);

  /** Asks for nothing, in frames up to `frame`. */
  reset(frame: number): void {
    this.frame = frame;
    this.regs.fill(0);
    this.#low.fill(0);
    this.#high.fill(0);
  }
  empty(): boolean {
    for (let f = 0; f <= this.frame; f++) if (this.regs[f] !== 0 || this.slots(f)) return false;
    return true;
  }
  /** Whether any slot of the frame is asked for. */
  slots(frame: number): boolean {
    return this.#low[frame] !== 0 || this.#high[frame] !== 0;
  }
  hasSlot(frame: number, spi: number): boolean {
    return (((spi < 32 ? this.#low[frame]! : this.#high[frame]!) >>> (spi & 31)) & 1) === 1;
  }
  addSlot(frame: number, spi: number): void {
    const mask = spi < 32 ? this.#low : this.#high;
    mask[frame]! |= 1 << (spi & 31);
  }
  /** Whether it had been asked for. */
  deleteSlot(frame: number, spi: number): boolean {
    if (!this.hasSlot(frame, spi)) return false;
    const mask = spi < 32 ? this.#low : this.#high;
    mask[frame]! &= ~(1 << (spi & 31));
    return true;
  }
  /** `r1,r3` */
  regText(frame: number): string {
    const names: string[] = [];
    for (let i = 0; i < 16; i++) if ((this.regs[frame]! >> i) & 1) names.push(`r${i}`);
    return names.join(',');
  }
  /** `-8,-24` */
  slotText(frame: number): string {
    const names: string[] = [];
    for (let spi = 0; spi < 64; spi++) if (this.hasSlot(frame, spi)) names.push(`${-(spi + 1) * 8}`);
    return names.join(',');
  }
}

/** Linked registers are precise together. @kernel bt_sync_linked_regs */
function syncLinked(bt: Backtrack, hist: HistEntry | undefined): void {
  const linked = hist?.linked;
  if (!linked) return;
  const asked = linked.some((l) =>
    l.reg === undefined ? bt.hasSlot(l.frameno, l.spi!) : ((bt.regs[l.frameno]! >> l.reg) & 1) === 1,
  );
  if (!asked) return;
  for (const l of linked) {
    if (l.reg === undefined) bt.addSlot(l.frameno, l.spi!);
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

/** Back from a subprogram's first insn to the call: only its arguments may still be asked for. */
function leaveSubprog(env: Env, idx: number, bt: Backtrack): Err {
  const asked = bt.regs[bt.frame]!;
  if (subprogIsGlobal(env, findSubprog(env, idx + env.insns[idx]!.imm + 1))) {
    if (asked & ARGS) return -EFAULT;
    bt.regs[bt.frame]! &= ~1;
    return DONE;
  }
  if (asked & ~ARGS || bt.slots(bt.frame) || bt.frame === 0) return -EFAULT;
  bt.regs[bt.frame] = 0;
  bt.frame--;
  bt.regs[bt.frame]! |= asked;
  return DONE;
}

/** Back from a callback to the helper that calls it, which made its arguments. */
function leaveCallback(bt: Backtrack): Err {
  if (bt.regs[bt.frame]! & ~ARGS || bt.slots(bt.frame) || bt.frame === 0) return -EFAULT;
  bt.regs[bt.frame] = 0;
  bt.frame--;
  return DONE;
}

/** Back into a subprogram or callback from the insn behind its call. */
function enterSubprog(env: Env, subseq: number, bt: Backtrack): Err {
  const mask = bt.regs[bt.frame]!;
  // A callback leaves the arguments of the call that runs it alone.
  const callback = subseq >= 0 && env.aux[subseq]!.calls_callback;
  if (mask & ARGS && !callback) return -EFAULT;
  const result = subseq >= 1 && localCall(env, subseq - 1) && (mask & 1) === 1;
  bt.regs[bt.frame] = mask & ~1;
  if (bt.frame + 1 >= MAX_FRAMES) return -EFAULT;
  bt.frame++;
  if (result) bt.regs[bt.frame]! |= 1;
  return DONE;
}

/** A value that is loaded was stored before: the slot is asked for instead of the register. */
function fromSlot(bt: Backtrack, hist: HistEntry | undefined): Err {
  if (!hist?.stack) return DONE;
  bt.addSlot(hist.stack.frameno, hist.stack.spi);
  return 0;
}

function stepBack(env: Env, idx: number, subseq: number, hist: HistEntry | undefined, bt: Backtrack): Err {
  const insn = env.insns[idx]!;
  const { dst, src } = insn;
  const row = insn.row!;
  const f = bt.frame;
  const mask = bt.regs[f]!;
  const asked = ((mask >> dst) & 1) === 1;
  switch (row.kind) {
    case 'alu': {
      if (!asked) return DONE;
      const op = row.op;
      if (op === 'neg' || op === 'le' || op === 'be' || op === 'bswap') return DONE;
      const before = op === 'mov' || op === 'movsx' ? mask & ~(1 << dst) : mask;
      bt.regs[f] = row.operand === 'reg' && src !== FP ? before | (1 << src) : before;
      return 0;
    }
    case 'load':
      if (!asked) return DONE;
      bt.regs[f] = mask & ~(1 << dst);
      return fromSlot(bt, hist);
    case 'atomic':
    case 'store': {
      if (row.kind === 'atomic' && row.fetch) {
        const loaded = row.op === 'cmpxchg' ? 0 : src;
        if ((mask >> loaded) & 1) {
          bt.regs[f] = mask & ~(1 << loaded);
          return fromSlot(bt, hist);
        }
      }
      if (asked) return ALL_PRECISE;
      if (!hist?.stack || !bt.deleteSlot(hist.stack.frameno, hist.stack.spi)) return DONE;
      if (classOf(insn) === 'STX') bt.regs[f] = mask | (1 << src);
      return 0;
    }
    case 'call':
      if (row.target === 'local') return leaveSubprog(env, idx, bt);
      if (syncCallback(env, idx) && idx !== subseq - 1) return leaveCallback(bt);
      if (row.target === 'kfunc' && insn.imm === 0 && !env.kfuncs.has(idx)) return ALL_PRECISE;
      bt.regs[f] = mask & ~1;
      return mask & ARGS ? -EFAULT : 0;
    case 'exit':
      return enterSubprog(env, subseq, bt);
    case 'jump':
      if (row.operand !== 'reg') return 0;
      if (!asked && ((mask >> src) & 1) === 0) return DONE;
      // Pointers into the stack are never numbers to be precise about.
      bt.regs[f] = mask | (((1 << dst) | (1 << src)) & ~(hist?.onStack ?? 0));
      return 0;
    case 'ld_imm64':
      if (!asked) return DONE;
      bt.regs[f] = mask & ~(1 << dst);
      return 0;
    case 'ld_packet':
      if (asked) return ALL_PRECISE;
      // Outside of the packet the subprogram ended here.
      if (subseq >= 0 && subseq !== idx + 1 && f + 1 < MAX_FRAMES) bt.frame++;
      return DONE;
    default:
      return 0;
  }
}

/** Takes one insn back; `subseq` is the insn that ran after it. @kernel backtrack_insn */
export function backtrackInsn(env: Env, idx: number, subseq: number, hist: HistEntry | undefined, bt: Backtrack): Err {
  const insn = env.insns[idx]!;
  if (insn.code === 0 || !insn.row) return 0;
  if (env.log.level & 2) {
    const what = `regs=${bt.regText(bt.frame)} stack=${bt.slotText(bt.frame)}`;
    verbose(env, `mark_precise: frame${bt.frame}: ${what} before ${idx}: ${env.insnText(idx)}\n`);
  }
  if (hist) syncLinked(bt, hist);
  const err = stepBack(env, idx, subseq, hist, bt);
  if (err !== 0) return Math.min(err, 0);
  if (hist) syncLinked(bt, hist);
  return 0;
}
