/**
 * Time travel: a replay or a scenario that can go back. Checkpoints are kept on the way; an earlier moment is the checkpoint before it
 * and a run from there, which is the same every time.
 */
import type { KernelSnapshot } from '../../kernel/core.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import type { Running } from '../../kernel/replay/replay.ts';
import type { PacketResult } from '../../kernel/replay/result.ts';
import type { Problem } from '../../util/problem.ts';
import type { Machine } from '../../vm/machine.ts';
import { pastStop } from '../../vm/stops.ts';
import { type CheckpointLimits, Checkpoints, LIMITS } from './checkpoints.ts';
import { applyEdit } from './edits.ts';
import type { Journey } from './journey.ts';
import type { Edit } from './types.ts';

/** What has ended, newest first. */
interface Results {
  readonly result: PacketResult;
  /** How many there are with it. */
  readonly count: number;
  readonly older: Results | undefined;
}

interface Checkpoint {
  readonly tick: number;
  readonly kernel: KernelSnapshot;
  readonly journey: unknown;
  readonly results: Results | undefined;
  /** Edits that had been made by then. */
  readonly edits: number;
  /** Tick at which the run at work began. */
  readonly began: number;
  readonly arrival: Arrival;
}

/** What happened on the way to a moment: a run began there, or ended just before. */
export type Arrival = 'begin' | 'result' | undefined;

/** A change that the user made. */
export interface TimedEdit {
  readonly tick: number;
  readonly edit: Edit;
}

/** What ended a piece of running: the ticks, a stop in the code, a run's beginning or end, or that nothing can go on. */
export type Event =
  | { readonly kind: 'fuel' | 'stop' | 'begin' | 'over' }
  | { readonly kind: 'result'; readonly result: PacketResult }
  | { readonly kind: 'failed'; readonly problems: readonly Problem[] };

export class Timeline {
  readonly #kernel: Kernel;
  readonly #journey: Journey;
  readonly #checkpoints: Checkpoints<Checkpoint>;
  #results: Results | undefined;
  #edits: TimedEdit[] = [];
  #applied = 0;
  #began = 0;
  #arrival: Arrival;

  /** `journey` has not begun. */
  constructor(kernel: Kernel, journey: Journey, limits: CheckpointLimits = LIMITS) {
    this.#kernel = kernel;
    this.#journey = journey;
    this.#checkpoints = new Checkpoints(this.#save(), limits);
  }

  get tick(): number {
    return this.#journey.ticks;
  }

  /** What runs now. */
  get machine(): Machine | undefined {
    return this.#journey.machine;
  }

  get running(): Running | undefined {
    return this.#journey.running;
  }

  get over(): boolean {
    return this.#journey.over;
  }

  /** Tick of the first insn of the run at work. */
  get began(): number {
    return this.#began;
  }

  /** What happened on the way here. */
  get arrival(): Arrival {
    return this.#arrival;
  }

  /** What is kept of the past. */
  get kept(): { readonly count: number; readonly pages: number } {
    return this.#checkpoints;
  }

  /** Runs that have ended before now, oldest first; all but the first `from`. */
  results(from = 0): PacketResult[] {
    const list: PacketResult[] = [];
    for (let node = this.#results; node && node.count > from; node = node.older) list.push(node.result);
    return list.reverse();
  }

  /** How many runs have ended before now. */
  get resultCount(): number {
    return this.#results?.count ?? 0;
  }

  get lastResult(): PacketResult | undefined {
    return this.#results?.result;
  }

  /** The result that the next insn brings, if it ends the run; the session stays where it is. */
  resultAhead(): PacketResult | undefined {
    const { tick } = this;
    const event = this.step();
    this.goTo(tick);
    return event.kind === 'result' ? event.result : undefined;
  }

  /** Changes by the user, in the order of their ticks. */
  get edits(): readonly TimedEdit[] {
    return this.#edits;
  }

  /** Goes on by at most `fuel` ticks, to the next event. */
  forward(fuel: number): Event {
    const journey = this.#journey;
    const end = journey.ticks + fuel;
    while (journey.ticks < end) {
      if (journey.machine?.stopped) return { kind: 'stop' };
      const event = this.#advance(end - journey.ticks);
      if (event.kind !== 'fuel') return event;
    }
    return journey.machine?.stopped ? { kind: 'stop' } : { kind: 'fuel' };
  }

  /** One tick, whatever stop there is in the code. */
  step(): Event {
    return pastStop(this.#journey.machine, () => this.#advance(1));
  }

  /** Goes to a moment between the first and the last; every yield is a chance to pause. */
  *seek(tick: number): Generator<undefined, void> {
    const here = this.tick;
    const near = this.#checkpoints.before(tick);
    if (tick < here || near.tick > here) this.#restore(near);
    while (this.tick < tick) {
      const event = this.#journey.machine?.stopped ? this.step() : this.forward(Math.min(tick - this.tick, 100_000));
      if (event.kind === 'over' || event.kind === 'failed') return;
      yield;
    }
  }

  /** The same without a pause. */
  goTo(tick: number): void {
    const going = this.seek(tick);
    while (!going.next().done);
  }

  /** The tick of the last checkpoint before `tick`; 0 when there is none. */
  checkpointBefore(tick: number): number {
    return tick <= 0 ? 0 : this.#checkpoints.before(tick - 1).tick;
  }

  /** Goes back to the last checkpoint before `tick`. */
  restoreBefore(tick: number): void {
    this.#restore(this.#checkpoints.before(tick - 1));
  }

  /** Changes something now; what came after it is no more. */
  edit(edit: Edit): Problem | undefined {
    const tick = this.tick;
    const before = this.#kernel.snapshot();
    const problem = applyEdit(this.#kernel, this.#journey, edit);
    if (problem) {
      // A map that refuses has looked at the key in memory.
      this.#kernel.restore(before);
      return problem;
    }
    this.#edits = [...this.#edits.slice(0, this.#applied), { tick, edit }];
    this.#applied++;
    this.#checkpoints.forgetAfter(tick);
    return undefined;
  }

  /** Changes of an earlier session, to be made again on the way. */
  plan(edits: readonly TimedEdit[]): void {
    this.#edits = [...edits].sort((a, b) => a.tick - b.tick);
    this.#applied = 0;
    this.#checkpoints.forgetAfter(0);
    this.#applyEdits();
  }

  #advance(fuel: number): Event {
    const journey = this.#journey;
    const edit = this.#edits[this.#applied];
    const room = Math.min(fuel, this.#checkpoints.due(this.tick) - this.tick, edit ? edit.tick - this.tick : fuel);
    const { running, machine } = journey;
    const from = this.tick;
    const got = journey.advance(Math.max(1, room));
    let event: Event = { kind: 'fuel' };
    if (got === undefined) event = { kind: 'over' };
    else if (Array.isArray(got)) event = { kind: 'failed', problems: got };
    else if (got !== 'paused') {
      const result = got as PacketResult;
      this.#results = { result, count: this.resultCount + 1, older: this.#results };
      event = { kind: 'result', result };
    } else if (!machine || journey.running !== running || (!running && journey.machine !== machine)) {
      this.#began = this.tick;
      event = { kind: 'begin' };
    }
    if (this.tick > from) this.#arrival = event.kind === 'begin' || event.kind === 'result' ? event.kind : undefined;
    this.#applyEdits();
    if (this.tick >= this.#checkpoints.due(this.tick)) this.#checkpoints.add(this.#save());
    return event;
  }

  #applyEdits(): void {
    for (let next = this.#edits[this.#applied]; next && next.tick <= this.tick; next = this.#edits[this.#applied]) {
      applyEdit(this.#kernel, this.#journey, next.edit);
      this.#applied++;
    }
  }

  #save(): Checkpoint {
    return {
      tick: this.tick,
      kernel: this.#kernel.snapshot(),
      journey: this.#journey.save(),
      results: this.#results,
      edits: this.#applied,
      began: this.#began,
      arrival: this.#arrival,
    };
  }

  #restore(c: Checkpoint): void {
    this.#kernel.restore(c.kernel);
    this.#journey.restore(c.journey);
    this.#results = c.results;
    this.#applied = c.edits;
    this.#began = c.began;
    this.#arrival = c.arrival;
    this.#applyEdits();
  }
}
