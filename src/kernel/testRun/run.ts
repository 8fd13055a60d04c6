/** BPF_PROG_TEST_RUN as an object that is advanced: set up the packet, run the program `repeat` times, copy out. */
import { ERRNO } from '../../spec/errno.ts';
import { progTypeRow } from '../../spec/progTypes.ts';
import type { Problem } from '../../util/problem.ts';
import { ctxViewSize } from '../../vm/ctxView.ts';
import type { MachineState } from '../../vm/host.ts';
import { Machine } from '../../vm/machine.ts';
import type { KernelCore } from '../core.ts';
import { RunEnv } from '../env.ts';
import { kernelProblem } from '../messages.ts';
import type { ProgRecord } from '../world.ts';
import type { PreparedRun, PrepareRun } from './prepare.ts';
import { skbTestRun } from './skb.ts';
import type { TestRunInput, TestRunOutput } from './uarg.ts';
import { xdpTestRun } from './xdp.ts';

/** The prog types whose test_run is simulated. */
const TEST_RUNS: Readonly<Record<string, PrepareRun>> = {
  xdp: xdpTestRun,
  sched_cls: skbTestRun,
  sched_act: skbTestRun,
};

/** Where a test run stands: more to do, its output, or the fault that stopped it. */
export type TestRunStatus =
  | { readonly state: 'paused' }
  | { readonly state: 'done'; readonly output: TestRunOutput }
  /** The program did what no verified program does; `problem` says what and where. */
  | { readonly state: 'fault'; readonly problem: Problem };

/** What of a test run is not in linear memory or the World. */
export interface TestRunState {
  readonly left: number;
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
  #env: RunEnv | undefined;
  #machine: Machine | undefined;
  #left: number;
  #status: TestRunStatus = { state: 'paused' };

  constructor(kernel: KernelCore, prog: ProgRecord, input: TestRunInput, insnLimit: number) {
    this.#kernel = kernel;
    this.#prog = prog;
    this.#limit = insnLimit;
    this.#left = Math.max(1, input.repeat ?? 1);
    const type = prog.executable.progType;
    const prepare = TEST_RUNS[type];
    if (!prepare) {
      if (progTypeRow(type)?.testRun) {
        const what = `test_run of ${type} programs`;
        this.#status = { state: 'fault', problem: kernelProblem('not-covered', {}, { what }) };
      } else this.#fail(ERRNO.ENOTSUPP);
      return;
    }
    const prepared = prepare(kernel, prog, input);
    if ('problem' in prepared) {
      this.#status = { state: 'fault', problem: prepared.problem };
      return;
    }
    if ('errno' in prepared) {
      this.#fail(prepared.errno);
      return;
    }
    this.#prepared = prepared;
    const view = kernel.arena.alloc({
      kind: 'ctx',
      size: ctxViewSize(prog.executable.ctxStruct),
      owner: prepared.object,
    });
    if (!view.ok) {
      this.#end({ state: 'done', output: { errno: ERRNO.ENOMEM, retval: 0 } });
      return;
    }
    this.#ctx = view.value;
    this.#env = new RunEnv(kernel, prog.executable, prepared.packets);
    this.#start();
  }

  get status(): TestRunStatus {
    return this.#status;
  }

  /** The running program, for debuggers; undefined once the run is over. */
  get machine(): Machine | undefined {
    return this.#machine;
  }

  /** Executes at most `budget` insns more. */
  advance(budget: number): TestRunStatus {
    let fuel = budget;
    while (this.#machine && fuel > 0) {
      const before = this.#machine.insns;
      const status = this.#machine.advance(fuel);
      fuel -= Math.max(1, this.#machine.insns - before);
      if (status.state === 'paused') break;
      if (status.state === 'fault') {
        this.#end(status);
        break;
      }
      this.#left--;
      if (this.#left > 0) this.#start();
      else this.#end({ state: 'done', output: this.#prepared!.finish(status.lo >>> 0) });
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
    return { left: this.#left, machine: this.#machine?.save(), status: this.#status };
  }

  /** Goes back to a saved state; the kernel must have been restored to the snapshot taken with it. */
  restore(state: TestRunState): void {
    this.#left = state.left;
    this.#status = state.status;
    if (state.machine) {
      if (!this.#machine) this.#machine = this.#newMachine();
      this.#machine.restore(state.machine);
    } else this.#machine = undefined;
  }

  #newMachine(): Machine {
    return new Machine(this.#env!, this.#kernel.frames, this.#prog.executable, this.#limit);
  }

  #start(): void {
    this.#kernel.world = { ...this.#kernel.world, redirect: undefined };
    this.#machine = this.#newMachine();
    this.#machine.start(this.#ctx);
  }

  #fail(errno: number): void {
    this.#status = { state: 'done', output: { errno, retval: 0 } };
  }

  #end(status: TestRunStatus): void {
    this.#status = status;
    this.#machine = undefined;
    if (this.#ctx !== 0) this.#kernel.arena.free(this.#ctx);
    this.#prepared?.free();
  }
}
