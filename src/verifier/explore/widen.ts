/** Numbers that change from round to round of an iterator or callback, and decide nothing, become unknown. */
import type { Env, Err } from '../env.ts';
import type { Cell, FuncState, State } from '../state.ts';
import { isSpilledReg, LIVE, MAX_REG } from '../state.ts';
import { UNKNOWN } from '../value/reg.ts';
import { IdMap, regsafe } from './equal.ts';
import { exploredStates, sameCallsites } from './explored.ts';

/** The state of this path in which the insn was met before. @kernel find_prev_entry */
export function findPrevEntry(env: Env, cur: State, insn_idx: number): State | undefined {
  return exploredStates(env, insn_idx).find(
    ({ state }) =>
      state.insn_idx === insn_idx && state.branches > 0 && sameCallsites(state, cur) && state.dfs_depth < cur.dfs_depth,
  )?.state;
}

/** @kernel maybe_widen_reg */
function maybeWiden(old: Cell, cur: Cell, ids: IdMap): void {
  const [a, b] = [old.v, cur.v];
  if (a.type !== 'SCALAR_VALUE' || b.type !== 'SCALAR_VALUE' || a.precise || b.precise) return;
  if (regsafe(a, LIVE.READ, b, ids, 'EXACT')) return;
  cur.v = UNKNOWN;
}

function widenFrame(old: FuncState, cur: FuncState, ids: IdMap): void {
  for (let i = 0; i < MAX_REG; i++) maybeWiden(old.regs[i]!, cur.regs[i]!, ids);
  for (let i = 0; i < old.stack.length && i < cur.stack.length; i++) {
    const [a, b] = [old.stack[i]!, cur.stack[i]!];
    if (isSpilledReg(a) && isSpilledReg(b)) maybeWiden(a.cell, b.cell, ids);
  }
}

/** @kernel widen_imprecise_scalars */
export function widenImpreciseScalars(env: Env, old: State, cur: State): Err {
  const ids = new IdMap(env.id_gen);
  for (let i = old.frame.length - 1; i >= 0; i--) widenFrame(old.frame[i]!, cur.frame[i]!, ids);
  return 0;
}
