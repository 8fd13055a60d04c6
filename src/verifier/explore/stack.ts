/** Branches that wait to be explored, last in first out. */
import type { Env, Err } from '../env.ts';
import { lifted, reject } from '../env.ts';
import type { VerifierCode } from '../messages.ts';
import type { State } from '../state.ts';
import { copyState, newState } from '../state.ts';

const MAX_PENDING = 8192;

function push(env: Env, state: State, at: number, from: number, code: VerifierCode): Err {
  env.stack.push({ state, insn_idx: at, prev_insn_idx: from, log_pos: env.log.end });
  return env.stack.length > MAX_PENDING && !lifted(env, 'jump-sequence-limit')
    ? reject(env, code, { n: env.stack.length })
    : 0;
}

/** A copy of the current state waits for its turn at `at`. @kernel push_stack */
export function pushStack(env: Env, at: number, from: number): State | Err {
  const state = copyState(env.cur);
  const err = push(env, state, at, from, 'too-complex');
  if (err) return err;
  if (state.parent) state.parent.branches++;
  env.recorder?.branch(env.cur, state, at);
  return state;
}

/** A callback that runs later, with a stack of its own. @kernel push_async_cb */
export function pushAsyncCb(env: Env, at: number, subprog: number, sleepable: boolean): State | Err {
  const state = newState(subprog, sleepable);
  const err = push(env, state, at, env.insn_idx, 'too-complex-async');
  if (err) return err;
  env.recorder?.later(env.cur, state, at);
  return state;
}
