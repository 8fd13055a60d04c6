/**
 * CPUs suspended at lock points while others run. A suspension is a call inside the map operation: other CPUs' packets
 * run from beginning to end, on frames of their own, then the operation goes on. docs/interleave.md tells the points.
 */
import { LOCK_POINTS, type LockHooks, type LockPlace, lockOutcome } from '../../maps/lockPoints.ts';
import { MAP } from '../../maps/object.ts';
import { ERRNO } from '../../spec/errno.ts';
import { fail, ok, type Problem, type Result } from '../../util/problem.ts';
import { allocFrames, FRAME_BYTES, freeFrames, MAX_FRAMES } from '../../vm/frames.ts';
import type { KernelCore } from '../core.ts';
import { kernelProblem } from '../messages.ts';
import {
  censusFor,
  elementInHand,
  eventLine,
  type InterleaveEvent,
  type Interleaving,
  mapName,
  type SuspendedCpu,
  waitProblem,
} from './events.ts';
import { type CpuAction, type InterleaveStep, planProblems } from './plan.ts';

const NOTHING: Interleaving = { seen: [], events: [], suspended: [], frames: undefined, waiting: undefined };

type NewEvent = InterleaveEvent extends infer E ? (E extends InterleaveEvent ? Omit<E, 'depth'> : never) : never;

/** A plan at work on a kernel, until it is stopped. */
export class Interleaved {
  readonly #kernel: KernelCore;
  readonly #plan: readonly InterleaveStep[];

  constructor(kernel: KernelCore, plan: readonly InterleaveStep[]) {
    this.#kernel = kernel;
    this.#plan = plan;
    const hooks: LockHooks = {
      reached: (place) => this.#reached(place),
      lock: (kind, map, at, cpu) => this.#lock(kind, map, at, cpu),
      failed: (operation, map, errno, cpu) => this.#failed(operation, map, errno, cpu),
    };
    kernel.maps.locks = hooks;
    this.#become({ ...NOTHING, seen: plan.map(() => 0) });
  }

  /** What happened so far. */
  get events(): readonly InterleaveEvent[] {
    return this.#now.events;
  }

  /** The events as lines: `cpu 0 suspended at htab_lru_map_update_elem:popped of ct (element 3 of 4 in hand)`. */
  lines(): string[] {
    return this.events.map(eventLine);
  }

  /** What did not happen as planned: actions that would have waited for ever, and steps whose place was never reached. */
  problems(): Problem[] {
    const refused = this.events.flatMap((event) => (event.kind === 'refused' ? [event.problem] : []));
    const unreached = this.#plan.flatMap(({ cpu, at, nth = 1 }, i) => {
      const seen = this.#now.seen[i] ?? 0;
      if (seen >= nth) return [];
      return [kernelProblem('interleave-unreached', {}, { step: i + 1, cpu, point: at, seen, nth })];
    });
    return [...refused, ...unreached];
  }

  /** Ends it: CPUs are no longer suspended. Events and problems stay to be read until another plan begins. */
  stop(): void {
    this.#kernel.maps.locks = undefined;
  }

  get #now(): Interleaving {
    return this.#kernel.world.interleave ?? { ...NOTHING, seen: this.#plan.map(() => 0) };
  }

  #become(change: Partial<Interleaving>): void {
    this.#kernel.world = { ...this.#kernel.world, interleave: { ...this.#now, ...change } };
  }

  #add(event: NewEvent): void {
    const { events, suspended } = this.#now;
    this.#become({ events: [...events, { ...event, depth: suspended.length }] });
  }

  /** Every step counts how often its CPU was at its place, and is taken at the right time. */
  #reached(place: LockPlace): void {
    if (this.#now.waiting) return;
    const here = this.#plan.map(
      ({ cpu, at, map }) =>
        at === place.point && cpu === place.cpu && (map === undefined || map === mapName(this.#kernel, place.map)),
    );
    if (!here.includes(true)) return;
    const seen = this.#now.seen.map((times, i) => times + (here[i] ? 1 : 0));
    this.#become({ seen });
    this.#plan.forEach(({ nth = 1, meanwhile }, i) => {
      if (here[i] && seen[i] === nth) this.#suspend(place, meanwhile);
    });
  }

  #suspend(place: LockPlace, actions: readonly CpuAction[]): void {
    const kernel = this.#kernel;
    const { arena } = kernel;
    const own = kernel.frames;
    const { cpu, redirect, timers, interleave } = kernel.world;
    const { suspended, frames } = interleave ?? NOTHING;
    const { map } = place;
    this.#add({
      kind: 'suspended',
      cpu: place.cpu,
      place,
      map: mapName(kernel, map),
      element: elementInHand(kernel, place),
    });
    const others = allocFrames(arena, own.fill);
    if (!others.ok) {
      this.#add({ kind: 'refused', cpu: place.cpu, problem: others.problems[0]! });
      return;
    }
    const restoreMap = this.#keepMap(map);
    this.#become({ suspended: [...suspended, { place, frames: own }], frames: others.value });
    for (const action of actions) this.#act(action);
    // What belongs to a CPU is again that of this one.
    const { world } = kernel;
    kernel.world = { ...world, cpu, redirect, timers: { ...world.timers, running: timers.running } };
    this.#become({ suspended, frames });
    restoreMap();
    freeFrames(arena, others.value);
    this.#add({ kind: 'resumed', cpu: place.cpu, place });
  }

  /**
   * Runs an action. Where one of the suspended CPUs holds a lock, the action may need it: it would wait for ever, so it is
   * undone as a whole.
   */
  #act({ cpu, run }: CpuAction): void {
    const kernel = this.#kernel;
    const { world } = kernel;
    kernel.world = { ...world, cpu, redirect: undefined, timers: { ...world.timers, running: undefined } };
    const { suspended } = this.#now;
    const before = suspended.some(({ place }) => LOCK_POINTS[place.point].holds !== 'nothing')
      ? kernel.snapshot()
      : undefined;
    if (before) this.#touch(suspended);
    const text = run();
    const { waiting } = this.#now;
    if (waiting && before) {
      kernel.restore(before);
      this.#touch(suspended);
      this.#add({ kind: 'refused', cpu, problem: waiting });
    } else if (text !== undefined) this.#add({ kind: 'did', cpu, text });
  }

  /** The programs of suspended CPUs are in the middle of writing their registers. */
  #touch(suspended: readonly SuspendedCpu[]): void {
    for (const { frames } of suspended) this.#kernel.arena.touchRange(frames.registers, MAX_FRAMES * FRAME_BYTES);
  }

  /** Key and value of a command of user space lie in the map's scratch room; an inner map may lose its other holders. */
  #keepMap(map: number): () => void {
    const { arena } = this.#kernel;
    const scratch = arena.getU32(map + MAP.scratchKey);
    const bytes = arena.bytes(scratch, Math.max(0, (arena.region(map)?.hi ?? scratch) - scratch));
    arena.setU32(map + MAP.refs, arena.getU32(map + MAP.refs) + 1);
    return () => {
      arena.put(scratch, bytes);
      // The last holder stays: the program that works on the map goes on.
      const refs = arena.getU32(map + MAP.refs);
      if (refs > 1) arena.setU32(map + MAP.refs, refs - 1);
    };
  }

  #lock(...[kind, map, at, cpu]: Parameters<LockHooks['lock']>): number {
    const { suspended, waiting } = this.#now;
    const outcomes = suspended.map(({ place }) => lockOutcome(this.#kernel.arena, place, kind, map, at, cpu));
    const wait = outcomes.indexOf('wait');
    if (outcomes.includes('busy')) return -ERRNO.EBUSY;
    if (wait < 0) return 0;
    if (!waiting) this.#become({ waiting: waitProblem(this.#kernel, suspended[wait]!.place, kind, cpu) });
    return -ERRNO.EBUSY;
  }

  #failed(...[operation, map, errno, cpu]: Parameters<LockHooks['failed']>): void {
    const inside = this.#now.suspended.findLast(
      ({ place }) => place.map === map && place.cpu === cpu && LOCK_POINTS[place.point].holds === 'bucket',
    )?.place;
    this.#add({
      kind: 'failed',
      cpu,
      operation,
      map: mapName(this.#kernel, map),
      errno,
      census: censusFor(this.#kernel, map, errno),
      inside: errno === -ERRNO.EBUSY ? inside : undefined,
    });
  }
}

/**
 * Puts a plan to work: from now on map operations suspend CPUs where it says so. The list is empty where operations are
 * only to be watched. Problems: a CPU, lock point or map that is not there, a plan that is still at work.
 */
export function interleaved(kernel: KernelCore, plan: readonly InterleaveStep[]): Result<Interleaved> {
  const problems = planProblems(kernel, plan);
  if (kernel.maps.locks) problems.push(kernelProblem('interleave-twice'));
  return problems.length > 0 ? fail(...problems) : ok(new Interleaved(kernel, plan));
}
