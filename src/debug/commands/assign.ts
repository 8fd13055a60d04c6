/** Assignments: what is typed, as a change of the session. */
import { fail, type Result } from '../../util/problem.ts';
import type { Edit } from '../session/types.ts';
import type { View } from '../view.ts';
import { commandProblem } from './messages.ts';

/** `PLACE = EXPR` as an edit. */
export function assignment(target: string, _value: string, _view: View): Result<Edit> {
  return fail(commandProblem('not-settable', {}, { text: target }));
}
