/** What a step is made of: things that take time, each an object that is advanced, one after the other. */
import type { Problem } from '../../util/problem.ts';
import type { Machine } from '../../vm/machine.ts';
import type { IterRun } from '../iter/run.ts';
import { type NodeCall, type NodeEnded, NodeRun } from '../node/run.ts';
import type { TestRun } from '../testRun/run.ts';
import type { TimerRun } from '../timers.ts';
import type { Stage } from './stage.ts';

/** How far a worker is; a problem ends the scenario. */
type WorkerStatus = 'paused' | 'done' | { readonly problem: Problem; readonly prog?: string };

/** Something at work. */
export interface Worker {
  advance(budget: number): WorkerStatus;
  readonly ticks: number;
  /** The program that runs, for debuggers. */
  readonly machine: Machine | undefined;
  /** Of the node: the program at work on a packet, and the one that the last advance brought to its end. */
  readonly running?: NodeCall | undefined;
  readonly ended?: NodeEnded | undefined;
  /** With a snapshot of the kernel: all of it; what takes it back to there. */
  save(): () => void;
}

/** Something to be done: at once, or by a worker, or by other jobs that come before everything that waits. */
export type Job = () => Worker | readonly Job[] | undefined;

/** Everything that waits in the node. */
export function nodeWorker({ kernel, insnLimit, pausing }: Stage): Worker {
  const run = new NodeRun(kernel, insnLimit, pausing);
  return {
    advance(budget) {
      const status = run.advance(budget);
      if (status.state === 'fault') return { problem: status.problem, prog: status.prog };
      return status.state === 'idle' ? 'done' : 'paused';
    },
    get ticks() {
      return run.ticks;
    },
    get machine() {
      return run.machine;
    },
    get running() {
      return run.running;
    },
    get ended() {
      return run.ended;
    },
    save() {
      const state = run.save();
      return () => run.restore(state);
    },
  };
}

/** Time passes, and timers of programs run. */
export function timerWorker(run: TimerRun): Worker {
  return {
    advance(budget) {
      const status = run.advance(budget);
      if (status.state === 'fault') return { problem: status.problem };
      return status.state;
    },
    get ticks() {
      return run.ticks;
    },
    get machine() {
      return run.machine;
    },
    save() {
      const state = run.save();
      return () => run.restore(state);
    },
  };
}

/** A test run of a program; `ended` gets its output. */
export function testRunWorker(run: TestRun, ended: (run: TestRun) => void): Worker {
  return {
    advance(budget) {
      const status = run.status.state === 'paused' ? run.advance(budget) : run.status;
      if (status.state === 'fault') return { problem: status.problem };
      if (status.state === 'paused') return 'paused';
      ended(run);
      return 'done';
    },
    get ticks() {
      return run.ticks;
    },
    get machine() {
      return run.machine;
    },
    save() {
      const state = run.save();
      return () => run.restore(state);
    },
  };
}

/** An iterator that is read; `ended` gets the errno of the read that failed (0 for none) and all that was read. */
export function iterWorker(run: IterRun, ended: (errno: number, output: Uint8Array) => void): Worker {
  return {
    advance(budget) {
      const status = run.advance(budget);
      if (status.state === 'fault') return { problem: status.problem };
      if (status.state === 'paused') return 'paused';
      ended(status.errno, status.output);
      return 'done';
    },
    get ticks() {
      return run.ticks;
    },
    get machine() {
      return run.machine;
    },
    save() {
      const state = run.save();
      return () => run.restore(state);
    },
  };
}
