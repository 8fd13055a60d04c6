/** A scenario opened as a session: its node is set up, and its first step is about to begin. */

import { readScenario } from '../../kernel/scenario/file/index.ts';
import type { ScenarioFiles } from '../../kernel/scenario/files.ts';
import { type ScenarioRun, startScenario } from '../../kernel/scenario/run.ts';
import { fail, ok, type Problem, type Result } from '../../util/problem.ts';
import { fileOf, type ProgramFile, Symbols } from '../symbols.ts';
import type { SessionInput, SessionScenario } from './input.ts';
import { sessionProblem } from './messages.ts';
import type { Opened, OpenOptions } from './opened.ts';
import { ScenarioJourney } from './scenarioJourney.ts';

function missing<T>(name: string): Result<T> {
  return fail(sessionProblem('no-file', {}, { name }));
}

const sameDefines = (a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): boolean =>
  JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());

/** The files of a session, all of them at hand. Programs were judged by whoever made the session. */
function filesOf({ requests, captures, maps }: SessionScenario, options: OpenOptions): ScenarioFiles {
  return {
    request: ({ file, define }) => {
      const found = requests.find((r) => r.file === file && sameDefines(r.define, define));
      return found ? ok(found.request) : missing(file);
    },
    bytes: (file) => (Object.hasOwn(captures, file) ? ok(captures[file]!) : missing(file)),
    json: (file) => (Object.hasOwn(maps, file) ? ok(maps[file]) : missing(file)),
    ...(options.kernelBtf && { kernelBtf: options.kernelBtf }),
  };
}

/** Runs until the node is set up. */
function setUp(run: ScenarioRun): readonly Problem[] {
  for (;;) {
    const status = run.advance();
    if (status === 'paused') continue;
    return status.state === 'failed' ? status.problems : [];
  }
}

/** Reads the scenario and sets its node up; problems where something is wrong with it. */
export function openScenarioInput(
  input: SessionInput,
  scenario: SessionScenario,
  options: OpenOptions,
): Result<Opened> {
  const read = readScenario(scenario.json, input.name);
  if (!read.ok) return read;
  const opened = startScenario(read.value, filesOf(scenario, options), { pausing: true });
  if (!opened.ok) return opened;
  const run = opened.value;
  const problems = setUp(run);
  if (problems.length > 0) return fail(...problems);
  const { kernel } = run;
  const { progs } = kernel.world;
  const unknown = (name: string): ProgramFile => ({ name, functions: [], labels: [], positions: [] });
  const programs = progs.map((prog) => fileOf(input.files, prog) ?? unknown(prog.name));
  const symbols = new Symbols(kernel, progs, { ...input.files, programs });
  const journey = new ScenarioJourney(run, (name, slot) => symbols.named(name)?.insns[slot]?.position);
  return ok({ kernel, symbols, journey, skipped: [] });
}
