/** What the parts of the evaluation share: the moment that is looked at, and the text that problems point into. */
import type { Args, Problem } from '../../util/problem.ts';
import type { View } from '../view.ts';
import type { Node } from './ast.ts';
import type { exprProblem } from './messages.ts';
import type { Spot } from './spot.ts';
import type { Value } from './value.ts';

/** A value, a place where one is, or why there is neither. */
export type Operand = Value | Spot | Problem;

/** One evaluation at work. */
export interface Evaluation {
  readonly view: View;
  /** What a node comes to. */
  value(node: Node): Value | Problem;
  /** The same, or the storage that it names, not read yet. */
  operand(node: Node): Operand;
  /** What a piece of storage holds; `node` is where it was named. */
  load(spot: Spot, node: Node): Value | Problem;
  /** Does a bare name mean something here? */
  known(name: string): boolean;
  problem(code: Parameters<typeof exprProblem>[0], node: Node, args?: Args): Problem;
}

export function isProblem(value: object | undefined): value is Problem {
  return value !== undefined && 'code' in value;
}

export function isSpot(operand: Operand): operand is Spot {
  return 'where' in operand;
}
