/** What `bpflab test` does, from its options to its exit status. */
import { Failure, type Status, unusable } from './failure.ts';
import { checkOutput } from './files.ts';
import type { Io } from './io.ts';
import { cliProblem } from './messages.ts';
import { JunitReporter } from './print/junit.ts';
import { JsonReporter } from './print/scenarioJson.ts';
import { TextReporter } from './print/scenarios.ts';
import { TapReporter } from './print/tap.ts';
import { readScenarioFile } from './scenarioFile.ts';
import { Captures } from './test/captures.ts';
import type { TestOptions } from './test/options.ts';
import { type Reporter, type ScenarioJob, type ScenarioOutcome, type StepOutcome, together } from './test/outcome.ts';
import { type PlayOptions, play } from './test/play.ts';
import { TestFiles } from './test/programFiles.ts';
import { scenarioPaths } from './test/select.ts';
import { wholeStatus } from './test/status.ts';
import { watched } from './test/watch.ts';

/** A file that is to run, or what is wrong with it. */
type Candidate = ScenarioJob | ScenarioOutcome;

/** Runs the scenarios, with `--watch` again and again; leaves by `Failure` where there are none. */
export async function test(io: Io, named: readonly string[], options: TestOptions): Promise<Status> {
  if (options.json && options.tap) unusable('both-forms');
  checkOutput(io, options.junit);
  return options.watch ? watched(io, (seen) => once(seen, named, options)) : once(io, named, options);
}

async function once(io: Io, named: readonly string[], options: TestOptions): Promise<Status> {
  const paths = scenarioPaths(io, named);
  if (paths.length === 0) unusable('no-scenarios', {}, { path: named.join(', ') });
  const all = paths.map((path) => readJob(io, path)).filter((one) => isWanted(one, options));
  if (all.length === 0) unusable('none-wanted', {}, { found: options.only ?? '' });
  const stage: Stage = {
    io,
    options,
    reporter: reporterOf(io, options, all.length),
    files: new TestFiles(io),
    captures: options.pcap === undefined ? undefined : new Captures(io, options.pcap),
  };
  const { reporter } = stage;
  const outcomes: ScenarioOutcome[] = [];
  for (const one of all) {
    if (!('end' in one)) reporter.begin(one);
    const outcome = 'end' in one ? one : await runOne(stage, one);
    outcomes.push(outcome);
    reporter.end(outcome);
    if (outcome.end.state === 'interrupted') break;
  }
  reporter.finish(outcomes);
  return wholeStatus(outcomes);
}

/** A scenario file, or the outcome of one that cannot be used. */
function readJob(io: Io, file: string): Candidate {
  try {
    const read = readScenarioFile(io, file);
    return { file, ...read, placeOf: (path) => read.placed(cliProblem('place', {}, { path })).at.pos };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const end = { state: 'broken', problems: error.problems, step: undefined, unusable: true } as const;
    return { file, name: file, scenario: undefined, ok: false, end, steps: 0, failed: 0, packets: 0, ms: 0 };
  }
}

function isWanted(one: Candidate, { only }: TestOptions): boolean {
  return only === undefined || one.file.includes(only) || one.scenario?.name.includes(only) === true;
}

/** What all scenarios of a run share. */
interface Stage {
  readonly io: Io;
  readonly options: TestOptions;
  readonly reporter: Reporter;
  readonly files: TestFiles;
  readonly captures: Captures | undefined;
}

async function runOne({ io, options, reporter, files, captures }: Stage, job: ScenarioJob): Promise<ScenarioOutcome> {
  const capture = captures?.begin(job.scenario.name);
  const step = (outcome: StepOutcome): void => reporter.step(job, outcome);
  const hop: PlayOptions['hop'] = capture && ((run, one, clockNs) => capture.hop(run.kernel.world, one, clockNs));
  try {
    return await play(io, job, { files, update: options.update === true, step, hop });
  } finally {
    // Whatever ended the run: what was seen until then is in the captures, and they are whole.
    capture?.close();
  }
}

function reporterOf(io: Io, options: TestOptions, count: number): Reporter {
  const { json, tap, junit, step } = options;
  const main = json
    ? new JsonReporter(io, step)
    : tap
      ? new TapReporter(io, count)
      : new TextReporter(io, options, count);
  return junit === undefined ? main : together([main, new JunitReporter(io, junit)]);
}
