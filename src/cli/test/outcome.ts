/** What came of a scenario: what everything that is printed is made of. */
import type { Kernel } from '../../kernel/kernel.ts';
import type { Hop } from '../../kernel/node/hop.ts';
import type { Failure } from '../../kernel/scenario/check.ts';
import type { Expect, Path, Scenario, Step } from '../../kernel/scenario/model.ts';
import type { Observed } from '../../kernel/scenario/observed.ts';
import type { Problem, SourcePos } from '../../util/problem.ts';
import type { ScenarioFile } from '../scenarioFile.ts';

/** An expectation that is not met, and where in the file it stands. */
export interface PlacedFailure extends Failure {
  readonly pos?: SourcePos;
}

/** A step as far as it came. */
export interface StepOutcome {
  /** Absent: what happened before the first step. */
  readonly step: Step | undefined;
  /** False: the scenario ended in the middle of it. */
  readonly finished: boolean;
  readonly hops: readonly Hop[];
  /** Nanoseconds since boot of each hop, and when the step began. */
  readonly times: readonly bigint[];
  readonly beginNs: bigint;
  readonly observed: Observed;
  readonly failures: readonly PlacedFailure[];
  /** The node as it is now; only while the step is told. */
  readonly kernel: Kernel;
}

/** How a scenario ended. */
export type ScenarioEnd =
  | { readonly state: 'done'; readonly failures: readonly PlacedFailure[]; readonly expect: Expect | undefined }
  /** It cannot go on: a program was rejected or faulted, or the file asks for what is not there. */
  | {
      readonly state: 'broken';
      readonly problems: readonly Problem[];
      readonly step: Step | undefined;
      readonly unusable: boolean;
    }
  | { readonly state: 'interrupted'; readonly problems: readonly Problem[]; readonly step: Step | undefined };

/** A scenario that is to run. */
export interface ScenarioJob extends ScenarioFile {
  readonly file: string;
  /** Where a path of the file stands. */
  placeOf(path: Path): SourcePos | undefined;
}

/** What the summary knows of a scenario. */
export interface ScenarioOutcome {
  readonly file: string;
  readonly name: string;
  readonly scenario: Scenario | undefined;
  readonly ok: boolean;
  readonly end: ScenarioEnd;
  readonly steps: number;
  /** Expectations that are not met. */
  readonly failed: number;
  readonly packets: number;
  /** With `--update`: what was written, a line an expectation. */
  readonly updated?: readonly string[];
  /** Milliseconds of real time. */
  readonly ms: number;
}

/** Is told what happens; prints or gathers. */
export interface Reporter {
  begin(job: ScenarioJob): void;
  step(job: ScenarioJob, step: StepOutcome): void;
  end(outcome: ScenarioOutcome): void;
  /** After the last scenario. */
  finish(outcomes: readonly ScenarioOutcome[]): void;
}

/** Several reporters as one. */
export function together(reporters: readonly Reporter[]): Reporter {
  return {
    begin: (job) => {
      for (const r of reporters) r.begin(job);
    },
    step: (job, step) => {
      for (const r of reporters) r.step(job, step);
    },
    end: (outcome) => {
      for (const r of reporters) r.end(outcome);
    },
    finish: (outcomes) => {
      for (const r of reporters) r.finish(outcomes);
    },
  };
}
