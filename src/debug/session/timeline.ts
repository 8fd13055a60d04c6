/**
 * Time travel: a replay that can go back. Checkpoints are kept on the way; an earlier moment is the checkpoint before it
 * and a run from there, which is the same every time. They lie close together near the present and further apart the
 * older they are, so that their number grows with the logarithm of the history.
 */
import type { KernelSnapshot } from '../../kernel/core.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import type { PacketResult, Replay, ReplayState, Running } from '../../kernel/replay/replay.ts';
import type { Problem } from '../../util/problem.ts';
import type { Machine } from '../../vm/machine.ts';
import { applyEdit } from './edits.ts';
import { pastStop } from './marks.ts';
import type { Edit } from './types.ts';

/** Ticks between checkpoints near the present, at least. */
const SPACING = 16_384;
/** Ticks that a checkpoint must stand for, for every 4 KiB page that it copies. */
const TICKS_PER_PAGE = 64;
/** A checkpoint that is `d` ticks away may leave a gap of `d / SPREAD`. */
const SPREAD = 16;
/** Pages that all checkpoints together may have copied. */
const MAX_PAGES = 131_072;

/** What has ended, newest first. */
interface Results {
  readonly result: PacketResult;
  readonly older: Results | undefined;
}

interface Checkpoint {
  readonly tick: number;
  readonly kernel: KernelSnapshot;
  readonly replay: ReplayState;
  readonly results: Results | undefined;
  /** Edits that had been made by then. */
  readonly edits: number;
  /** Tick at which the run at work began. */
  readonly began: number;
}

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
  readonly #replay: Replay;
  #checkpoints: Checkpoint[] = [];
  #results: Results | undefined;
  #edits: TimedEdit[] = [];
  #applied = 0;
  #began = 0;

  /** `replay` has not begun. */
  constructor(kernel: Kernel, replay: Replay) {
    this.#kernel = kernel;
    this.#replay = replay;
    this.#checkpoint();
  }

  get tick(): number {
    return this.#replay.ticks;
  }

  /** What runs now. */
  get machine(): Machine | undefined {
    return this.#replay.machine;
  }

  get running(): Running | undefined {
    return this.#replay.running;
  }

  get over(): boolean {
    return this.#replay.over;
  }

  /** Tick of the first insn of the run at work. */
  get began(): number {
    return this.#began;
  }

  /** Runs that have ended before now, oldest first. */
  results(): PacketResult[] {
    const list: PacketResult[] = [];
    for (let node = this.#results; node; node = node.older) list.push(node.result);
    return list.reverse();
  }

  get lastResult(): PacketResult | undefined {
    return this.#results?.result;
  }

  /** What the next insn does wrong; the session stays where it is. */
  faultAhead(): Problem | undefined {
    const { tick } = this;
    const event = this.step();
    const back = this.seek(tick);
    while (!back.next().done);
    return event.kind === 'result' ? event.result.fault?.problem : undefined;
  }

  /** Changes by the user, in the order of their ticks. */
  get edits(): readonly TimedEdit[] {
    return this.#edits;
  }

  /** Goes on by at most `fuel` ticks, to the next event. */
  forward(fuel: number): Event {
    const replay = this.#replay;
    const end = replay.ticks + fuel;
    while (replay.ticks < end) {
      if (replay.machine?.stopped) return { kind: 'stop' };
      const event = this.#advance(end - replay.ticks);
      if (event.kind !== 'fuel') return event;
    }
    return replay.machine?.stopped ? { kind: 'stop' } : { kind: 'fuel' };
  }

  /** One tick, whatever stop there is in the code. */
  step(): Event {
    return pastStop(this.#replay.machine, () => this.#advance(1));
  }

  /** Goes to a moment between the first and the last; every yield is a chance to pause. */
  *seek(tick: number): Generator<undefined, void> {
    const here = this.tick;
    const near = this.#before(tick);
    if (tick < here || near.tick > here) this.#restore(near);
    while (this.tick < tick) {
      const event = this.#replay.machine?.stopped ? this.step() : this.forward(Math.min(tick - this.tick, 100_000));
      if (event.kind === 'over' || event.kind === 'failed') return;
      yield;
    }
  }

  /** The tick of the last checkpoint before `tick`; 0 when there is none. */
  checkpointBefore(tick: number): number {
    return tick <= 0 ? 0 : this.#before(tick - 1).tick;
  }

  /** Goes back to the last checkpoint before `tick`. */
  restoreBefore(tick: number): void {
    this.#restore(this.#before(tick - 1));
  }

  /** Changes something now; what came after it is no more. */
  edit(edit: Edit): Problem | undefined {
    const tick = this.tick;
    const problem = applyEdit(this.#kernel, this.#replay, edit);
    if (problem) return problem;
    this.#edits = [...this.#edits.slice(0, this.#applied), { tick, edit }];
    this.#applied++;
    this.#checkpoints = this.#checkpoints.filter((c) => c.tick <= tick);
    return undefined;
  }

  /** Changes of an earlier session, to be made again on the way. */
  plan(edits: readonly TimedEdit[]): void {
    this.#edits = [...edits];
  }

  #advance(fuel: number): Event {
    const replay = this.#replay;
    const edit = this.#edits[this.#applied];
    const room = Math.min(fuel, this.#due() - this.tick, edit ? edit.tick - this.tick : fuel);
    const { running, machine } = replay;
    const got = replay.advance(Math.max(1, room));
    let event: Event = { kind: 'fuel' };
    if (got === undefined) event = { kind: 'over' };
    else if (Array.isArray(got)) event = { kind: 'failed', problems: got };
    else if (got !== 'paused') {
      const result = got as PacketResult;
      this.#results = { result, older: this.#results };
      event = { kind: 'result', result };
    } else if (!machine || replay.running !== running) {
      this.#began = this.tick;
      event = { kind: 'begin' };
    }
    this.#applyEdits();
    if (this.tick >= this.#due()) this.#checkpoint();
    return event;
  }

  #applyEdits(): void {
    for (let next = this.#edits[this.#applied]; next?.tick === this.tick; next = this.#edits[this.#applied]) {
      applyEdit(this.#kernel, this.#replay, next.edit);
      this.#applied++;
    }
  }

  /** The last checkpoint at or before a tick. */
  #before(tick: number): Checkpoint {
    return this.#checkpoints.findLast((c) => c.tick <= tick) ?? this.#checkpoints[0]!;
  }

  /** When the next checkpoint is to be taken. */
  #due(): number {
    const last = this.#before(this.tick);
    return last.tick + Math.max(SPACING, TICKS_PER_PAGE * last.kernel.memory.copied);
  }

  #checkpoint(): void {
    const checkpoint: Checkpoint = {
      tick: this.tick,
      kernel: this.#kernel.snapshot(),
      replay: this.#replay.save(),
      results: this.#results,
      edits: this.#applied,
      began: this.#began,
    };
    const at = this.#checkpoints.findLastIndex((c) => c.tick < checkpoint.tick) + 1;
    this.#checkpoints.splice(at, 0, checkpoint);
    this.#thin();
  }

  /** Drops checkpoints where they are closer together than their age wants. The first one stays. */
  #thin(): void {
    const now = this.tick;
    const kept: Checkpoint[] = [];
    this.#checkpoints.forEach((c, i) => {
      const before = kept[kept.length - 1];
      const after = this.#checkpoints[i + 1];
      const gap = before && after ? after.tick - before.tick : Number.POSITIVE_INFINITY;
      if (gap > Math.max(SPACING, Math.abs(now - c.tick) / SPREAD)) kept.push(c);
    });
    this.#checkpoints = kept;
    const copied = kept.reduce((sum, c) => sum + c.kernel.memory.copied, 0);
    if (copied > MAX_PAGES && kept.length > 4)
      this.#checkpoints = kept.filter((_, i) => i % 2 === 0 || i >= kept.length - 2);
  }

  #restore(c: Checkpoint): void {
    this.#kernel.restore(c.kernel);
    this.#replay.restore(c.replay);
    this.#results = c.results;
    this.#applied = c.edits;
    this.#began = c.began;
    this.#applyEdits();
  }
}
