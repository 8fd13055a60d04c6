/** Scenario files of programs/, run through the library. */
import { readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { parse } from 'yaml';
import { Verdicts } from '../../../src/cli/test/verdicts.ts';
import { checkExpect, type Failure } from '../../../src/kernel/scenario/check.ts';
import { readScenario } from '../../../src/kernel/scenario/file/index.ts';
import type { ScenarioFiles } from '../../../src/kernel/scenario/files.ts';
import type { Expect } from '../../../src/kernel/scenario/model.ts';
import type { Observed } from '../../../src/kernel/scenario/observed.ts';
import { openScenario, type StepReport } from '../../../src/kernel/scenario/run.ts';
import { socketState } from '../../../src/kernel/scenario/socketState.ts';
import { NOTHING_OBSERVED, together } from '../../../src/kernel/scenario/together.ts';
import type { LoadRequest } from '../../../src/spec/request.ts';
import { ok, type Problem, problemText } from '../../../src/util/problem.ts';
import { namedRequestOf } from '../assembleFile.ts';

const PROGRAMS = resolve(import.meta.dirname, '../../../programs');
const verdicts = new Verdicts();
const requests = new Map<string, LoadRequest>();

/** A program of programs/, assembled once for all scenarios: so it is verified once too. */
function requestFor(file: string, define: Readonly<Record<string, number>>): LoadRequest {
  const defines = Object.fromEntries(Object.entries(define).map(([name, value]) => [name, BigInt(value)]));
  const key = JSON.stringify([file, define]);
  const request = requests.get(key) ?? namedRequestOf(file, defines);
  requests.set(key, request);
  return request;
}

function filesOf(path: string): ScenarioFiles {
  const at = (file: string): string => join(dirname(path), file);
  return {
    request: ({ file, define }) => ok(requestFor(relative(PROGRAMS, at(file)), define)),
    bytes: (file) => ok(new Uint8Array(readFileSync(at(file)))),
    json: (file) => ok(JSON.parse(readFileSync(at(file), 'utf8'))),
    verify: (request, options) => verdicts.jobs(request, options),
  };
}

/** What came of a scenario. */
export interface ScenarioResult {
  /** Expectations that are not met. */
  readonly failures: readonly Failure[];
  readonly reports: readonly StepReport[];
}

function thrown(problems: readonly Problem[]): Error {
  return new Error(problems.map(problemText).join('\n'));
}

/** Runs a scenario to its end; `path` is relative to programs/. Throws where it cannot be read or breaks off. */
export function runScenarioFile(path: string): ScenarioResult {
  const file = join(PROGRAMS, path);
  const read = readScenario(parse(readFileSync(file, 'utf8')), path);
  if (!read.ok) throw thrown(read.problems);
  const opened = openScenario(read.value, filesOf(file));
  if (!opened.ok) throw thrown(opened.problems);
  const run = opened.value;
  const { kernel } = run;
  const check = (observed: Observed, expect: Expect | undefined): readonly Failure[] =>
    expect ? checkExpect(kernel, observed, expect, (name) => socketState(kernel, name)) : [];
  const reports: StepReport[] = [];
  const failures: Failure[] = [];
  let all = NOTHING_OBSERVED;
  for (;;) {
    const status = run.advance();
    if (status === 'paused') continue;
    if (status.state === 'failed') throw thrown(status.problems);
    if (status.state === 'done') return { failures: [...failures, ...check(all, read.value.expect)], reports };
    const { report } = status;
    reports.push(report);
    failures.push(...check(report.observed, report.step?.expect));
    if (report.step) all = together(all, report.observed);
  }
}
