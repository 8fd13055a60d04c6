/** Who watches a verification: told of each insn, waiting branch and pruned path, so that the exploration can be drawn. Changes nothing. */
import type { State } from './state.ts';

export interface Recorder {
  /** The insn at `at` is about to be checked in `state`. */
  insn(state: State, at: number): void;
  /** A copy of `from` waits for its turn at `at`. */
  branch(from: State, state: State, at: number): void;
  /** `state` is kept at its insn for comparison with later ones. */
  remembered(state: State, kept: State): void;
  /** The path of `state` ends, because what `kept` stands for covers it. */
  pruned(state: State, kept: State): void;
}
