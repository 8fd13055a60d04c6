/** Scenarios of programs/ from their first step to their last, without the command line. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { parse } from 'yaml';
import { assemble } from '../../../src/asm/assemble.ts';
import { toRequest } from '../../../src/asm/request.ts';
import { builtinBtf } from '../../../src/btf/builtin.ts';
import { Verdicts } from '../../../src/cli/test/verdicts.ts';
import { checkExpect, type Failure } from '../../../src/kernel/scenario/check.ts';
import { readScenario } from '../../../src/kernel/scenario/file/index.ts';
import type { ScenarioFiles } from '../../../src/kernel/scenario/files.ts';
import type { Expect } from '../../../src/kernel/scenario/model.ts';
import type { Observed } from '../../../src/kernel/scenario/observed.ts';
import { openScenario } from '../../../src/kernel/scenario/open.ts';
import type { ScenarioRun, StepReport } from '../../../src/kernel/scenario/run.ts';
import { socketState } from '../../../src/kernel/scenario/socketState.ts';
import { NOTHING_OBSERVED, together } from '../../../src/kernel/scenario/together.ts';
import type { LoadRequest } from '../../../src/spec/request.ts';
import { fail, ok, problemText, type Result } from '../../../src/util/problem.ts';

const ROOT = resolve(import.meta.dirname, '../../../programs');

const text = (file: string): string => readFileSync(resolve(ROOT, file), 'utf8');

/** What `.include` finds, from the file that includes. */
function readFile(path: string, from: string): string | undefined {
  try {
    return text(join(dirname(from), path));
  } catch {
    return undefined;
  }
}

const verdicts = new Verdicts();
const requests = new Map<string, Result<LoadRequest>>();

/** A program of programs/, assembled once for all scenarios: so it is verified once, too. */
function requestFor(file: string, define: Readonly<Record<string, number>>): Result<LoadRequest> {
  const key = JSON.stringify([file, define]);
  const known = requests.get(key);
  if (known) return known;
  const defines = Object.fromEntries(Object.entries(define).map(([name, value]) => [name, BigInt(value)]));
  const { object, problems } = assemble(text(file), { file, defines, readFile });
  const made = object ? toRequest(object) : fail(...problems);
  requests.set(key, made);
  return made;
}

/** The files that a scenario of programs/ names, relative to it. */
export function filesOf(path: string): ScenarioFiles {
  const at = (file: string): string => join(dirname(path), file);
  return {
    request: ({ file, define }) => requestFor(at(file), define),
    verify: (request, options) => verdicts.jobs(request, options),
    bytes: (file) => ok(new Uint8Array(readFileSync(resolve(ROOT, at(file))))),
    json: (file) => ok(JSON.parse(text(at(file))) as unknown),
    kernelBtf: builtinBtf,
  };
}

/** A scenario of programs/ that is about to begin: `sockets/firewall.yaml`. Throws where it cannot. */
export function openFile(path: string): ScenarioRun {
  const read = readScenario(parse(text(path)), path);
  if (!read.ok) throw new Error(read.problems.map(problemText).join('\n'));
  const opened = openScenario(read.value, filesOf(path));
  if (!opened.ok) throw new Error(opened.problems.map(problemText).join('\n'));
  return opened.value;
}

export interface Played {
  /** Expectations that are not met, and what ended the scenario early. */
  readonly failures: readonly (Failure | string)[];
  readonly reports: readonly StepReport[];
}

/** Runs a scenario of programs/ and holds it against its expectations. */
export function runScenarioFile(path: string): Played {
  const run = openFile(path);
  const { kernel, scenario } = run;
  const reports: StepReport[] = [];
  const failures: (Failure | string)[] = [];
  let all = NOTHING_OBSERVED;
  const check = (observed: Observed, expect: Expect | undefined): void => {
    if (expect) failures.push(...checkExpect(kernel, observed, expect, (name) => socketState(kernel, name)));
  };
  for (;;) {
    const status = run.advance();
    if (status === 'paused') continue;
    if (status.state === 'failed') {
      failures.push(...status.problems.map(problemText));
      return { failures, reports };
    }
    if (status.state === 'done') {
      check(all, scenario.expect);
      return { failures, reports };
    }
    const { report } = status;
    reports.push(report);
    if (report.step) all = together(all, report.observed);
    check(report.observed, report.step?.expect);
  }
}

/** Folders of programs/ that have scenarios. */
export const FOLDERS = ['conntrack', 'gc', 'hello', 'lb', 'node', 'problems', 'restart', 'sockets'] as const;

/** The scenarios of a folder of programs/, by name. */
export function scenariosOf(folder: string): string[] {
  return readdirSync(resolve(ROOT, folder))
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => join(folder, file))
    .filter((path) => /^steps:/m.test(text(path)))
    .sort((a, b) => basename(a).localeCompare(basename(b)));
}
