/** BPF_PROG_TEST_RUN as an object that is advanced: set up what the program works on, run it `repeat` times, copy out. */
import { ERRNO } from '../../spec/errno.ts';
import type { ProgTypeName } from '../../spec/progTypes.ts';
import type { Problem } from '../../util/problem.ts';
import { ctxViewSize } from '../../vm/ctxView.ts';
import type { MachineState } from '../../vm/host.ts';
import { Machine } from '../../vm/machine.ts';
import { resetCgroupStorage } from '../cgroups.ts';
import type { KernelCore } from '../core.ts';
import { RunEnv } from '../env.ts';
import type { ProgRecord } from '../world.ts';
import type { PreparedRun, PrepareRun } from './prepare.ts';
import { TEST_RUNS } from './table.ts';
import type { SockRunInput, TestRunOutput } from './uarg.ts';

/** Where a test run stands: more to do, its output, or the fault that stopped it. */
export type TestRunStatus =
  | { readonly state: 'paused' }
  | { readonly state: 'done'; readonly output: TestRunOutput }
  /** The program did what no verified program does; `problem` says what and where. */
  | { readonly state: 'fault'; readonly problem: Problem };

/** What of a test run is not in linear memory or the World. */
export interface TestRunState {
  readonly left: number;
  readonly ticks: number;
  readonly machine: MachineState | undefined;
  readonly status: TestRunStatus;
}

/** One BPF_PROG_TEST_RUN at work. It runs as far as `advance` lets it, or with `finish` to its end. */
export class TestRun {
  readonly #kernel: KernelCore;
  readonly #prog: ProgRecord;
  readonly #limit: number;
  #prepared: PreparedRun | undefined;
  #ctx = 0;
  #view = 0;
  #env: RunEnv | undefined;
  #machine: Machine | undefined;
  #last: Machine | undefined;
  #left = 0;
  #ticks = 0;
  #status: TestRunStatus = { state: 'paused' };

  /** `prepare`: what sets the run up; without it BPF_PROG_TEST_RUN of the prog type does. */
  constructor(kernel: KernelCore, prog: ProgRecord, input: SockRunInput, insnLimit: number, prepare?: PrepareRun) {
    this.#kernel = kernel;
    this.#prog = prog;
    this.#limit = insnLimit;
    const setUp = prepare ?? TEST_RUNS[prog.executable.progType as ProgTypeName];
    // A program that is unloaded has no descriptor.
    if (!kernel.world.progs.some((p) => p.id === prog.id)) this.#fail(ERRNO.EBADF);
    else if (input.ctx?.length === 0) this.#fail(ERRNO.EINVAL);
    else if (!setUp) this.#fail(ERRNO.ENOTSUPP);
    else {
      const prepared = setUp(kernel, prog, input);
      if ('problem' in prepared) this.#status = { state: 'fault', problem: prepared.problem };
      else if ('output' in prepared) this.#status = { state: 'done', output: prepared.output };
      else if ('errno' in prepared) this.#fail(prepared.errno);
      else this.#begin(prepared);
    }
  }

  get status(): TestRunStatus {
    return this.#status;
  }

  /** The running program, for debuggers; undefined once the run is over. */
  get machine(): Machine | undefined {
    return this.#machine;
  }

  /** Insns executed by all runs, with the one that faulted. */
  get ticks(): number {
    return this.#ticks;
  }

  /**
   * What R1 holds when the program begins, and the kernel object that it is a view of (0: it is memory of its own);
   * undefined once the run is over.
   */
  get context(): { readonly address: number; readonly object: number } | undefined {
    if (!this.#machine || !this.#prepared) return undefined;
    const { ctx } = this.#prepared;
    return { address: this.#ctx, object: 'object' in ctx ? ctx.object : 0 };
  }

  /** What ran last: of several runs of `repeat` the last one, also when it is over. */
  get last(): Machine | undefined {
    return this.#last;
  }

  /** Executes at most `budget` insns more; fewer where a stop is met. */
  advance(budget: number): TestRunStatus {
    let fuel = budget;
    while (this.#machine && fuel > 0) {
      this.#last = this.#machine;
      const before = this.#machine.ticks;
      const status = this.#machine.advance(fuel);
      const used = this.#machine.ticks - before;
      this.#ticks += used;
      fuel -= Math.max(1, used);
      if (status.state === 'paused') break;
      if (status.state === 'fault') {
        this.#end(status);
        break;
      }
      this.#ran(status.lo >>> 0);
    }
    return this.#status;
  }

  /** Runs to the end. */
  finish(): TestRunStatus {
    while (this.#status.state === 'paused') this.advance(Number.MAX_SAFE_INTEGER);
    return this.#status;
  }

  /** With a snapshot of the kernel: the whole run. */
  save(): TestRunState {
    return { left: this.#left, ticks: this.#ticks, machine: this.#machine?.save(), status: this.#status };
  }

  /** Goes back to a saved state; the kernel must have been restored to the snapshot taken with it. */
  restore(state: TestRunState): void {
    this.#left = state.left;
    this.#ticks = state.ticks;
    this.#status = state.status;
    if (state.machine) {
      if (!this.#machine) this.#machine = this.#newMachine();
      this.#machine.restore(state.machine);
    } else this.#machine = undefined;
  }

  #newMachine(): Machine {
    return new Machine(this.#env!, this.#kernel.frames, this.#prog.executable, this.#limit);
  }

  #begin(prepared: PreparedRun): void {
    this.#prepared = prepared;
    this.#left = prepared.repeat;
    const { arena } = this.#kernel;
    if ('address' in prepared.ctx) this.#ctx = prepared.ctx.address;
    else {
      const size = ctxViewSize(this.#prog.executable.ctxStruct);
      const view = arena.alloc({ kind: 'ctx', size, owner: prepared.ctx.object });
      if (!view.ok) {
        this.#end({ state: 'done', output: { errno: ERRNO.ENOMEM, retval: 0 } });
        return;
      }
      this.#ctx = view.value;
      this.#view = view.value;
    }
    resetCgroupStorage(this.#kernel);
    this.#env = new RunEnv(this.#kernel, this.#prog.executable, prepared.packets, prepared.cgRunCtx);
    this.#start(prepared);
  }

  #start(prepared: PreparedRun): void {
    prepared.before?.(prepared.repeat - this.#left);
    const { world } = this.#kernel;
    if (world.redirect) this.#kernel.world = { ...world, redirect: undefined };
    this.#machine = this.#newMachine();
    this.#machine.start(this.#ctx);
  }

  #ran(r0: number): void {
    const prepared = this.#prepared!;
    const retval = prepared.after ? prepared.after(r0, prepared.repeat - this.#left) : r0;
    this.#left--;
    if (this.#left > 0) this.#start(prepared);
    else this.#end({ state: 'done', output: prepared.finish(retval) });
  }

  #fail(errno: number): void {
    this.#status = { state: 'done', output: { errno, retval: 0 } };
  }

  #end(status: TestRunStatus): void {
    this.#status = status;
    this.#machine = undefined;
    if (this.#view !== 0) this.#kernel.arena.free(this.#view);
    this.#prepared?.free();
  }
}
