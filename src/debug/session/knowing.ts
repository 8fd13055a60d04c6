/**
 * What the verifier knew, beside what a session holds: each program is explored once, and the run at work is followed
 * from its first insn to where the session stands.
 */
import { ok, type Result } from '../../util/problem.ts';
import { describeText } from '../inspect/pointer.ts';
import { type BesideOptions, beside, type Knowledge } from '../verifier/beside.ts';
import { Exploration } from '../verifier/exploration.ts';
import { concreteOf } from '../verifier/holds.ts';
import { begin, follow, type Position } from '../verifier/position.ts';
import { excursion } from './excursion.ts';
import type { Mover } from './motions.ts';
import type { Session } from './session.ts';

/** Insns of a run that are followed. */
const MOST_INSNS = 200_000;
/** Insns of a program that the verifier walks here; beyond them nothing is known. */
const MOST_WALKED = 1_000_000;
const SLICE = 20_000;
/** Ticks between positions that are kept for stepping back. */
const KEEP_EVERY = 64;

interface Passed {
  readonly tick: number;
  readonly position: Position;
}

/** Nothing is known, and why. */
export interface NothingKnown {
  readonly why: string;
}

/** What the verifier knew, for one session. It is asked when it is wanted: each program is verified once. */
export class Knowing {
  readonly #session: Session;
  readonly #explored = new Map<number, Exploration | undefined>();
  /** Of the run that began at this tick, after these changes by the user. */
  #run: { readonly began: number; readonly edits: unknown } = { began: -1, edits: undefined };
  #passed: Passed[] = [];

  /** Asks the verifier about the programs of this session. */
  constructor(session: Session) {
    this.#session = session;
  }

  /** @internal The exploration of a program by its id, as far as it has come; undefined for one that cannot be verified at all. */
  exploration(progId: number): Exploration | undefined {
    if (!this.#explored.has(progId)) {
      const index = this.#session.symbols.progs.findIndex((p) => p.prog.id === progId);
      const made: Result<Exploration | undefined> =
        index < 0 ? ok(undefined) : Exploration.of(this.#session.input.request, { index, insnLimit: MOST_WALKED });
      this.#explored.set(progId, made.ok ? made.value : undefined);
    }
    return this.#explored.get(progId);
  }

  /** @internal Explores a program to its end. */
  *explore(progId: number): Generator<undefined, Exploration | undefined> {
    const exploration = this.exploration(progId);
    while (exploration && !exploration.advance(SLICE)) yield;
    return exploration;
  }

  /** What was known of the moment at which the session stands; each yield is a chance to pause. */
  *now(): Generator<undefined, Knowledge | NothingKnown> {
    const { mover } = this.#session;
    const { timeline } = mover;
    const { machine, tick } = timeline;
    if (!machine) return { why: 'nothing runs now' };
    if (tick - timeline.began > MOST_INSNS) {
      return { why: `the run is ${tick - timeline.began} insns old; ${MOST_INSNS} are followed` };
    }
    // The program that the run began with, and those of its frames now; what was left by tail calls plays no part.
    for (const { prog } of this.#session.symbols.progs) if (this.#mayRun(prog.id)) yield* this.explore(prog.id);
    const position = yield* this.#follow(mover);
    const view = this.#session.view();
    const options: BesideOptions = { pointsTo: (address) => describeText(view, address) || undefined };
    const ctx = timeline.running?.run.context?.address;
    const { arena } = this.#session.kernel;
    return beside(position, concreteOf(machine, arena, ctx === undefined ? undefined : BigInt(ctx)), options);
  }

  #mayRun(progId: number): boolean {
    const { machine, running } = this.#session.view();
    return progId === running?.prog.id || machine?.stack.some((f) => f.prog.id === progId) === true;
  }

  /** The position of the run at work, from the nearest one that is kept. */
  *#follow(mover: Mover): Generator<undefined, Position> {
    const { timeline } = mover;
    const { tick: now, began } = timeline;
    const { edits } = this.#session;
    if (this.#run.began !== began || this.#run.edits !== edits) {
      this.#run = { began, edits };
      this.#passed = [];
    }
    const kept = this.#passed.findLast((p) => p.tick <= now);
    if (kept?.tick === now) return kept.position;
    return yield* excursion(mover, () => this.#walk(mover, kept));
  }

  /** From a kept position, or from the run's first insn, to where the timeline stands. */
  *#walk(mover: Mover, kept: Passed | undefined): Generator<undefined, Position> {
    const { timeline } = mover;
    const { tick: now, began } = timeline;
    yield* timeline.seek(kept?.tick ?? began);
    let position = kept?.position ?? begin(this.#arrival(mover));
    this.#keep({ tick: timeline.tick, position });
    while (timeline.tick < now) {
      timeline.step();
      if (!timeline.machine) break;
      position = follow(position, this.#arrival(mover));
      if (timeline.tick % KEEP_EVERY === 0 || timeline.tick === now) this.#keep({ tick: timeline.tick, position });
      if (timeline.tick % 4096 === 0) yield;
    }
    return position;
  }

  #arrival({ timeline }: Mover): Parameters<typeof begin>[0] {
    const machine = timeline.machine!;
    const exploration = this.#explored.get(machine.prog.id);
    // What is not explored to its end is as good as unknown.
    const graph = exploration?.verification && exploration.graph;
    return { slot: machine.pc, depth: machine.depth, graph };
  }

  #keep(passed: Passed): void {
    if (this.#passed.some((p) => p.tick === passed.tick)) return;
    const at = this.#passed.findLastIndex((p) => p.tick < passed.tick) + 1;
    this.#passed.splice(at, 0, passed);
  }
}
