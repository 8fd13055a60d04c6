/** How commands end early: problems with an exit status. */
import type { Problem } from '../util/problem.ts';
import { explainProblem, problemJson } from '../util/problem.ts';
import type { Io } from './io.ts';
import { cliProblem } from './messages.ts';
import { styleOf } from './style.ts';

/** 0 good; 1 rejected, a test failed, a program fault; 2 unusable input or arguments; 130 interrupted. */
export const STATUS = { good: 0, rejected: 1, unusable: 2, interrupted: 130 } as const;

export type Status = (typeof STATUS)[keyof typeof STATUS];

/** Thrown inside `cli/` only, to leave a command; `main` turns it into text or JSON. */
export class Failure extends Error {
  readonly problems: readonly Problem[];
  readonly status: Status;

  constructor(problems: readonly Problem[], status: Status = STATUS.unusable) {
    super('the command cannot go on');
    this.problems = problems;
    this.status = status;
  }
}

/** Leaves the command because of its input or arguments. */
export function unusable(...[code, at, args]: Parameters<typeof cliProblem>): never {
  const named = args?.path === '-' ? { ...args, path: 'standard input' } : args;
  throw new Failure([cliProblem(code, at, named)]);
}

/** The value of a result, or leaves the command with its problems. */
export function need<T>(
  result: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problems: readonly Problem[] },
): T {
  if (!result.ok) throw new Failure(result.problems);
  return result.value;
}

/** What JSON.parse has to say, in one line. */
export function jsonError(error: unknown): string {
  return error instanceof SyntaxError ? error.message.replace(/\s+/g, ' ') : String(error);
}

export interface ShowOptions {
  readonly json: boolean;
}

/** Prints problems: for people on standard error, with `--json` as one object on standard output. */
export function showProblems(io: Io, problems: readonly Problem[], options: ShowOptions, what = 'error'): void {
  if (options.json) {
    io.out(`${JSON.stringify({ ok: false, problems: problems.map(problemJson) })}\n`);
    return;
  }
  const style = styleOf(io);
  for (const problem of problems) {
    const text = explainProblem(problem).replace(/(^|: )error: /, `$1${style.red(what)}: `);
    io.err(`${text}\n`);
  }
}
