/** A scenario that was played once: snapshots before each step, and which step executes each insn first. */
import { isDeepStrictEqual } from 'node:util';
import type { KernelSnapshot } from '../../src/kernel/core.ts';
import { checkExpect, type SocketState } from '../../src/kernel/scenario/check.ts';
import type { Step } from '../../src/kernel/scenario/model.ts';
import type { Observed } from '../../src/kernel/scenario/observed.ts';
import { openScenario } from '../../src/kernel/scenario/open.ts';
import type { ScenarioRun, ScenarioRunState } from '../../src/kernel/scenario/run.ts';
import { socketState } from '../../src/kernel/scenario/socketState.ts';
import { NOTHING_OBSERVED, together } from '../../src/kernel/scenario/together.ts';
import { problemText } from '../../src/util/problem.ts';
import type { Patch } from './code.ts';
import { Executed, type Place } from './executed.ts';
import { sameMemory } from './memory.ts';
import type { Suite, SuiteScenario } from './suite.ts';
import { swapIn } from './swap.ts';

/** How a scenario noticed a mutant, or that it did not. */
export interface Noticed {
  readonly by: 'scenario' | 'fault' | 'limit' | 'crash';
  /** Scenario, step and expectation. */
  readonly where: string;
}

/** Where steps begin, the set-up is the first: everything that goes back to there. */
interface Checkpoint {
  readonly snapshot: KernelSnapshot;
  readonly state: ScenarioRunState;
  /** What the steps before did together. */
  readonly all: Observed;
  /** Ticks of the step that begins here, and what it is seen to do. */
  ticks: number;
  observed: Observed;
  /** Milliseconds from here to the end. */
  restMs: number;
}

/** A step of a mutant may take so many times the ticks of the original, and so many more. */
const PATIENCE = { times: 10, ticks: 200_000 };
const SLICE = 50_000;

type Ended =
  | { readonly failed: string }
  | { readonly observed: Observed; readonly step: Step | undefined }
  | 'done'
  | 'limit';

const socketsOf =
  ({ kernel }: ScenarioRun): SocketState =>
  (name) =>
    socketState(kernel, name);

const stepName = (step: Step | undefined): string => (step ? `step ${step.number}` : 'set-up');

/** Expectations that a step does not meet, the first of them. */
function unmet(run: ScenarioRun, observed: Observed, step: Step | undefined): string | undefined {
  if (!step?.expect) return undefined;
  return checkExpect(run.kernel, observed, step.expect, socketsOf(run))[0]?.what;
}

export class Played {
  readonly of: SuiteScenario;
  readonly #suite: Suite;
  readonly #run: ScenarioRun;
  readonly #checkpoints: Checkpoint[] = [];
  readonly #executed: Executed;
  /** Milliseconds of the unmutated run. */
  readonly ms: number;
  /** Why it cannot be used: it fails as it is. */
  readonly problem: string | undefined;
  /** What the last patch changed though no expectation says so: the step, and what of it was seen, or memory of the node. */
  trace: string | undefined;

  constructor(suite: Suite, of: SuiteScenario) {
    this.of = of;
    this.#suite = suite;
    this.#executed = new Executed(of.builds.flatMap((b) => b.codes));
    const start = performance.now();
    const opened = openScenario(of.scenario, suite.filesOf(of));
    if (!opened.ok) {
      this.problem = opened.problems.map(problemText).join('; ');
      this.ms = 0;
      this.#run = undefined as never;
      return;
    }
    this.#run = opened.value;
    this.problem = this.#record();
    this.ms = performance.now() - start;
  }

  /** Whether the scenario executes an insn: `maybe` where packets of other CPUs could. */
  executes(place: Place): boolean | 'maybe' {
    return this.#executed.executes(place);
  }

  /** Milliseconds from the first step that executes one of the insns to the end. */
  cost(places: readonly Place[]): number {
    const start = this.#next(places, 0);
    return start === undefined ? Number.POSITIVE_INFINITY : this.#checkpoints[start]!.restMs;
  }

  /**
   * Plays on from the first step that executes what is patched, to the first thing that is not as expected. Where a step leaves
   * the node as the original does, the run goes on at the next one that executes it.
   */
  try(patches: readonly Patch[]): Noticed | undefined {
    this.trace = undefined;
    const undo = patches.flatMap((patch) =>
      this.#executed.executables(patch.code).map((executable) => swapIn(executable, patch)),
    );
    this.#suite.patches = patches;
    try {
      return this.#tried(patches);
    } catch (error) {
      const stack = error instanceof Error ? (error.stack ?? error.message) : `${error}`;
      return { by: 'crash', where: `${this.of.file}: ${stack}` };
    } finally {
      this.#suite.patches = [];
      for (const back of undo) back();
    }
  }

  #tried(patches: readonly Patch[]): Noticed | undefined {
    const run = this.#run;
    const { file, scenario } = this.of;
    let i = this.#next(patches, 0)!;
    let { all } = this.#goTo(i);
    for (;;) {
      const ticks = (this.#checkpoints[i]?.ticks ?? 0) * PATIENCE.times + PATIENCE.ticks;
      const end = this.#step(run.ticks + ticks);
      if (end === 'done') return this.#unmetAtEnd(all);
      const where = `${file}: ${stepName(scenario.steps[i - 1])}`;
      if (end === 'limit') return { by: 'limit', where: `${where}: ${ticks} ticks` };
      if ('failed' in end) return { by: 'fault', where: `${where}: ${end.failed}` };
      const failure = unmet(run, end.observed, end.step);
      if (failure !== undefined) return { by: 'scenario', where: `${where}: ${failure}` };
      if (end.step) all = together(all, end.observed);
      this.#traced(i, end.observed);
      i++;
      if (!this.#isAsAt(i)) {
        this.trace ??= `${stepName(scenario.steps[i - 2])}: memory`;
        continue;
      }
      const next = this.#next(patches, i) ?? this.#checkpoints.length - 1;
      if (scenario.expect) for (; i < next; i++) all = together(all, this.#checkpoints[i]!.observed);
      i = next;
      this.#goTo(i);
    }
  }

  /** Notes what of a step is not as it was in the unmutated run. */
  #traced(index: number, observed: Observed): void {
    const usual = this.#checkpoints[index]?.observed;
    if (this.trace !== undefined && !this.trace.endsWith('memory')) return;
    const keys = Object.keys(observed) as (keyof Observed)[];
    const different = keys.filter((key) => !isDeepStrictEqual(observed[key], usual?.[key]));
    if (different.length > 0) this.trace = `${stepName(this.of.scenario.steps[index - 1])}: ${different.join(', ')}`;
  }

  #unmetAtEnd(all: Observed): Noticed | undefined {
    const { expect } = this.of.scenario;
    const [failure] = expect ? checkExpect(this.#run.kernel, all, expect, socketsOf(this.#run)) : [];
    return failure && { by: 'scenario', where: `${this.of.file}: at the end: ${failure.what}` };
  }

  #next(places: readonly Place[], from: number): number | undefined {
    return this.#executed.next(places, from, this.#checkpoints.length);
  }

  #goTo(index: number): Checkpoint {
    const checkpoint = this.#checkpoints[index]!;
    // A mutant may have ended in the middle of an interleaving.
    this.#run.kernel.maps.locks = undefined;
    this.#run.kernel.restore(checkpoint.snapshot);
    this.#run.restore(checkpoint.state);
    return checkpoint;
  }

  /** Whether the node is what it was in the unmutated run before a step. */
  #isAsAt(index: number): boolean {
    const checkpoint = this.#checkpoints[index];
    if (!checkpoint) return false;
    const { kernel } = this.#run;
    if (!isDeepStrictEqual(kernel.world, checkpoint.snapshot.world)) return false;
    const { state } = this.#run.save();
    if (!isDeepStrictEqual(state, checkpoint.state.state)) return false;
    return sameMemory(kernel.snapshot().memory, checkpoint.snapshot.memory, kernel.frames);
  }

  /** One step to its end. */
  #step(lastTick: number): Ended {
    const run = this.#run;
    for (;;) {
      const status = run.advance(SLICE);
      if (status === 'paused') {
        if (run.machine?.stopped) return 'limit';
        if (run.ticks > lastTick) return 'limit';
        continue;
      }
      if (status.state === 'done') return 'done';
      if (status.state === 'failed') return { failed: status.problems.map(problemText).join('; ') };
      const { observed, step } = status.report;
      return { observed, step };
    }
  }

  /** The unmutated run. */
  #record(): string | undefined {
    const run = this.#run;
    let all = NOTHING_OBSERVED;
    const times: number[] = [];
    for (;;) {
      const state = run.save();
      const snapshot = run.kernel.snapshot();
      const point: Checkpoint = { snapshot, state, all, ticks: 0, observed: NOTHING_OBSERVED, restMs: 0 };
      this.#checkpoints.push(point);
      times.push(performance.now());
      const upcoming = this.of.scenario.steps[state.index];
      const end = this.#watched(this.#checkpoints.length - 1, upcoming);
      point.ticks = run.ticks - state.ticks;
      if (end === 'limit') return 'it does not end';
      if (end === 'done') break;
      const where = stepName(upcoming);
      if ('failed' in end) return `${where}: ${end.failed}`;
      const failure = unmet(run, end.observed, end.step);
      if (failure !== undefined) return `${where}: ${failure}`;
      if (!end.step) continue;
      point.observed = end.observed;
      all = together(all, end.observed);
    }
    const failure = this.#unmetAtEnd(all);
    if (failure) return failure.where;
    for (const [i, point] of this.#checkpoints.entries()) point.restMs = performance.now() - times[i]!;
    return undefined;
  }

  /** A step of which it is noted what it executes. */
  #watched(index: number, step: Step | undefined): Ended {
    const run = this.#run;
    const { action } = step ?? {};
    // Packets of other CPUs run inside a call: nothing can stop there.
    const nested = action?.do === 'packet' && action.interleave.length > 0;
    const stops = this.#executed.watch(run.kernel.world.progs, index, nested);
    try {
      for (;;) {
        const end = this.#step(Number.POSITIVE_INFINITY);
        if (end !== 'limit' || !run.machine) return end;
        stops.passed(run.machine);
      }
    } finally {
      stops.clear();
    }
  }
}
