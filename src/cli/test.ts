/** What `bpflab test` does, from its options to its exit status. */
import { Failure, type Status, unusable } from './failure.ts';
import type { Io } from './io.ts';
import { TextReporter } from './print/scenarios.ts';
import { readScenarioFile } from './scenarioFile.ts';
import type { TestOptions } from './test/options.ts';
import type { Reporter, ScenarioJob, ScenarioOutcome } from './test/outcome.ts';
import { play } from './test/play.ts';
import { TestFiles } from './test/programFiles.ts';
import { scenarioPaths } from './test/select.ts';
import { wholeStatus } from './test/status.ts';

/** A file that is to run, or what is wrong with it. */
type Candidate = ScenarioJob | ScenarioOutcome;

/** Runs the scenarios; leaves by `Failure` where there are none. */
export async function test(io: Io, named: readonly string[], options: TestOptions): Promise<Status> {
  const paths = scenarioPaths(io, named);
  if (paths.length === 0) unusable('no-scenarios', {}, { path: named.join(', ') });
  const all = paths.map((path) => readJob(io, path)).filter((one) => isWanted(one, options));
  if (all.length === 0) unusable('none-wanted', {}, { found: options.only ?? '' });
  const reporter: Reporter = new TextReporter(io, options, all.length);
  const files = new TestFiles(io);
  const outcomes: ScenarioOutcome[] = [];
  for (const one of all) {
    const outcome = 'end' in one ? one : await runOne(io, one, files, reporter);
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
    return { file, ...readScenarioFile(io, file) };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const end = { state: 'broken', problems: error.problems, step: undefined, unusable: true } as const;
    return { file, name: file, scenario: undefined, ok: false, end, steps: 0, failed: 0, packets: 0, ms: 0 };
  }
}

function isWanted(one: Candidate, { only }: TestOptions): boolean {
  return only === undefined || one.file.includes(only) || one.scenario?.name.includes(only) === true;
}

async function runOne(io: Io, job: ScenarioJob, files: TestFiles, reporter: Reporter): Promise<ScenarioOutcome> {
  reporter.begin(job);
  return play(io, job, files, {
    step: (outcome) => reporter.step(job, outcome),
    hop: () => undefined,
    end: () => undefined,
  });
}
