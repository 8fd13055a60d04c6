/** The remembered states by place. */
import type { Env, StateListEntry } from '../env.ts';
import type { State } from '../state.ts';
import { curFrame } from '../state.ts';

/**
 * States remembered near an insn, the latest first. Linux hashes states by place and caller; a bucket's other states count for
 * max_states_per_insn.
 * @kernel explored_state
 */
export function exploredStates(env: Env, at: number): StateListEntry[] {
  const bucket = ((at ^ curFrame(env.cur).callsite) >>> 0) % env.insns.length;
  let list = env.explored.get(bucket);
  if (!list) {
    list = [];
    env.explored.set(bucket, list);
  }
  return list;
}

/** @kernel same_callsites */
export function sameCallsites(a: State, b: State): boolean {
  if (a.frame.length !== b.frame.length) return false;
  for (let i = 0; i < a.frame.length; i++) if (a.frame[i]!.callsite !== b.frame[i]!.callsite) return false;
  return true;
}
