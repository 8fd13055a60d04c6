/**
 * The interpreter: one running program over the registers and stacks in linear memory. `advance(n)` runs at most n
 * insns, so stepping is `advance(1)`; pausing anywhere changes nothing.
 */
import type { AluRow, JumpRow } from '../isa/rows.ts';
import { joinHalves } from '../util/bits.ts';
import type { FrameView } from './cpu.ts';
import { Cpu, callChain, frameViews } from './cpu.ts';
import { dispatch } from './dispatch.ts';
import type { Executable } from './executable.ts';
import { KIND, LOWERED, STOP } from './executable.ts';
import type { Frames } from './frames.ts';
import { FRAME_BYTES, MAX_FRAMES, STACK_SIZE, WORD } from './frames.ts';
import type { MachineHost, MachineState, RunStatus } from './host.ts';
import { vmProblem } from './messages.ts';

const PAUSED: RunStatus = { state: 'paused' };

/** A program at work. `advance(n)` executes at most n insns, so that stepping is `advance(1)`. */
export class Machine {
  readonly #cpu: Cpu;
  readonly #limit: number;
  #insns = 0;
  #status: RunStatus = PAUSED;

  /** A run of `prog` that faults after `limit` insns; call `start` or `restore` next. */
  constructor(host: MachineHost, frames: Frames, prog: Executable, limit: number) {
    this.#cpu = new Cpu(host, frames, prog);
    this.#limit = limit;
    host.setCallChain(() => callChain(this.#cpu));
  }

  /** Begins at the program's first insn with R1 = `ctx`, every other register zero, the stack as `Frames.fill` says. */
  start(ctx: number): void {
    const { arena, frames } = this.#cpu;
    arena.fill(frames.registers, 0, MAX_FRAMES * FRAME_BYTES);
    arena.fill(frames.stack, frames.fill, MAX_FRAMES * STACK_SIZE);
    this.#cpu.enterFrame(0);
    this.setRegister(1, ctx, 0);
  }

  /** Begins at a slot of the program, as a call with these arguments. */
  startAt(slot: number, args: readonly number[]): void {
    this.start(0);
    this.#cpu.pc = slot;
    args.forEach((value, i) => {
      this.setRegister(i + 1, value, 0);
    });
  }

  get prog(): Executable {
    return this.#cpu.prog;
  }

  /** The slot of the insn that runs next. */
  get pc(): number {
    return this.#cpu.pc;
  }

  /** Index of the current frame, 0 for the program's first. */
  get depth(): number {
    return this.#cpu.depth;
  }

  /** Tail calls made so far. */
  get tailCalls(): number {
    return this.#cpu.tailCalls;
  }

  /** Insns executed so far. */
  get insns(): number {
    return this.#insns;
  }

  /** Insns executed, with the one that faulted. */
  get ticks(): number {
    const status = this.#status;
    return this.#insns + (status.state === 'fault' && status.problem.code !== 'vm.budget' ? 1 : 0);
  }

  /** It paused before an insn that is marked with `STOP`. */
  get stopped(): boolean {
    const { prog, pc } = this.#cpu;
    return this.#status.state === 'paused' && (prog.code[pc * LOWERED.words]! & STOP) !== 0;
  }

  get status(): RunStatus {
    return this.#status;
  }

  /** A register of the current frame, or of the frame `depth`, unsigned. */
  register(index: number, depth = this.#cpu.depth): bigint {
    const { arena, frames } = this.#cpu;
    const at = frames.registers + depth * FRAME_BYTES + 8 * index;
    return joinHalves(arena.dv.getInt32(at, true), arena.dv.getInt32(at + 4, true));
  }

  /** The frames, innermost first. */
  get stack(): readonly FrameView[] {
    return frameViews(this.#cpu);
  }

  /** Sets a register of the current frame, R0 to R10. */
  setRegister(index: number, lo: number, hi: number): void {
    const { arena, frames, depth } = this.#cpu;
    arena.setU64(frames.registers + depth * FRAME_BYTES + 8 * index, lo, hi);
  }

  /** The part of the run outside linear memory; with a snapshot of the memory it is the whole run. */
  save(): MachineState {
    const { prog, pc, depth, tailCalls } = this.#cpu;
    return { progId: prog.id, pc, depth, insns: this.#insns, tailCalls, status: this.#status };
  }

  /** Goes back to a state of this machine; memory is restored by the kernel. */
  restore(state: MachineState): void {
    const cpu = this.#cpu;
    const prog = cpu.host.program(state.progId);
    if (!prog) throw new Error(`no program ${state.progId} to restore`);
    cpu.prog = prog;
    cpu.pc = state.pc;
    cpu.depth = state.depth;
    cpu.tailCalls = state.tailCalls;
    this.#insns = state.insns;
    this.#status = state.status;
  }

  /** Runs until the program ends, faults, meets an insn marked with `STOP` or has executed `budget` insns more. */
  advance(budget: number): RunStatus {
    if (this.#status.state !== 'paused') return this.#status;
    const { arena, frames } = this.#cpu;
    arena.touchRange(frames.registers, MAX_FRAMES * FRAME_BYTES);
    this.#status = this.#run(Math.min(budget, this.#limit - this.#insns));
    if (this.#status === PAUSED && this.#insns >= this.#limit) {
      this.#status = this.#cpu.fault(vmProblem('budget', {}, { limit: this.#limit }));
    }
    return this.#status;
  }

  #run(fuel: number): RunStatus {
    const cpu = this.#cpu;
    const { arena } = cpu;
    let { code, rows } = cpu.prog;
    let words = arena.i32;
    let fp = cpu.frameWord();
    let pc = cpu.pc;
    const end = this.#insns + fuel;
    let insns = this.#insns;
    // Registers live in `words`; `pc` and `insns` are written back before anything looks at them.
    for (; insns < end; insns++) {
      const at = pc * LOWERED.words;
      if (at >= code.length) {
        cpu.pc = pc;
        this.#insns = insns;
        return cpu.fault(vmProblem('no-insn', {}, { pc }));
      }
      const d = fp + code[at + LOWERED.dst]!;
      switch (code[at]) {
        case KIND.aluImm:
          (rows[pc] as AluRow).exec(words, d, code[at + LOWERED.lo]!, code[at + LOWERED.hi]!);
          pc++;
          break;
        case KIND.aluReg: {
          const s = fp + code[at + LOWERED.src]!;
          (rows[pc] as AluRow).exec(words, d, words[s]!, words[s + 1]!);
          pc++;
          break;
        }
        case KIND.jumpImm: {
          const taken = (rows[pc] as JumpRow).exec(
            words[d]!,
            words[d + 1]!,
            code[at + LOWERED.lo]!,
            code[at + LOWERED.hi]!,
          );
          pc = taken ? code[at + LOWERED.target]! : pc + 1;
          break;
        }
        case KIND.jumpReg: {
          const s = fp + code[at + LOWERED.src]!;
          const taken = (rows[pc] as JumpRow).exec(words[d]!, words[d + 1]!, words[s]!, words[s + 1]!);
          pc = taken ? code[at + LOWERED.target]! : pc + 1;
          break;
        }
        case KIND.goto:
          pc = code[at + LOWERED.target]!;
          break;
        case KIND.ldImm64:
          words[d] = code[at + LOWERED.lo]!;
          words[d + 1] = code[at + LOWERED.hi]!;
          pc += 2;
          break;
        case KIND.mayGoto: {
          const left = words[fp + WORD.mayGoto]!;
          if (left === 0) pc = code[at + LOWERED.target]!;
          else {
            words[fp + WORD.mayGoto] = left - 1;
            pc++;
          }
          break;
        }
        default: {
          cpu.pc = pc;
          this.#insns = insns;
          if ((code[at]! & STOP) !== 0) return PAUSED;
          const stop = dispatch(cpu, at, d, fp);
          if (stop) {
            // The insn that ends the program counts; the one that faults did not happen.
            if (stop.state === 'done') this.#insns = insns + 1;
            return stop;
          }
          pc = cpu.pc;
          ({ code, rows } = cpu.prog);
          words = arena.i32;
          fp = cpu.frameWord();
        }
      }
    }
    cpu.pc = pc;
    this.#insns = insns;
    return PAUSED;
  }
}
