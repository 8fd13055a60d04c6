/** A program under the debugger: moves in both directions of time, stops where it is asked to, and can be looked at. */
import type { Kernel } from '../../kernel/kernel.ts';
import type { PacketResult } from '../../kernel/replay/result.ts';
import { fail, ok, type Problem, type Result } from '../../util/problem.ts';
import type { Symbols } from '../symbols.ts';
import type { View } from '../view.ts';
import { Breakpoints } from './breakpoints.ts';
import { framesOf } from './frames.ts';
import type { SessionInput } from './input.ts';
import { Marks } from './marks.ts';
import { carryOut } from './motion.ts';
import type { Mover, Rest } from './motions.ts';
import { type MoveRun, moveRun, Said } from './moveRun.ts';
import { openInput } from './open.ts';
import type { Opened, OpenOptions } from './opened.ts';
import { parsePlace } from './place.ts';
import { type Answer, becameTrue, lastWrite, type Query } from './queries.ts';
import type { Probe } from './search.ts';
import { type TimedEdit, Timeline } from './timeline.ts';
import type { BreakPlace, Edit, Frame, Hit, Motion, Stop } from './types.ts';

/**
 * A program under the debugger: it can stop, step, look and change, in both directions of time.
 *
 * @example
 * ```ts
 * import { assemble, Session, toRequest } from 'bpflab';
 * const { object } = assemble(text, { file: 'drop.bpf' });
 * const request = object && toRequest(object);
 * if (object && request?.ok) {
 *   const programs = object.programs.map((p) => ({ ...p, positions: p.positions.map((pos) => pos && { pos }) }));
 *   const files = { programs, texts: { 'drop.bpf': text } };
 *   const packets = [{ bytes: new Uint8Array(64) }];
 *   const opened = Session.open({ name: 'drop.bpf', request: request.value, files, packets, progs: [] });
 *   if (opened.ok) {
 *     const session = opened.value;
 *     session.go({ kind: 'continue' }); // to the end
 *     session.go({ kind: 'step', unit: 'insn', back: true });
 *     console.log(session.frames()[0]?.text); // exit
 *   }
 * }
 * ```
 */
export class Session {
  readonly input: SessionInput;
  readonly kernel: Kernel;
  readonly symbols: Symbols;
  readonly breakpoints: Breakpoints;
  /** Maps that the input has contents for and that the programs do not have. */
  readonly skipped: readonly string[];
  readonly #timeline: Timeline;
  readonly #marks: Marks;
  readonly #first: number;
  #stop: Stop;
  readonly #said = new Said();
  #problems: readonly Problem[] = [];
  #fault: Problem | undefined;

  private constructor(input: SessionInput, opened: Opened, { checkpoints }: OpenOptions) {
    const { kernel, symbols, journey, skipped } = opened;
    this.input = input;
    this.kernel = kernel;
    this.symbols = symbols;
    this.skipped = skipped;
    this.#marks = new Marks(kernel);
    this.#timeline = new Timeline(kernel, journey, checkpoints);
    this.breakpoints = new Breakpoints({
      view: () => this.view(),
      atResult: (look) => (this.#timeline.arrival === 'result' ? this.at(this.tick - 1, look) : look()),
      resultTick: () => (this.#timeline.arrival === 'result' ? this.tick - 1 : this.tick),
    });
    let event = this.#timeline.step();
    // Of a scenario much may happen before a program runs.
    while (event.kind === 'fuel' && !this.#timeline.machine) event = this.#timeline.step();
    this.#first = this.#timeline.tick;
    if (event.kind === 'failed') this.#problems = event.problems;
    this.#stop = { reason: 'entry', tick: this.tick, hits: [], log: [] };
  }

  /** Makes a kernel, loads the programs, fills the maps; it then stands before the first insn of the first packet. */
  static open(input: SessionInput, options: OpenOptions = {}): Result<Session> {
    const opened = openInput(input, options);
    if (!opened.ok) return opened;
    const session = new Session(input, opened.value, options);
    return session.#problems.length > 0 ? fail(...session.#problems) : ok(session);
  }

  /** Now: ticks since the beginning, one for each insn, each beginning of a run and each fault. */
  get tick(): number {
    return this.#timeline.tick;
  }

  /** The first moment there is. */
  get first(): number {
    return this.#first;
  }

  /** Tick at which the run at work began. */
  get began(): number {
    return this.#timeline.began;
  }

  /** Why it stands where it stands. */
  get stop(): Stop {
    return this.#stop;
  }

  /** What the insn at hand does wrong, where the session stands at a fault. */
  get fault(): Problem | undefined {
    return this.#stop.reason === 'fault' && this.#stop.tick === this.tick ? this.#fault : undefined;
  }

  /** There is nothing more to run. */
  get over(): boolean {
    return this.#timeline.over;
  }

  /** Why the next packet cannot be run at all; empty as a rule. */
  get problems(): readonly Problem[] {
    return this.#problems;
  }

  /** Changes that were made so far and those that are still to come again. */
  get edits(): readonly TimedEdit[] {
    return this.#timeline.edits;
  }

  /** What can be looked at now; `depth` chooses a frame, otherwise it is the innermost. */
  view(depth?: number): View {
    const { machine, running } = this.#timeline;
    const { kernel, symbols } = this;
    return {
      kernel,
      symbols,
      machine,
      running,
      depth: Math.min(depth ?? Number.POSITIVE_INFINITY, machine?.depth ?? 0),
      tick: this.tick,
    };
  }

  /** The frames of what runs, innermost first; empty between packets. */
  frames(): readonly Frame[] {
    return framesOf(this.view());
  }

  /** Runs that have ended before now, oldest first; all but the first `from`. */
  results(from = 0): readonly PacketResult[] {
    return this.#timeline.results(from);
  }

  /** What passes: the packets of the input or, of a scenario, what its programs have met so far. */
  get packets(): readonly { readonly bytes: Uint8Array }[] {
    if (!this.input.scenario) return this.input.packets;
    const { running } = this.#timeline;
    return [...this.results().map((r) => r.packet), ...(running ? [running.packet] : [])];
  }

  /** How many runs have ended before now. */
  get resultCount(): number {
    return this.#timeline.resultCount;
  }

  /** The run that ended last. */
  get lastResult(): PacketResult | undefined {
    return this.#timeline.lastResult;
  }

  /** Begins to move; a motion that is still at work must be paused first. */
  move(motion: Motion): MoveRun {
    return this.#moving(carryOut(this.mover, motion));
  }

  /** Moves all the way. */
  go(motion: Motion): Stop {
    const run = this.move(motion);
    for (;;) {
      const stop = run.advance();
      if (stop) return stop;
    }
  }

  /** A place as it is typed: see `parsePlace`. */
  place(text: string): Result<BreakPlace> {
    return parsePlace(text, this.view());
  }

  /** Changes something now; what came after it is forgotten. */
  edit(edit: Edit): Result<void> {
    const problem = this.#timeline.edit(edit);
    if (problem) return fail(problem);
    this.#stop = { reason: 'edit', tick: this.tick, hits: [], log: [] };
    return ok(undefined);
  }

  /** Edits of an earlier session: they happen again when their moments come. */
  plan(edits: readonly TimedEdit[]): void {
    this.#timeline.plan(edits);
  }

  /** Looks at another moment and comes back. Where that moment is not, at the nearest. */
  at<T>(tick: number, look: (view: View) => T): T {
    const now = this.tick;
    this.#timeline.goTo(Math.max(this.#first, tick));
    try {
      return look(this.view());
    } finally {
      this.#timeline.goTo(now);
    }
  }

  /** The insn that last wrote what an expression names: a register, bytes of stack, packet or context, a value in a map. */
  lastWrite(expr: string): Result<Answer | undefined> {
    return asked(lastWrite(this.mover, expr));
  }

  /** The insn that last made a condition true. */
  becameTrue(condition: string): Result<Answer | undefined> {
    return asked(becameTrue(this.mover, condition));
  }

  /** @internal What questions about the past are answered with; the session stands where it stood when they are. */
  get mover(): Mover {
    const { stop } = this;
    return {
      timeline: this.#timeline,
      marks: this.#marks,
      first: this.#first,
      fault: stop.reason === 'fault' && stop.tick === this.tick ? stop.tick : undefined,
      view: () => this.view(),
      breakpoints: (forward) =>
        this.breakpoints.probe(forward, (text) => this.#said.add(text)) as Probe<readonly Hit[]>,
    };
  }

  #moving(motion: Generator<undefined, Rest>): MoveRun {
    this.#said.take();
    const rested = ({ reason, hits, problems }: Rest): Stop => {
      // What looks for something in the past may have been paused before the first moment.
      if (this.tick < this.#first) this.#timeline.goTo(this.#first);
      this.#problems = problems ?? [];
      for (const { breakpoint } of hits) {
        if (this.breakpoints.list.find((b) => b.number === breakpoint)?.temporary) this.breakpoints.remove(breakpoint);
      }
      this.#fault = reason === 'fault' ? this.#timeline.resultAhead()?.fault?.problem : undefined;
      this.#stop = { reason, tick: this.tick, hits, log: this.#said.take() };
      return this.#stop;
    };
    return moveRun(motion, this.#said, rested, () => this.tick);
  }
}

function asked(query: Result<Query>): Result<Answer | undefined> {
  if (!query.ok) return query;
  for (;;) {
    const next = query.value.next();
    if (next.done) return ok(next.value);
  }
}
