/** Hit counts: which of a breakpoint's hits stop. */
import { fail, ok, type Result } from '../../util/problem.ts';
import { sessionProblem } from './messages.ts';

/** Does hit number `n`, from 1, stop? */
export type Hits = (n: number) => boolean;

const TESTS: Readonly<Record<string, (n: number, limit: number) => boolean>> = {
  '': (n, limit) => n >= limit,
  '=': (n, limit) => n === limit,
  '==': (n, limit) => n === limit,
  '>=': (n, limit) => n >= limit,
  '>': (n, limit) => n > limit,
  '<': (n, limit) => n < limit,
  '<=': (n, limit) => n <= limit,
  '%': (n, limit) => limit > 0 && n % limit === 0,
};

/** `3` and `>= 3` stop from the third hit on, `== 3` at the third only, `% 3` at each third. */
export function parseHits(text: string): Result<Hits> {
  const found = /^\s*(==|=|>=|<=|>|<|%|)\s*(\d{1,15})\s*$/.exec(text);
  const test = found && TESTS[found[1]!];
  if (!test) return fail(sessionProblem('bad-hits', {}, { text }));
  const limit = Number(found[2]);
  return ok((n) => test(n, limit));
}
