/** Whether a state is covered by an older one. */
import type { Env } from '../env.ts';
import type { FuncState, Slot, State } from '../state.ts';
import { isSpilledScalar64, LIVE, MAX_REG } from '../state.ts';
import { rangeWithin } from '../value/bounds.ts';
import type { Reg } from '../value/reg.ts';
import { BPF_ADD_CONST, UNKNOWN } from '../value/reg.ts';
import { tnumIn } from '../value/tnum.ts';

/** How alike: what was not read or not precise may differ; must be inside; must be the same. */
export type Exactness = 'NOT_EXACT' | 'RANGE_WITHIN' | 'EXACT';

/** Ids of the old state and what they are called in the new one. */
export class IdMap {
  readonly #pairs: [number, number][] = [];
  #tmp: number;
  constructor(firstTemporary: number) {
    this.#tmp = firstTemporary;
  }
  /** @kernel check_ids */
  check(old: number, cur: number): boolean {
    if ((old === 0) !== (cur === 0)) return false;
    if (old === 0) return true;
    for (const [a, b] of this.#pairs) {
      if (a === old) return b === cur;
      if (b === cur) return false;
    }
    this.#pairs.push([old, cur]);
    return true;
  }
  /** An old number without an id is linked to nothing, which any number may stand for; a new one gets an id of its own. @kernel check_scalar_ids */
  checkScalar(old: number, cur: number): boolean {
    return old === 0 || this.check(old, cur || ++this.#tmp);
  }
}

function sameBounds(a: Reg, b: Reg): boolean {
  return (
    a.smin_value === b.smin_value &&
    a.smax_value === b.smax_value &&
    a.umin_value === b.umin_value &&
    a.umax_value === b.umax_value &&
    a.s32_min_value === b.s32_min_value &&
    a.s32_max_value === b.s32_max_value &&
    a.u32_min_value === b.u32_min_value &&
    a.u32_max_value === b.u32_max_value
  );
}

function sameKind(a: Reg, b: Reg): boolean {
  return (
    a.type === b.type &&
    a.flags === b.flags &&
    a.off === b.off &&
    a.range === b.range &&
    a.map === b.map &&
    a.map_uid === b.map_uid &&
    a.mem_size === b.mem_size &&
    a.subprogno === b.subprogno &&
    a.btf_id === b.btf_id &&
    a.btf === b.btf &&
    a.dynptr_id === b.dynptr_id &&
    a.dynptr_type === b.dynptr_type
  );
}

function sameTnum(a: Reg, b: Reg): boolean {
  return a.var_off.value === b.var_off.value && a.var_off.mask === b.var_off.mask;
}

function regsExact(a: Reg, b: Reg, ids: IdMap): boolean {
  return (
    sameKind(a, b) &&
    sameTnum(a, b) &&
    sameBounds(a, b) &&
    ids.check(a.id, b.id) &&
    ids.check(a.ref_obj_id, b.ref_obj_id)
  );
}

function within(a: Reg, b: Reg): boolean {
  return rangeWithin(a, b) && tnumIn(a.var_off, b.var_off);
}

/** @kernel regsafe */
export function regsafe(old: Reg, live: number, cur: Reg, ids: IdMap, exact: Exactness): boolean {
  if (exact === 'EXACT') return regsExact(old, cur, ids);
  if ((live & LIVE.READ) === 0 && exact === 'NOT_EXACT') return true;
  if (old.type === 'NOT_INIT' && (exact === 'NOT_EXACT' || cur.type === 'NOT_INIT')) return true;
  if (old.type !== cur.type || old.flags !== cur.flags) return false;
  switch (old.type) {
    case 'SCALAR_VALUE': {
      if (!old.precise && exact === 'NOT_EXACT') return true;
      const linked = old.id >= BPF_ADD_CONST;
      if (old.id !== 0 && linked !== cur.id >= BPF_ADD_CONST) return false;
      if (linked && old.off !== cur.off) return false;
      return within(old, cur) && ids.checkScalar(old.id, cur.id);
    }
    case 'PTR_TO_MAP_KEY':
    case 'PTR_TO_MAP_VALUE':
    case 'PTR_TO_MEM':
    case 'PTR_TO_BUF':
    case 'PTR_TO_TP_BUFFER':
      return (
        sameKind(old, cur) && within(old, cur) && ids.check(old.id, cur.id) && ids.check(old.ref_obj_id, cur.ref_obj_id)
      );
    case 'PTR_TO_PACKET':
    case 'PTR_TO_PACKET_META':
      // What is known to lie at or beyond the end is told by a negative range, which is not less than any other.
      if (old.range < 0 || cur.range < 0 ? old.range !== cur.range : old.range > cur.range) return false;
      if (old.off !== cur.off) return false;
      return ids.check(old.id, cur.id) && within(old, cur);
    case 'PTR_TO_STACK':
      return regsExact(old, cur, ids) && old.frameno === cur.frameno;
    default:
      return regsExact(old, cur, ids);
  }
}

/** The number that an 8-byte read of the slot gives, where it gives one; of bytes that nobody wrote, any. @kernel scalar_reg_for_stack */
function scalarOf(slot: Slot): { v: Reg; live: number } | undefined {
  if (isSpilledScalar64(slot)) return slot.cell;
  return /^[m?]{8}$/.test(slot.types) ? { v: UNKNOWN, live: LIVE.READ } : undefined;
}

/** What stands in two slots of the same bytes. */
function slotSafe(old: Slot, cur: Slot, ids: IdMap, exact: Exactness): boolean {
  const [a, b] = [old.cell.v, cur.cell.v];
  switch (old.types[7]) {
    case 'r':
      return regsafe(a, old.cell.live, b, ids, exact);
    case 'd':
      return a.dynptr_type === b.dynptr_type && a.first_slot === b.first_slot && ids.check(a.ref_obj_id, b.ref_obj_id);
    case 'i':
      // The depth is left out: it would keep loops from ending.
      return (
        a.btf === b.btf &&
        a.btf_id === b.btf_id &&
        a.iter_state === b.iter_state &&
        ids.check(a.ref_obj_id, b.ref_obj_id)
      );
    default:
      return true;
  }
}

/** @kernel stacksafe */
function stacksafe(old: FuncState, cur: FuncState, ids: IdMap, exact: Exactness): boolean {
  for (let spi = 0; spi < old.stack.length; spi++) {
    const slot = old.stack[spi]!;
    const other = cur.stack[spi];
    if (exact !== 'NOT_EXACT' && (!other || other.types !== slot.types)) return false;
    if ((slot.cell.live & LIVE.READ) === 0 && exact === 'NOT_EXACT') continue;
    if (slot.types === '????????') continue;
    if (!other) {
      if (/^[m?]*$/.test(slot.types)) continue;
      return false;
    }
    const [a, b] = [scalarOf(slot), scalarOf(other)];
    if (a && b) {
      if (!regsafe(a.v, a.live, b.v, ids, exact)) return false;
      continue;
    }
    for (let i = 0; i < 8; i++) {
      const [x, y] = [slot.types[i]!, other.types[i]!];
      if (x === '?' || x === 'm' || x === y) continue;
      return false;
    }
    if (!slotSafe(slot, other, ids, exact)) return false;
  }
  return true;
}

function funcStatesEqual(old: FuncState, cur: FuncState, ids: IdMap, exact: Exactness): boolean {
  if (old.callback_depth > cur.callback_depth) return false;
  for (let i = 0; i < MAX_REG; i++) {
    const c = old.regs[i]!;
    if (!regsafe(c.v, c.live, cur.regs[i]!.v, ids, exact)) return false;
  }
  if (!stacksafe(old, cur, ids, exact)) return false;
  return old.refs.length === cur.refs.length && old.refs.every((r, i) => ids.check(r.id, cur.refs[i]!.id));
}

/** @kernel states_equal */
export function statesEqual(env: Env, old: State, cur: State, exact: Exactness): boolean {
  if (old.frame.length !== cur.frame.length) return false;
  const ids = new IdMap(env.id_gen);
  const [a, b] = [old.active_lock, cur.active_lock];
  if (a?.ptr !== b?.ptr || !ids.check(a?.id ?? 0, b?.id ?? 0)) return false;
  if (old.active_rcu_lock !== cur.active_rcu_lock || old.active_preempt_lock !== cur.active_preempt_lock) return false;
  if (old.in_sleepable !== cur.in_sleepable) return false;
  for (let i = 0; i < old.frame.length; i++) {
    const [f, g] = [old.frame[i]!, cur.frame[i]!];
    if (f.callsite !== g.callsite || !funcStatesEqual(f, g, ids, exact)) return false;
  }
  return true;
}

/** Cheap test before the exact comparison: the registers of the current frame are the same. @kernel states_maybe_looping */
export function statesMaybeLooping(old: State, cur: State): boolean {
  if (old.frame.length !== cur.frame.length) return false;
  const [f, g] = [old.frame[old.frame.length - 1]!, cur.frame[cur.frame.length - 1]!];
  return f.regs.every((c, i) => {
    const [a, b] = [c.v, g.regs[i]!.v];
    return (
      a === b ||
      (sameKind(a, b) && sameTnum(a, b) && sameBounds(a, b) && a.id === b.id && a.ref_obj_id === b.ref_obj_id)
    );
  });
}
