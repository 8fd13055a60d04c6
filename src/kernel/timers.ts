/** Time passing: callbacks of timers and work queues that are due run one after the other, in the order of their times. */
import { ASYNC } from '../maps/async.ts';
import { MAP } from '../maps/object.ts';
import { MAP_TYPES } from '../spec/mapTypes.ts';
import type { Problem } from '../util/problem.ts';
import type { MachineState } from '../vm/host.ts';
import { Machine } from '../vm/machine.ts';
import type { Clock } from './clock.ts';
import type { KernelCore } from './core.ts';
import { RunEnv } from './env.ts';
import { compareClocks, queueRest } from './eventQueue.ts';
import { getSeq, setSeq } from './ports/timers.ts';

/** Where the passing of time stands. */
export type TimerRunStatus =
  | { readonly state: 'paused' }
  | { readonly state: 'done' }
  /** A callback did what no verified program does. */
  | { readonly state: 'fault'; readonly problem: Problem };

/** What of the passing of time is not in linear memory or the World. */
export interface TimerRunState {
  readonly insns: number;
  readonly ticks: number;
  readonly running: { readonly machine: Machine; readonly state: MachineState } | undefined;
  readonly status: TimerRunStatus;
}

/** All callbacks due until a time, as an object that is advanced. */
export class TimerRun {
  readonly #kernel: KernelCore;
  readonly #until: Clock;
  readonly #limit: number;
  #insns = 0;
  #ticks = 0;
  #machine: Machine | undefined;
  #status: TimerRunStatus = { state: 'paused' };

  /** `insnLimit` bounds what all callbacks execute together. */
  constructor(kernel: KernelCore, until: Clock, insnLimit: number) {
    this.#kernel = kernel;
    this.#until = until;
    this.#limit = insnLimit;
  }

  /** The running callback, for debuggers. */
  get machine(): Machine | undefined {
    return this.#machine;
  }

  /** Insns executed, with the one that faulted. */
  get ticks(): number {
    return this.#ticks;
  }

  get status(): TimerRunStatus {
    return this.#status;
  }

  /** Makes the next callback ready to run; without one, time has passed. */
  ready(): TimerRunStatus {
    if (this.#status.state !== 'paused' || this.#machine) return this.#status;
    this.#machine = this.#next();
    if (!this.#machine) {
      this.#passTo(this.#until);
      this.#status = { state: 'done' };
    }
    return this.#status;
  }

  /**
   * Executes at most `budget` insns more; fewer where a stop is met or a callback ends. The next callback is then ready.
   */
  advance(budget: number): TimerRunStatus {
    let fuel = budget;
    while (this.ready().state === 'paused' && fuel > 0) {
      const machine = this.#machine!;
      const { insns, ticks } = machine;
      const status = machine.advance(fuel);
      this.#insns += machine.insns - insns;
      this.#ticks += machine.ticks - ticks;
      fuel -= Math.max(1, machine.ticks - ticks);
      if (status.state === 'paused') {
        if (machine.stopped) break;
        continue;
      }
      this.#machine = undefined;
      this.#setRunning(undefined);
      if (status.state === 'fault') this.#status = status;
      break;
    }
    return this.ready();
  }

  /** With a snapshot of the kernel: all of it. */
  save(): TimerRunState {
    const machine = this.#machine;
    const running = machine && { machine, state: machine.save() };
    return { insns: this.#insns, ticks: this.#ticks, running, status: this.#status };
  }

  /** Goes back to a saved state; the kernel must have been restored to the snapshot taken with it. */
  restore({ insns, ticks, running, status }: TimerRunState): void {
    this.#insns = insns;
    this.#ticks = ticks;
    this.#status = status;
    this.#machine = running?.machine;
    if (running) running.machine.restore(running.state);
  }

  /** Runs to the end. */
  finish(): Exclude<TimerRunStatus, { state: 'paused' }> {
    for (;;) {
      const status = this.advance(Number.MAX_SAFE_INTEGER);
      if (status.state !== 'paused') return status;
    }
  }

  #setRunning(running: { readonly object: number; readonly born: number } | undefined): void {
    const { world } = this.#kernel;
    this.#kernel.world = { ...world, timers: { ...world.timers, running } };
  }

  /** The clock never runs backwards. */
  #passTo(clock: Clock): void {
    const { world } = this.#kernel;
    if (compareClocks(world.clock, clock) < 0) this.#kernel.world = { ...world, clock };
  }

  /** The next callback, about to run. Starts that were cancelled or repeated since are passed over. */
  #next(): Machine | undefined {
    const kernel = this.#kernel;
    const { arena } = kernel.maps;
    for (;;) {
      const { queue } = kernel.world.timers;
      if (!queue || compareClocks(queue.event.at, this.#until) > 0) return undefined;
      const { at, seq, object } = queue.event;
      kernel.world = { ...kernel.world, timers: { ...kernel.world.timers, queue: queueRest(queue) } };
      if (arena.kindAt(object) === 0 || getSeq(kernel.maps, object + ASYNC.seq) !== seq) continue;
      setSeq(kernel.maps, object + ASYNC.seq, 0);
      const progId = arena.getU32(object + ASYNC.prog);
      const prog = kernel.world.progs.find((p) => p.id === progId)?.executable;
      if (!prog) continue;
      this.#passTo(at);
      this.#setRunning({ object, born: getSeq(kernel.maps, object + ASYNC.born) });
      const env = new RunEnv(kernel, prog, { moved: () => undefined, load: () => -1 });
      const machine = new Machine(env, kernel.frames, prog, Math.max(1, this.#limit - this.#insns));
      const map = arena.getU32(object + ASYNC.map);
      const value = arena.getU32(object + ASYNC.value);
      machine.startAt((arena.getU32(object + ASYNC.callback) - prog.text) >> 3, [map, this.#keyOf(map, value), value]);
      return machine;
    }
  }

  /** The key of a value, where the callback may read it. */
  #keyOf(map: number, value: number): number {
    const { arena } = this.#kernel.maps;
    const { buffers } = this.#kernel.frames;
    const type = arena.getU32(map + MAP.type);
    if (type === MAP_TYPES.array.id) {
      arena.setU32(buffers, (value - arena.getU32(map + MAP.values)) / arena.getU32(map + MAP.stride));
    } else {
      const key = value - arena.getU32(map + MAP.valueOff) + arena.getU32(map + MAP.keyOff);
      arena.copy(buffers, key, Math.min(512, arena.getU32(map + MAP.keySize)));
    }
    return buffers;
  }
}
