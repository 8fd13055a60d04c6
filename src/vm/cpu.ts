/** The state of a running program, and the moves that all insns share. */
import type { Arena } from '../mem/arena.ts';
import type { Problem } from '../util/problem.ts';
import type { Executable } from './executable.ts';
import type { Frames } from './frames.ts';
import { FRAME_WORDS, MAX_FRAMES, MAY_GOTO_LIMIT, STACK_SIZE, stackTop, WORD } from './frames.ts';
import type { MachineHost, RunStatus } from './host.ts';
import { vmProblem } from './messages.ts';

/** What the parts of the interpreter share: the running program, its registers and where it is. */
export class Cpu {
  readonly host: MachineHost;
  readonly arena: Arena;
  readonly frames: Frames;
  prog: Executable;
  /** Slot of the insn that runs now, or next. */
  pc = 0;
  /** Index of the current frame. */
  depth = 0;
  tailCalls = 0;

  constructor(host: MachineHost, frames: Frames, prog: Executable) {
    this.host = host;
    this.arena = host.env.arena;
    this.frames = frames;
    this.prog = prog;
  }

  /** Index of the current frame's first word: R0's low half. */
  frameWord(): number {
    return (this.frames.registers >> 2) + this.depth * FRAME_WORDS;
  }

  /** Makes frame `depth` current: its stack becomes accessible, the deeper ones cease to be. */
  enterFrame(depth: number): void {
    this.depth = depth;
    const fp = this.frameWord();
    const words = this.arena.i32;
    words[fp + WORD.r10] = stackTop(this.frames, depth);
    words[fp + WORD.r10 + 1] = 0;
    words[fp + WORD.mayGoto] = MAY_GOTO_LIMIT;
    this.#openStack();
  }

  /** Goes back to the caller's frame and gives it R0. */
  popFrame(lo: number, hi: number): void {
    const fp = this.frameWord();
    const words = this.arena.i32;
    const prog = this.host.program(words[fp + WORD.returnProg]!);
    if (!prog) throw new Error('a frame returns to a program that is gone');
    this.pc = words[fp + WORD.returnPc]!;
    this.prog = prog;
    this.depth--;
    this.#openStack();
    words[fp - FRAME_WORDS] = lo;
    words[fp - FRAME_WORDS + 1] = hi;
  }

  /**
   * Enters a subprogram: registers are passed on, R10 is its own. `loopHelper` is the helper whose callback it is, or 0.
   * Answers the fault when there are too many frames.
   */
  pushFrame(prog: Executable, target: number, loopHelper = 0): RunStatus | undefined {
    if (this.depth + 1 >= MAX_FRAMES) return this.fault(vmProblem('call-depth', {}, { limit: MAX_FRAMES }));
    const words = this.arena.i32;
    const fp = this.frameWord();
    const callee = fp + FRAME_WORDS;
    words.copyWithin(callee, fp, fp + WORD.r10);
    words[callee + WORD.returnPc] = this.pc + 1;
    words[callee + WORD.returnProg] = this.prog.id;
    words[callee + WORD.loopHelper] = loopHelper;
    this.enterFrame(this.depth + 1);
    this.prog = prog;
    this.pc = target;
    return undefined;
  }

  fault(problem: Problem): RunStatus {
    return { state: 'fault', problem: { ...problem, at: { insn: this.pc } } };
  }

  /** The address in the register at a word, plus an offset; -1 when the register holds no address. */
  address(reg: number, off: number): number {
    const words = this.arena.i32;
    return words[reg + 1] === 0 ? (words[reg]! >>> 0) + off : -1;
  }

  #openStack(): void {
    const window = this.frames.windowWord;
    this.arena.touch(window << 2);
    this.arena.i32[window] = stackTop(this.frames, this.depth) - STACK_SIZE;
  }
}

/** Where each frame goes on, innermost first: the text address behind its call. */
export function callChain(cpu: Cpu): number[] {
  const words = cpu.arena.i32;
  const chain = [cpu.prog.text + 8 * (cpu.pc + 1)];
  for (let fp = cpu.frameWord(), depth = cpu.depth; depth > 0; depth--, fp -= FRAME_WORDS) {
    const prog = cpu.host.program(words[fp + WORD.returnProg]!);
    if (prog) chain.push(prog.text + 8 * words[fp + WORD.returnPc]!);
  }
  return chain;
}

/** A frame as a debugger sees it. */
export interface FrameView {
  /** 0 for the program's first frame. */
  readonly depth: number;
  readonly prog: Executable;
  /** The insn that runs next; of an outer frame the call that it is in. */
  readonly slot: number;
  /** The helper whose callback this frame is, or 0. */
  readonly loopHelper: number;
}

/** All frames, innermost first. */
export function frameViews(cpu: Cpu): FrameView[] {
  const words = cpu.arena.i32;
  const views: FrameView[] = [];
  let { prog, pc } = cpu;
  for (let { depth } = cpu, fp = cpu.frameWord(); ; depth--, fp -= FRAME_WORDS) {
    views.push({ depth, prog, slot: pc, loopHelper: depth === 0 ? 0 : words[fp + WORD.loopHelper]! });
    if (depth === 0) return views;
    const caller = cpu.host.program(words[fp + WORD.returnProg]!);
    if (!caller) return views;
    prog = caller;
    pc = words[fp + WORD.returnPc]! - 1;
  }
}
