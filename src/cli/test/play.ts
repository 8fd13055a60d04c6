/** One scenario from its first step to its last, while the terminal stays alive. */
import type { Hop } from '../../kernel/node/hop.ts';
import { checkExpect, type Failure, type SocketState } from '../../kernel/scenario/check.ts';
import type { Expect } from '../../kernel/scenario/model.ts';
import { summarize } from '../../kernel/scenario/observe.ts';
import type { Observed } from '../../kernel/scenario/observed.ts';
import { openScenario } from '../../kernel/scenario/open.ts';
import type { ScenarioRun } from '../../kernel/scenario/run.ts';
import { socketState } from '../../kernel/scenario/socketState.ts';
import { NOTHING_OBSERVED, together } from '../../kernel/scenario/together.ts';
import type { Problem } from '../../util/problem.ts';
import { Breath } from '../breath.ts';
import type { Io } from '../io.ts';
import { cliProblem } from '../messages.ts';
import { Progress } from '../progress.ts';
import type { PlacedFailure, ScenarioEnd, ScenarioJob, ScenarioOutcome, StepOutcome } from './outcome.ts';
import type { TestFiles } from './programFiles.ts';
import { Updater } from './update.ts';

/** Ticks between two looks at the clock: an insn of a program or of the verifier's walk is one. */
const SLICE = 20_000;
/** Hops of one step that are kept. */
const MOST_HOPS = 200_000;

/** Codes of problems that are outcomes of a test: somebody's program is wrong, not the file. */
const OUTCOMES: readonly string[] = ['rejected', 'not-rejected', 'rejected-otherwise', 'attach', 'run', 'fault'];

function isUnusable({ code, args }: Problem): boolean {
  const [folder, name] = code.split('.') as [string, string];
  if (folder === 'scenario') return !OUTCOMES.includes(name);
  return !('errno' in args) && !['vm', 'mem', 'helpers', 'kernel'].includes(folder);
}

/** How a scenario is run. */
export interface PlayOptions {
  readonly files: TestFiles;
  readonly update: boolean;
  /** Told of every step, and of every hop. */
  readonly step: (outcome: StepOutcome) => void;
  readonly hop: ((run: ScenarioRun, hop: Hop, clockNs: bigint) => void) | undefined;
}

/** Runs a scenario to its end, or until the user asks to stop. */
export async function play(io: Io, job: ScenarioJob, options: PlayOptions): Promise<ScenarioOutcome> {
  const { scenario, file } = job;
  const { files } = options;
  const start = performance.now();
  const tally = { steps: 0, failed: 0, packets: 0 };
  const updater = options.update ? new Updater() : undefined;
  const placed = (failures: readonly Failure[]): PlacedFailure[] =>
    failures.map((failure) => {
      const pos = job.placeOf(failure.path);
      return { ...failure, ...(pos && { pos }) };
    });
  const finished = (last: ScenarioEnd): ScenarioOutcome => {
    // Only a scenario that came to its end is written.
    const { updated, left } = (last.state === 'done' && updater?.write(io, job)) || { updated: [], left: [] };
    const end = last.state === 'done' ? { ...last, failures: [...last.failures, ...placed(left)] } : last;
    const failed = tally.failed + (end.state === 'done' ? end.failures.length : 0);
    const ok = end.state === 'done' && failed === 0;
    const { name } = scenario;
    return {
      file,
      name,
      scenario,
      ok,
      end,
      ...tally,
      failed,
      ...(updater && { updated }),
      ms: performance.now() - start,
    };
  };
  const broken = (problems: readonly Problem[], step: ScenarioRun['step']): ScenarioEnd => ({
    state: 'broken',
    problems: problems.map((p) => files.placed(job.placed(p))),
    step,
    unusable: problems.every(isUnusable),
  });

  let hops: Hop[] = [];
  /** Packets of traffic are counted by the run where nobody wants to be told of each. */
  const quietTraffic = options.hop === undefined;
  let times: bigint[] = [];
  let run: ScenarioRun | undefined;
  const opened = openScenario(scenario, files.of(file), {
    quietTraffic,
    onHop(hop, clockNs) {
      if (hop.kind === 'in') tally.packets++;
      if (times.length < MOST_HOPS && run?.step?.action.do !== 'traffic') {
        hops.push(hop);
        times.push(clockNs);
      }
      if (run) options.hop?.(run, hop, clockNs);
    },
  });
  if (!opened.ok) return finished(broken(opened.problems, undefined));
  run = opened.value;
  const { kernel } = run;
  const sockets: SocketState = (name) => socketState(kernel, name);
  const packets = (): number => tally.packets + (quietTraffic ? opened.value.packets : 0);
  /** What of an expectation is not met, and cannot be mended by writing. */
  const check = (observed: Observed, expect: Expect | undefined): PlacedFailure[] => {
    if (!expect) return [];
    const failures = checkExpect(kernel, observed, expect, sockets);
    return placed(updater?.take(kernel, observed, expect, sockets, failures) ?? failures);
  };
  const breath = new Breath(io);
  const progress = new Progress(io);
  let all = NOTHING_OBSERVED;
  let beginNs = scenario.node.clockNs;
  for (;;) {
    const status = run.advance(SLICE);
    if (breath.due) {
      const stop = await breath.take();
      progress.say(workWords(job, run, packets(), performance.now() - start, files.verdicts.working));
      if (stop) {
        progress.clear();
        return finished({ state: 'interrupted', problems: [stopProblem(job, run, packets())], step: run.step });
      }
    }
    if (status === 'paused') continue;
    progress.clear();
    if (status.state === 'failed') {
      const { step } = status;
      const observed = { ...NOTHING_OBSERVED, ...summarize(kernel, hops) };
      if (step) options.step({ step, finished: false, hops, observed, times, beginNs, failures: [], kernel });
      return finished(broken(status.problems, step));
    }
    if (status.state === 'done') {
      const { expect } = scenario;
      return finished({ state: 'done', failures: check(all, expect), expect });
    }
    const { step, observed } = status.report;
    if (quietTraffic) tally.packets += status.report.packets;
    const failures = check(observed, step?.expect);
    if (step) {
      tally.steps++;
      all = together(all, observed);
    }
    tally.failed += failures.length;
    options.step({ ...status.report, finished: true, times, beginNs, failures, kernel });
    hops = [];
    times = [];
    beginNs = observed.clockNs;
  }
}

function stopProblem(job: ScenarioJob, run: ScenarioRun, packets: number): Problem {
  const { steps, name } = job.scenario;
  const done = run.step ? run.step.number - 1 : 0;
  return cliProblem('test-interrupted', {}, { name, done, total: steps.length, packets });
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
  // The line is redrawn in place: it has to fit into one.
  const name = job.scenario.name.slice(0, 24);
  return `${name}: ${where}: ${what} `;
}
