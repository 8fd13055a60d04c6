/** Expressions that are shown at every stop. */
import type { Expr } from '../expr/index.ts';
import { valueText } from '../session/watch.ts';
import type { Shell } from './shell.ts';

export interface Display {
  /** From 1. */
  readonly number: number;
  readonly text: string;
  readonly expr: Expr;
}

/** `1: r6 = 5`. */
export function displayLines(shell: Shell): string[] {
  const view = shell.view();
  return shell.displays.map(({ number, text, expr }) => `${number}: ${text} = ${valueText(expr, view)}`);
}
