/** What `bpflab test` prints for people: timelines, and the summary. */
import { STATUS, showProblems } from '../failure.ts';
import type { Io } from '../io.ts';
import { harmless, styleOf } from '../style.ts';
import type { TestOptions } from '../test/options.ts';
import type { Reporter, ScenarioJob, ScenarioOutcome, StepOutcome } from '../test/outcome.ts';
import { outcomeStatus } from '../test/status.ts';
import { failureText } from './expectation.ts';
import { headline, stepText, type TimelinePrinter } from './timeline.ts';

/** `1 step`, `2 steps` */
function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** What is printed of each scenario. */
type Detail = 'summary' | 'failing' | 'all';

function detailOf({ quiet, verbose, step }: TestOptions, io: Io, count: number): Detail {
  if (quiet) return 'summary';
  return verbose || step !== undefined || (count === 1 && io.columns !== undefined) ? 'all' : 'failing';
}

/** Timelines as they come, or once a scenario has failed. */
export class TextReporter implements Reporter {
  readonly #io: Io;
  readonly #options: TestOptions;
  readonly #detail: Detail;
  readonly #printer: Omit<TimelinePrinter, 'startNs'>;
  /** The timeline of the scenario at work, held back until it fails. */
  #held: string[] = [];

  constructor(io: Io, options: TestOptions, count: number) {
    this.#io = io;
    this.#options = options;
    this.#detail = detailOf(options, io, count);
    this.#printer = { style: styleOf(io), columns: io.columns, updating: options.update === true };
  }

  begin({ scenario, file }: ScenarioJob): void {
    this.#held = [];
    this.#say(headline(scenario, file, this.#printer));
  }

  step({ scenario }: ScenarioJob, outcome: StepOutcome): void {
    const { step } = outcome;
    if (this.#options.step === undefined ? !step && !worthTelling(outcome) : step?.number !== this.#options.step)
      return;
    this.#say(stepText(outcome, { ...this.#printer, startNs: scenario.node.clockNs }));
  }

  end(outcome: ScenarioOutcome): void {
    const { style, columns } = this.#printer;
    const { end, scenario } = outcome;
    if (end.state === 'done' && end.failures.length > 0) {
      this.#say(`   ${style.bold('at the end')}\n`);
      for (const failure of end.failures) this.#say(`${failureText(failure, style, columns)}\n`);
    }
    if (scenario) this.#say('\n');
    const shown = this.#detail === 'failing' && !outcome.ok;
    if (shown) for (const text of this.#held) this.#io.out(text);
    this.#held = [];
    if (end.state !== 'done') showProblems(this.#io, end.problems, { json: false });
    this.#io.out(outcomeLine(outcome, style));
    for (const line of outcome.updated ?? []) this.#io.out(`        updated ${line}\n`);
    if (scenario && (this.#detail === 'all' || shown)) this.#io.out('\n');
  }

  finish(outcomes: readonly ScenarioOutcome[]): void {
    if (outcomes.length > 1) this.#io.out(summaryLine(outcomes, this.#printer.style));
  }

  #say(given: string): void {
    const text = harmless(given);
    if (this.#detail === 'all') this.#io.out(text);
    else if (this.#detail === 'failing') this.#held.push(text);
  }
}

/** The set-up is only told where something happened in it. */
function worthTelling({ hops, observed }: StepOutcome): boolean {
  return hops.length + observed.agent.length > 0;
}

/** `ok      router (4 steps)` */
function outcomeLine(
  { ok, name, file, end, steps, failed, scenario, updated = [] }: ScenarioOutcome,
  style: ReturnType<typeof styleOf>,
): string {
  const words = ok ? style.green('ok    ') : end.state === 'interrupted' ? style.yellow('ended ') : style.red('FAILED');
  if (!scenario) return `${words}  ${file}: unusable\n`;
  const did = [counted(steps, 'step')];
  if (updated.length > 0) did.push(`${counted(updated.length, 'expectation')} updated`);
  if (failed > 0) did.push(`${counted(failed, 'expectation')} not met`);
  if (end.state === 'broken') did.push(end.step ? `it cannot go on at step ${end.step.number}` : 'it cannot begin');
  if (end.state === 'interrupted') did.push('interrupted');
  return `${words}  ${name} (${file}): ${did.join(', ')}\n`;
}

function summaryLine(outcomes: readonly ScenarioOutcome[], style: ReturnType<typeof styleOf>): string {
  const good = outcomes.filter((o) => o.ok).length;
  const bad = outcomes.filter((o) => outcomeStatus(o) === STATUS.rejected).length;
  const unusable = outcomes.filter((o) => outcomeStatus(o) === STATUS.unusable).length;
  const parts = [style.green(`${good} passed`)];
  if (bad > 0) parts.push(style.red(`${bad} failed`));
  if (unusable > 0) parts.push(style.red(`${unusable} unusable`));
  if (outcomes.some((o) => o.end.state === 'interrupted')) parts.push(style.yellow('interrupted'));
  return `${counted(outcomes.length, 'scenario')}: ${parts.join(', ')}\n`;
}
