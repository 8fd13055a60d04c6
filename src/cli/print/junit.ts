/** `--junit FILE`: a test report as CI systems read it. */
import { writeOutput } from '../files.ts';
import type { Io } from '../io.ts';
import { isGood, problemLine, SuiteReporter, type TestCase, type TestSuite } from '../test/cases.ts';
import { differenceLines, failurePlace } from './expectation.ts';

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\n': '&#10;',
  '\t': '&#9;',
};

/** What XML 1.0 has no way to say, or nobody wants to read in it. */
const NOT_XML = /(?![\t\n])\p{Cc}|[\ufffe\uffff]|\p{Cs}/gu;

function attribute(text: string): string {
  return text.replace(NOT_XML, '\ufffd').replace(/[&<>"'\n\t]/g, (c) => ENTITIES[c]!);
}

/** Between tags lines stay lines. */
function content(text: string): string {
  return text.replace(NOT_XML, '\ufffd').replace(/[&<>]/g, (c) => ENTITIES[c]!);
}

const seconds = (ms: number): string => (ms / 1000).toFixed(3);

function caseXml({ outcome }: TestSuite, one: TestCase): string[] {
  const { pos } = one;
  const place = pos ? ` file="${attribute(pos.file)}" line="${pos.line}"` : '';
  const head = `    <testcase classname="${attribute(outcome.name)}" name="${attribute(one.title)}"${place}`;
  if (one.title === 'interrupted') return [`${head}><skipped message="interrupted"/></testcase>`];
  if (isGood(one)) return [`${head}/>`];
  const lines = [`${head}>`];
  for (const failure of one.failures) {
    const message = `${failure.what} (${failurePlace(failure)})`;
    const diff = differenceLines(failure).join('\n');
    lines.push(`      <failure type="expectation" message="${attribute(message)}">${content(diff)}</failure>`);
  }
  for (const problem of one.problems) {
    lines.push(`      <error type="${attribute(problem.code)}" message="${attribute(problemLine(problem))}"/>`);
  }
  lines.push('    </testcase>');
  return lines;
}

function counts(cases: readonly TestCase[]): string {
  const failures = cases.filter((c) => c.failures.length > 0).length;
  const errors = cases.filter((c) => c.problems.length > 0).length;
  return `tests="${cases.length}" failures="${failures}" errors="${errors}"`;
}

function suiteXml(suite: TestSuite): string[] {
  const { outcome, cases } = suite;
  const { name, file, ms } = outcome;
  const about = `name="${attribute(name)}" file="${attribute(file)}"`;
  return [
    `  <testsuite ${about} ${counts(cases)} time="${seconds(ms)}">`,
    ...cases.flatMap((one) => caseXml(suite, one)),
    '  </testsuite>',
  ];
}

export class JunitReporter extends SuiteReporter {
  readonly #io: Io;
  readonly #file: string;
  readonly #suites: TestSuite[] = [];

  constructor(io: Io, file: string) {
    super();
    this.#io = io;
    this.#file = file;
  }

  suite(suite: TestSuite): void {
    this.#suites.push(suite);
  }

  finish(): void {
    const cases = this.#suites.flatMap((s) => s.cases);
    const ms = this.#suites.reduce((sum, { outcome }) => sum + outcome.ms, 0);
    const lines = [
      '<?xml version="1.0" encoding="UTF-8"?>',
      `<testsuites name="bpflab" ${counts(cases)} time="${seconds(ms)}">`,
      ...this.#suites.flatMap(suiteXml),
      '</testsuites>',
    ];
    writeOutput(this.#io, this.#file, `${lines.join('\n')}\n`);
  }
}
