/** Branches that wait to be explored, last in first out. */
import type { Env, Err } from '../env.ts';
import { notCovered } from '../env.ts';
import type { State } from '../state.ts';
import { copyState } from '../state.ts';

const MAX_PENDING = 8192;

/** A copy of the current state waits for its turn at `at`. @kernel push_stack */
export function pushStack(env: Env, at: number, from: number): State | Err {
  const state = copyState(env.cur);
  env.stack.push({ state, insn_idx: at, prev_insn_idx: from, log_pos: env.log.end });
  if (env.stack.length > MAX_PENDING) return notCovered(env, 'more than 8192 pending branches');
  if (state.parent) state.parent.branches++;
  return state;
}
