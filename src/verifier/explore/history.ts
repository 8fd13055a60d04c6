/** The jumps, spills and fills on the way through the current state, for precision tracking. */
import type { Env } from '../env.ts';
import type { HistEntry, LinkedReg, State } from '../state.ts';

/** @kernel push_insn_history */
export function pushHistory(
  env: Env,
  state: State,
  stack?: HistEntry['stack'],
  linked?: readonly LinkedReg[],
  onStack = 0,
): void {
  const ent = env.cur_hist_ent;
  if (ent) {
    if (stack) ent.stack = stack;
    if (linked) ent.linked = linked;
    ent.onStack |= onStack;
    return;
  }
  const entry: HistEntry = { idx: env.insn_idx, prev_idx: env.prev_insn_idx, stack, linked, onStack };
  state.history.push(entry);
  env.cur_hist_ent = entry;
}
