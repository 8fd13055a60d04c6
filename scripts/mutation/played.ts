/** A scenario that was played once: snapshots before each step, and which step executes each insn first. */
import { encodeProgram } from '../../src/isa/codec.ts';
import type { KernelSnapshot } from '../../src/kernel/core.ts';
import { checkExpect } from '../../src/kernel/scenario/check.ts';
import type { Step } from '../../src/kernel/scenario/model.ts';
import type { Observed } from '../../src/kernel/scenario/observed.ts';
import { openScenario, type ScenarioRun, type ScenarioRunState } from '../../src/kernel/scenario/run.ts';
import { NOTHING_OBSERVED, together } from '../../src/kernel/scenario/together.ts';
import { toHex } from '../../src/util/hex.ts';
import { problemText } from '../../src/util/problem.ts';
import { type Executable, LOWERED, STOP } from '../../src/vm/executable.ts';
import type { Code, Patch } from './code.ts';
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
  /** Ticks of the step that begins here. */
  ticks: number;
  /** Milliseconds from here to the end. */
  restMs: number;
}

/** What the run says of a program. */
interface Seen {
  readonly executables: Set<Executable>;
  /** The step that executes a slot first, as an index of `checkpoints`; NEVER. */
  readonly start: Uint32Array;
  /** Whether it was really seen to be executed. */
  readonly executed: Uint8Array;
}

const NEVER = 0xffffffff;
/** A step of a mutant may take so many times the ticks of the original, and so many more. */
const PATIENCE = { times: 10, ticks: 200_000 };
const SLICE = 50_000;

type Ended =
  | { readonly failed: string }
  | { readonly observed: Observed; readonly step: Step | undefined }
  | 'done'
  | 'limit';

/** Expectations that a step does not meet, the first of them. */
function unmet(run: ScenarioRun, observed: Observed, step: Step | undefined): string | undefined {
  if (!step?.expect) return undefined;
  return checkExpect(run.kernel, observed, step.expect, () => 'gone')[0]?.what;
}

export class Played {
  readonly of: SuiteScenario;
  readonly #suite: Suite;
  readonly #run: ScenarioRun;
  readonly #checkpoints: Checkpoint[] = [];
  readonly #seen = new Map<Code, Seen>();
  /** Milliseconds of the unmutated run. */
  readonly ms: number;
  /** Why it cannot be used: it fails as it is. */
  readonly problem: string | undefined;

  constructor(suite: Suite, of: SuiteScenario) {
    this.of = of;
    this.#suite = suite;
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
  executes(code: Code, slot: number): boolean | 'maybe' {
    const seen = this.#seen.get(code);
    if (!seen || seen.start[slot] === NEVER) return false;
    return seen.executed[slot] === 1 || 'maybe';
  }

  /** Milliseconds from the first step that executes the insn to the end. */
  cost(code: Code, slot: number): number {
    const start = this.#seen.get(code)?.start[slot] ?? NEVER;
    return this.#checkpoints[start]?.restMs ?? Number.POSITIVE_INFINITY;
  }

  /** Plays on from the first step that executes what is patched, to the first thing that is not as expected. */
  try(patch: Patch): Noticed | undefined {
    const seen = this.#seen.get(patch.code)!;
    const begin = seen.start[patch.slot]!;
    const run = this.#run;
    const checkpoint = this.#checkpoints[begin]!;
    run.kernel.restore(checkpoint.snapshot);
    run.restore(checkpoint.state);
    const undo = [...seen.executables].map((executable) => swapIn(executable, patch));
    this.#suite.patch = patch;
    try {
      let { all } = checkpoint;
      for (let i = begin; ; i++) {
        const { file } = this.of;
        const at = (what: string): string => `${file}: ${run.step ? `step ${run.step.number}` : 'set-up'}: ${what}`;
        const ticks = (this.#checkpoints[i]?.ticks ?? 0) * PATIENCE.times + PATIENCE.ticks;
        const name = at('');
        const end = this.#step(run.ticks + ticks);
        if (end === 'limit') return { by: 'limit', where: `${name}${ticks} ticks` };
        if (end === 'done') {
          const { expect } = this.of.scenario;
          const [failure] = expect ? checkExpect(run.kernel, all, expect, () => 'gone') : [];
          return failure && { by: 'scenario', where: `${file}: at the end: ${failure.what}` };
        }
        if ('failed' in end) return { by: 'fault', where: name + end.failed };
        const failure = unmet(run, end.observed, end.step);
        if (failure !== undefined) return { by: 'scenario', where: name + failure };
        if (end.step) all = together(all, end.observed);
      }
    } catch (error) {
      return {
        by: 'crash',
        where: `${this.of.file}: ${error instanceof Error ? (error.stack ?? error.message) : error}`,
      };
    } finally {
      this.#suite.patch = undefined;
      for (const back of undo) back();
    }
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
      const point: Checkpoint = { snapshot: run.kernel.snapshot(), state, all, ticks: 0, restMs: 0 };
      this.#checkpoints.push(point);
      times.push(performance.now());
      const upcoming = this.of.scenario.steps[state.index];
      const end = this.#watched(this.#checkpoints.length - 1, upcoming);
      point.ticks = run.ticks - state.ticks;
      if (end === 'limit') return 'it does not end';
      if (end === 'done') break;
      const where = upcoming ? `step ${upcoming.number}` : 'set-up';
      if ('failed' in end) return `${where}: ${end.failed}`;
      const failure = unmet(run, end.observed, end.step);
      if (failure !== undefined) return `${where}: ${failure}`;
      if (end.step) all = together(all, end.observed);
    }
    const { expect } = this.of.scenario;
    const [failure] = expect ? checkExpect(run.kernel, all, expect, () => 'gone') : [];
    if (failure) return `at the end: ${failure.what}`;
    for (const [i, point] of this.#checkpoints.entries()) point.restMs = performance.now() - times[i]!;
    return undefined;
  }

  /** A step in which every insn that was not executed yet carries a stop. */
  #watched(index: number, step: Step | undefined): Ended {
    const run = this.#run;
    const { action } = step ?? {};
    const nested = action?.do === 'packet' && action.interleave.length > 0;
    const programs = this.#programs();
    if (nested) {
      // Packets of other CPUs run inside a call: nothing can stop there.
      for (const { start } of programs.values()) start.set(start.map((first) => Math.min(first, index)));
      return this.#step(Number.POSITIVE_INFINITY);
    }
    const slots = new Map<Int32Array, Seen>();
    for (const [executable, seen] of programs) {
      slots.set(executable.code, seen);
      for (const [slot, insn] of executable.insns.entries()) {
        if (insn && seen.executed[slot] === 0) executable.code[slot * LOWERED.words]! |= STOP;
      }
    }
    const clear = (code: Int32Array, slot: number): void => {
      code[slot * LOWERED.words]! &= ~STOP;
    };
    try {
      for (;;) {
        const end = this.#step(Number.POSITIVE_INFINITY);
        const { machine } = run;
        if (end !== 'limit' || !machine) return end;
        const { pc, prog } = machine;
        const seen = slots.get(prog.code);
        clear(prog.code, pc);
        if (!seen) return { failed: 'a stop in a program that nobody knows' };
        seen.executed[pc] = 1;
        seen.start[pc] = Math.min(seen.start[pc]!, index);
      }
    } finally {
      for (const [executable] of programs) for (const slot of executable.insns.keys()) clear(executable.code, slot);
    }
  }

  /** The loaded programs that can be mutated. */
  #programs(): ReadonlyMap<Executable, Seen> {
    const found = new Map<Executable, Seen>();
    const codes = this.of.builds.flatMap((b) => b.codes);
    for (const { executable } of this.#run.kernel.world.progs) {
      const hex = toHex(encodeProgram(executable.insns.filter((i) => i !== undefined)));
      for (const code of codes) {
        if (code.hex !== hex || code.kernelName !== executable.name) continue;
        const { length } = code.insns;
        const fresh = {
          executables: new Set<Executable>(),
          start: new Uint32Array(length).fill(NEVER),
          executed: new Uint8Array(length),
        };
        const seen = this.#seen.get(code) ?? fresh;
        this.#seen.set(code, seen);
        seen.executables.add(executable);
        found.set(executable, seen);
        break;
      }
    }
    return found;
  }
}
