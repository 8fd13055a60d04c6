/** Scenarios as lists of test cases, for what CI reads: a case a step, and one for what is expected at the end. */
import { type Problem, problemText, type SourcePos } from '../../util/problem.ts';
import { actionWords } from '../print/action.ts';
import type { PlacedFailure, Reporter, ScenarioJob, ScenarioOutcome, StepOutcome } from './outcome.ts';

export interface TestCase {
  /** `3 packet eth0: IP …` */
  readonly title: string;
  readonly pos?: SourcePos;
  readonly failures: readonly PlacedFailure[];
  /** Why the scenario could not go on here. */
  readonly problems: readonly Problem[];
}

/** A scenario with its cases. */
export interface TestSuite {
  readonly outcome: ScenarioOutcome;
  readonly cases: readonly TestCase[];
}

/** Gathers cases and hands each scenario over when it is at its end. */
export abstract class SuiteReporter implements Reporter {
  #cases: TestCase[] = [];

  begin(_: ScenarioJob): void {
    this.#cases = [];
  }

  step(job: ScenarioJob, { step, finished, failures, kernel }: StepOutcome): void {
    if (!step || !finished) return;
    const { name, words } = actionWords(step, kernel);
    const title = `${step.number} ${name} ${words}${step.note === undefined ? '' : ` # ${step.note.trim()}`}`;
    this.#cases.push({ title, ...placeOf(job, step.path), failures, problems: [] });
  }

  end(outcome: ScenarioOutcome): void {
    const { end } = outcome;
    const cases = [...this.#cases];
    this.#cases = [];
    if (end.state === 'done' && end.expect) cases.push({ title: 'at the end', failures: end.failures, problems: [] });
    if (end.state === 'broken') {
      const title = end.step ? `${end.step.number} ${end.step.action.do}` : outcome.scenario ? 'set-up' : 'the file';
      cases.push({ title, failures: [], problems: end.problems });
    }
    if (end.state === 'interrupted') cases.push({ title: 'interrupted', failures: [], problems: end.problems });
    this.suite({ outcome, cases });
  }

  abstract suite(suite: TestSuite): void;
  abstract finish(outcomes: readonly ScenarioOutcome[]): void;
}

function placeOf(job: ScenarioJob, path: string): { readonly pos?: SourcePos } {
  const pos = job.placeOf(path);
  return pos ? { pos } : {};
}

export function isGood({ failures, problems }: TestCase): boolean {
  return failures.length + problems.length === 0;
}

/** A problem in one line, with its place. */
export function problemLine(problem: Problem): string {
  const { pos } = problem.at;
  return `${pos ? `${pos.file}:${pos.line}: ` : ''}${problemText(problem)}`;
}
