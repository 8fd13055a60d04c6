/** Pointers that may be NULL become pointers or zero when they are compared with 0. */

import { hasField, isMapType } from '../maps.ts';
import type { Cell, State } from '../state.ts';
import { curFrame, eachCell } from '../state.ts';
import type { Reg } from '../value/reg.ts';
import { FLAG, pointer } from '../value/reg.ts';

/** What the pointer is when it is not NULL. @kernel mark_ptr_not_null_reg */
function notNull(r: Reg): Reg {
  const flags = r.flags & ~FLAG.PTR_MAYBE_NULL;
  const { map } = r;
  if (r.type === 'PTR_TO_MAP_VALUE' && map) {
    if (map.inner) {
      // The id tells the inner maps of different lookups apart, for timers.
      const map_uid = hasField(map.inner, 'timer', 'wq') ? r.id : r.map_uid;
      return { ...r, flags, type: 'CONST_PTR_TO_MAP', map: map.inner, map_uid };
    }
    if (isMapType(map, 'xskmap')) return { ...r, flags, type: 'PTR_TO_XDP_SOCK' };
    if (isMapType(map, 'sockmap', 'sockhash')) return { ...r, flags, type: 'PTR_TO_SOCKET' };
  }
  return { ...r, flags };
}

/** Values with a lock keep their id, which tells the locks of different elements apart. */
function keepLockId(r: Reg): Reg {
  const locked = r.type === 'PTR_TO_MAP_VALUE' && r.map !== undefined && hasField(r.map, 'spin_lock');
  return locked ? r : { ...r, id: 0 };
}

export function markNotNull(c: Cell): void {
  c.v = notNull(c.v);
}

/** All copies of a pointer are NULL, or are not. @kernel mark_ptr_or_null_regs */
export function markPtrOrNullRegs(st: State, regno: number, isNull: boolean): void {
  const { id, ref_obj_id } = curFrame(st).regs[regno]!.v;
  if (isNull && ref_obj_id !== 0 && ref_obj_id === id) dropReference(st, id);
  eachCell(st, (c) => {
    const { v } = c;
    if ((v.flags & FLAG.PTR_MAYBE_NULL) === 0 || v.id !== id || v.off !== 0) return;
    if (v.smin_value !== 0n || v.smax_value !== 0n) return;
    c.v = isNull ? { ...pointer('SCALAR_VALUE'), precise: v.precise } : keepLockId(notNull(v));
  });
}

/** The last reference takes the place of the one that goes. @kernel release_reference_state */
export function dropReference(st: State, id: number): boolean {
  const f = curFrame(st);
  const at = f.refs.findIndex((r) => r.id === id);
  const held = f.refs[at];
  if (!held || (f.in_callback_fn && held.callback_ref !== f.frameno)) return false;
  const last = f.refs.at(-1)!;
  f.refs = f.refs.map((r, i) => (i === at ? last : r)).slice(0, -1);
  return true;
}
