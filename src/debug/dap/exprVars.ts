/** Values of expressions as variables that can be opened. */
import type { View } from '../view.ts';
import type { Children } from './variables.ts';

/** What is inside the value of an expression: members of a struct, elements of an array. */
export function exprChildren(_expr: string, _view: View): Children | undefined {
  return undefined;
}
