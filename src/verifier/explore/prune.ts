/** Remembered states: where to keep one, and when an equal one ends the walk. */
import type { Env, Err, StateListEntry } from '../env.ts';
import { reject, verbose } from '../env.ts';
import { printFrame } from '../log/events.ts';
import { verboseLinfo } from '../log/lines.ts';
import type { State } from '../state.ts';
import { copyState, curFrame, FP, INVALID, LIVE } from '../state.ts';
import { NOT_INIT } from '../value/reg.ts';
import type { Exactness } from './equal.ts';
import { statesEqual, statesMaybeLooping } from './equal.ts';
import { exploredStates, sameCallsites } from './explored.ts';
import { pushHistory } from './history.ts';
import { propagateLiveness } from './liveness.ts';
import { forgetPrecision, propagatePrecision } from './precision.ts';

const MAX_HISTORY = 40;

/** The outermost loop header that the state's loop belongs to. @kernel get_loop_entry */
function getLoopEntry(st: State): State | undefined {
  let top = st.loop_entry;
  while (top?.loop_entry && top !== top.loop_entry) top = top.loop_entry;
  let at: State | undefined = st;
  while (at?.loop_entry && at.loop_entry !== top) {
    const next: State = at.loop_entry;
    at.loop_entry = top;
    at = next;
  }
  return top;
}

/** @kernel update_loop_entry */
function updateLoopEntry(cur: State, header: State): void {
  const [cur1, header1] = [getLoopEntry(cur) ?? cur, getLoopEntry(header) ?? header];
  if (header1.branches > 0 && header1.dfs_depth <= cur1.dfs_depth) {
    cur.loop_entry = header;
    header.used_as_loop_entry = true;
  }
}

/** A path through the state has ended. @kernel update_branch_counts */
export function updateBranchCounts(st: State | undefined): void {
  for (let s = st; s; s = s.parent) {
    s.branches--;
    if (s.branches === 0 && s.parent && s.loop_entry) updateLoopEntry(s.parent, s.loop_entry);
    if (s.branches > 0) break;
  }
}

/** Whether the state was cleaned: its places have no more liveness to gain. */
const isClean = (st: State): boolean => (st.frame[0]!.regs[0]!.live & LIVE.DONE) !== 0;

/** What nobody read is forgotten, so that more states are equal. @kernel clean_verifier_state */
function cleanState(st: State): void {
  for (const f of st.frame) {
    for (let i = 0; i < FP; i++) {
      const c = f.regs[i]!;
      const read = c.live & LIVE.READ;
      c.live |= LIVE.DONE;
      if (!read) c.v = NOT_INIT;
    }
    for (const slot of f.stack) {
      const read = slot.cell.live & LIVE.READ;
      slot.cell.live |= LIVE.DONE;
      if (read) continue;
      slot.cell.v = NOT_INIT;
      slot.types = INVALID;
    }
  }
}

/** @kernel clean_live_states */
function cleanLiveStates(list: readonly StateListEntry[], at: number, cur: State): void {
  for (const { state } of list) {
    if (state.branches > 0 || state.insn_idx !== at || isClean(state) || !sameCallsites(state, cur)) continue;
    // What an unfinished loop reads is not known yet.
    if ((getLoopEntry(state)?.branches ?? 0) > 0) continue;
    cleanState(state);
  }
}

function infiniteLoop(env: Env, old: State): Err {
  verboseLinfo(env, env.insn_idx, '; ');
  reject(env, 'loop-infinite', { insn: env.insn_idx });
  verbose(env, 'cur state:');
  printFrame(env, curFrame(env.cur));
  verbose(env, 'old state:');
  printFrame(env, old.frame[env.cur.frame.length - 1]!);
  return -22;
}

/** Keeps a copy of the current state, which becomes the parent of its places. */
function remember(env: Env, list: StateListEntry[]): void {
  const { cur } = env;
  env.total_states++;
  env.peak_states++;
  env.prev_jmps_processed = env.jmps_processed;
  env.prev_insn_processed = env.insn_processed;
  forgetPrecision(cur);
  const kept = copyState(cur);
  kept.insn_idx = env.insn_idx;
  cur.parent = kept;
  cur.first_insn_idx = env.insn_idx;
  cur.history = [];
  cur.dfs_depth = kept.dfs_depth + 1;
  list.unshift({ state: kept, hit_cnt: 0, miss_cnt: 0 });
  const last = cur.frame.length - 1;
  for (const [j, f] of cur.frame.entries()) {
    const g = kept.frame[j]!;
    for (let i = j < last ? 6 : 0; i < FP; i++) f.regs[i]!.parent = g.regs[i]!;
    for (let i = 0; i < FP; i++) f.regs[i]!.live = LIVE.NONE;
    for (const [i, slot] of f.stack.entries()) {
      slot.cell.live = LIVE.NONE;
      slot.cell.parent = g.stack[i]!.cell;
    }
  }
  env.recorder?.remembered(cur, kept);
}

function hit(env: Env, sl: StateListEntry, how: Exactness): Err {
  sl.hit_cnt++;
  env.recorder?.pruned(env.cur, sl.state, how);
  propagateLiveness(env, sl.state, env.cur);
  if (env.aux[env.insn_idx]!.jmp_point) pushHistory(env, env.cur);
  return propagatePrecision(env, sl.state) || 1;
}

/** The iterator that the call at hand asks for its next element. */
function iteratorActive(cur: State): boolean {
  const r = curFrame(cur).regs[1]!.v;
  const spi = (-(r.off + Number(BigInt.asIntN(64, r.var_off.value))) - 1) >> 3;
  return cur.frame[r.frameno]?.stack[spi]?.cell.v.iter_state === 'ACTIVE';
}

/** @kernel iter_active_depths_differ */
function iterDepthsDiffer(old: State, cur: State): boolean {
  return old.frame.some((f, i) =>
    f.stack.some((slot, spi) => {
      if (slot.types[0] !== 'i' || slot.cell.v.iter_state !== 'ACTIVE') return false;
      return slot.cell.v.iter_depth !== cur.frame[i]!.stack[spi]?.cell.v.iter_depth;
    }),
  );
}

/** What it means that the path came to this insn before. */
function onThisPath(env: Env, old: State): 'hit' | 'miss' | 'infinite' {
  const { cur, insn_idx: at } = env;
  const [f, g] = [curFrame(old), curFrame(cur)];
  if (f.in_async_callback_fn && f.async_entry_cnt !== g.async_entry_cnt) return 'miss';
  if (env.aux[at]!.is_iter_next) {
    if (statesEqual(env, old, cur, 'RANGE_WITHIN') && iteratorActive(cur)) {
      updateLoopEntry(cur, old);
      return 'hit';
    }
    return 'miss';
  }
  if (env.insns[at]!.row?.kind === 'may_goto') {
    if (old.may_goto_depth !== cur.may_goto_depth && statesEqual(env, old, cur, 'RANGE_WITHIN')) {
      updateLoopEntry(cur, old);
      return 'hit';
    }
  }
  if (env.aux[at]!.calls_callback) return statesEqual(env, old, cur, 'RANGE_WITHIN') ? 'hit' : 'miss';
  if (
    statesMaybeLooping(old, cur) &&
    statesEqual(env, old, cur, 'EXACT') &&
    !iterDepthsDiffer(old, cur) &&
    old.may_goto_depth === cur.may_goto_depth &&
    old.callback_unroll_depth === cur.callback_unroll_depth
  ) {
    return 'infinite';
  }
  return 'miss';
}

/** 1 when an equal state was seen, 0 to go on. @kernel is_state_visited */
export function isStateVisited(env: Env): Err {
  const { cur, insn_idx: at } = env;
  const list = exploredStates(env, at);
  const jumps = env.jmps_processed - env.prev_jmps_processed;
  const insns = env.insn_processed - env.prev_insn_processed;
  const force = env.facts.testStateFreq || env.aux[at]!.force_checkpoint || cur.history.length > MAX_HISTORY;
  let add = force || (jumps >= 2 && insns >= 8);
  cleanLiveStates(list, at, cur);
  let count = 0;
  for (let i = 0; i < list.length; ) {
    const sl = list[i]!;
    count++;
    if (sl.state.insn_idx !== at) {
      i++;
      continue;
    }
    if (sl.state.branches > 0) {
      const seen = onThisPath(env, sl.state);
      if (seen === 'infinite') return infiniteLoop(env, sl.state);
      if (seen === 'hit') return hit(env, sl, 'RANGE_WITHIN');
      if (!force && jumps < 20 && insns < 100) add = false;
    } else {
      const loop = getLoopEntry(sl.state);
      const exact = loop !== undefined && loop.branches > 0;
      const how = exact ? 'RANGE_WITHIN' : 'NOT_EXACT';
      if (statesEqual(env, sl.state, cur, how)) {
        if (exact) updateLoopEntry(cur, loop);
        return hit(env, sl, how);
      }
    }
    if (add) sl.miss_cnt++;
    const n = env.aux[at]!.force_checkpoint && sl.state.branches > 0 ? 64 : 3;
    if (sl.miss_cnt > sl.hit_cnt * n + n) {
      list.splice(i, 1);
      if (isClean(sl.state) && !sl.state.used_as_loop_entry) env.peak_states--;
      continue;
    }
    i++;
  }
  if (env.max_states_per_insn < count) env.max_states_per_insn = count;
  if (add) remember(env, list);
  return 0;
}
