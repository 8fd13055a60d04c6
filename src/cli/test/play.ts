/** One scenario from its first step to its last, while the terminal stays alive. */
import type { Hop } from '../../kernel/node/hop.ts';
import { checkExpect, type Failure, type SocketState } from '../../kernel/scenario/check.ts';
import { openScenario, type ScenarioRun, type StepReport } from '../../kernel/scenario/run.ts';
import { NOTHING_OBSERVED, together } from '../../kernel/scenario/together.ts';
import type { Problem } from '../../util/problem.ts';
import { Breath } from '../breath.ts';
import type { Io } from '../io.ts';
import { cliProblem } from '../messages.ts';
import { Progress } from '../progress.ts';
import type { PlacedFailure, ScenarioEnd, ScenarioJob, ScenarioOutcome, StepOutcome } from './outcome.ts';
import type { TestFiles } from './programFiles.ts';

/** Ticks between two looks at the clock: an insn of a program or of the verifier's walk is one. */
const SLICE = 20_000;

/** Codes of problems that are outcomes of a test: somebody's program is wrong, not the file. */
const OUTCOMES: readonly string[] = ['rejected', 'not-rejected', 'rejected-otherwise', 'attach', 'run', 'fault'];

function isUnusable({ code, args }: Problem): boolean {
  const [folder, name] = code.split('.') as [string, string];
  if (folder === 'scenario') return !OUTCOMES.includes(name);
  return !('errno' in args) && !['vm', 'mem', 'helpers', 'kernel'].includes(folder);
}

/** Who else is told while a scenario runs. */
export interface Listeners {
  step(outcome: StepOutcome, socketState: SocketState): void;
  hop(run: ScenarioRun, hop: Hop, clockNs: bigint): void;
  end(run: ScenarioRun, outcome: PlacedEnd, socketState: SocketState): void;
}

/** How it ended, and what all steps did. */
export interface PlacedEnd {
  readonly end: ScenarioEnd;
  readonly observed: StepReport['observed'];
}

export async function play(io: Io, job: ScenarioJob, files: TestFiles, listeners: Listeners): Promise<ScenarioOutcome> {
  const { scenario, file } = job;
  const start = performance.now();
  const tally = { steps: 0, failed: 0, packets: 0 };
  const finished = (end: ScenarioEnd): ScenarioOutcome => {
    const ok = end.state === 'done' && tally.failed + end.failures.length === 0;
    const failed = tally.failed + (end.state === 'done' ? end.failures.length : 0);
    return { file, name: scenario.name, scenario, ok, end, ...tally, failed, ms: performance.now() - start };
  };
  const broken = (problems: readonly Problem[], step: ScenarioRun['step']): ScenarioEnd => ({
    state: 'broken',
    problems: problems.map((p) => files.placed(job.placed(p))),
    step,
    unusable: problems.every(isUnusable),
  });
  const placed = (failures: readonly Failure[]): PlacedFailure[] =>
    failures.map((failure) => {
      const { pos } = job.placed(cliProblem('expectation', {}, { path: failure.path, what: failure.what })).at;
      return { ...failure, ...(pos && { pos }) };
    });

  let times: bigint[] = [];
  let run: ScenarioRun | undefined;
  const opened = openScenario(scenario, files.of(file), {
    onHop(hop, clockNs) {
      if (hop.kind === 'in') tally.packets++;
      if (run?.step?.action.do !== 'traffic') times.push(clockNs);
      if (run) listeners.hop(run, hop, clockNs);
    },
  });
  if (!opened.ok) return finished(broken(opened.problems, undefined));
  run = opened.value;
  const { kernel } = run;
  const sockets: SocketState = () => 'gone';
  const breath = new Breath(io);
  const progress = new Progress(io);
  let observed = NOTHING_OBSERVED;
  let beginNs = scenario.node.clockNs;
  for (;;) {
    const status = run.advance(SLICE);
    if (breath.due) {
      const stop = await breath.take();
      progress.say(workWords(job, run, tally.packets, performance.now() - start, files.verdicts.working));
      if (stop) {
        progress.clear();
        const end: ScenarioEnd = { state: 'interrupted', step: run.step };
        listeners.end(run, { end, observed }, sockets);
        return finished(end);
      }
    }
    if (status === 'paused') continue;
    if (status.state === 'step') {
      const { report } = status;
      const failures = report.step?.expect
        ? placed(checkExpect(kernel, report.observed, report.step.expect, sockets))
        : [];
      if (report.step) {
        tally.steps++;
        observed = together(observed, report.observed);
      }
      tally.failed += failures.length;
      progress.clear();
      listeners.step({ ...report, times, beginNs, failures, kernel }, sockets);
      times = [];
      beginNs = report.observed.clockNs;
      continue;
    }
    progress.clear();
    const { expect } = scenario;
    const end: ScenarioEnd =
      status.state === 'failed'
        ? broken(status.problems, status.step)
        : { state: 'done', failures: expect ? placed(checkExpect(kernel, observed, expect, sockets)) : [], expect };
    listeners.end(run, { end, observed }, sockets);
    return finished(end);
  }
}

/** What is going on, for the line of progress. */
function workWords(
  job: ScenarioJob,
  run: ScenarioRun,
  packets: number,
  ms: number,
  verifying: string | undefined,
): string {
  const where = run.step ? `step ${run.step.number}` : 'set-up';
  const what = verifying ?? `${packets} packets, ${Math.round((1000 * packets) / Math.max(1, ms))} packets/s`;
  return `${job.scenario.name}: ${where}: ${what} `;
}
