/** Who watches a verification: told of each insn, waiting branch and pruned path, so that the exploration can be drawn. Changes nothing. */
import type { Exactness } from './explore/equal.ts';
import type { State } from './state.ts';

export interface Recorder {
  /** The walk of a function begins in `state`: of the main program (0), or of a global function on its own. */
  start(state: State, subprog: number): void;
  /** The insn at `at` is counted as processed in `state`: it will be checked, or the path is pruned there. */
  insn(state: State, at: number): void;
  /** A copy of `from` waits for its turn at `at`. */
  branch(from: State, state: State, at: number): void;
  /** A callback that runs later waits for its turn at `at`; it has a stack of its own. */
  later(from: State, state: State, at: number): void;
  /** `state` is kept at the insn at hand for comparison with later ones; its marks begin anew. */
  remembered(state: State, kept: State): void;
  /** The path of `state` ends at the insn at hand, because what `kept` stands for covers it. */
  pruned(state: State, kept: State, how: Exactness): void;
}
