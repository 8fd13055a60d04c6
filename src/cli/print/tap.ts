/** `--tap`: the Test Anything Protocol, version 14; a subtest a scenario. */
import type { Io } from '../io.ts';
import { isGood, problemLine, SuiteReporter, type TestCase, type TestSuite } from '../test/cases.ts';
import type { ScenarioOutcome } from '../test/outcome.ts';
import { differenceLines, failurePlace } from './expectation.ts';

/** A description: one line, in which # and \ stand for themselves. */
function described(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ').replace(/[\\#]/g, '\\$&');
}

/** The YAML block behind a failed test. */
function diagnostics({ failures, problems }: TestCase, indent: string): string[] {
  const lines = ['---'];
  for (const problem of problems) lines.push(`message: ${JSON.stringify(problemLine(problem))}`);
  if (failures.length > 0) lines.push('failures:');
  for (const failure of failures) {
    lines.push(`  - what: ${JSON.stringify(failure.what)}`, `    at: ${JSON.stringify(failurePlace(failure))}`);
    lines.push('    diff: |2', ...differenceLines(failure).map((line) => `      ${line}`));
  }
  lines.push('...');
  return lines.map((line) => `${indent}  ${line}`);
}

export class TapReporter extends SuiteReporter {
  readonly #io: Io;
  #number = 0;

  constructor(io: Io, count: number) {
    super();
    this.#io = io;
    io.out(`TAP version 14\n1..${count}\n`);
  }

  suite({ outcome, cases }: TestSuite): void {
    const { name, ok } = outcome;
    const lines = [`# Subtest: ${described(name)}`, `    1..${cases.length}`];
    for (const [i, one] of cases.entries()) {
      const good = isGood(one) && one.title !== 'interrupted';
      lines.push(`    ${good ? 'ok' : 'not ok'} ${i + 1} - ${described(one.title)}`);
      if (!isGood(one)) lines.push(...diagnostics(one, '    '));
    }
    lines.push(`${ok ? 'ok' : 'not ok'} ${++this.#number} - ${described(name)}`);
    this.#io.out(`${lines.join('\n')}\n`);
  }

  finish(outcomes: readonly ScenarioOutcome[]): void {
    if (outcomes.some((o) => o.end.state === 'interrupted')) this.#io.out('Bail out! interrupted\n');
  }
}
