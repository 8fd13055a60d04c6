import type { Result } from '../../util/problem.ts';
import { verifyJobs } from '../../verifier/api.ts';
import type { ScenarioFiles } from './files.ts';
import type { Scenario } from './model.ts';
import { type ScenarioOptions, type ScenarioRun, startScenario } from './run.ts';

/**
 * Builds the node of a scenario. Its programs are verified, loaded and attached by the first advances of the run.
 *
 * @returns the run, or why there can be none: a device or cgroup that is not there, memory
 */
export function openScenario(
  scenario: Scenario,
  files: ScenarioFiles,
  options: ScenarioOptions = {},
): Result<ScenarioRun> {
  return startScenario(scenario, { verify: verifyJobs, ...files }, options);
}
