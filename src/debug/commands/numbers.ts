/** Numbers in commands. */
import { fail, ok, type Result } from '../../util/problem.ts';
import { commandProblem } from './messages.ts';

/** A whole number, or `otherwise` where there is no text. */
export function wholeNumber(text: string, usage: string, otherwise?: number): Result<number> {
  if (text === '' && otherwise !== undefined) return ok(otherwise);
  if (!/^\d{1,15}$/.test(text)) {
    return fail(
      text === ''
        ? commandProblem('missing', {}, { what: 'a number', usage })
        : commandProblem('bad-number', {}, { text, usage }),
    );
  }
  return ok(Number(text));
}
