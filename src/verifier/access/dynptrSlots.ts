/** Dynptrs on the stack: two slots each, the upper one first. */
import type { Env, Err } from '../env.ts';
import { markSlotScratched, newId, reject } from '../env.ts';
import type { FuncState, Slot } from '../state.ts';
import { eachCell, INVALID, LIVE } from '../state.ts';
import type { DynptrType, Reg } from '../value/reg.ts';
import { FLAG, NOT_INIT, pointer, UNKNOWN } from '../value/reg.ts';
import { stackObjectSpi } from './stackObject.ts';

const DYNPTR = 'dddddddd';
const NR_SLOTS = 2;

/** Dynptrs of this kind stand on a reference. @kernel dynptr_type_refcounted */
export function dynptrRefcounted(type: DynptrType): boolean {
  return type === 'RINGBUF';
}

/** Slot index of the dynptr that a stack pointer points to; a negative errno for none. @kernel dynptr_get_spi */
export function dynptrGetSpi(env: Env, r: Reg): number {
  return stackObjectSpi(env, r, 'dynptr', NR_SLOTS);
}

/** Two whole slots of one dynptr. */
export function isDynptrAt(f: FuncState, spi: number): boolean {
  const [upper, lower] = [f.stack[spi], f.stack[spi - 1]];
  return upper?.cell.v.first_slot === true && upper.types === DYNPTR && lower?.types === DYNPTR;
}

/** The slots hold a new dynptr from now on. */
export function putDynptr(env: Env, f: FuncState, spi: number, type: DynptrType, ref: () => number): void {
  const id = newId(env);
  const slots = [f.stack[spi]!, f.stack[spi - 1]!];
  for (const slot of slots) slot.types = DYNPTR;
  const ref_obj_id = dynptrRefcounted(type) ? ref() : 0;
  for (const [i, { cell }] of slots.entries()) {
    cell.v = pointer('CONST_PTR_TO_DYNPTR', { id, dynptr_type: type, first_slot: i === 0, ref_obj_id });
    cell.live |= LIVE.WRITTEN;
  }
}

function forget(slot: Slot): void {
  slot.types = INVALID;
  slot.cell.v = NOT_INIT;
  // What comes before the dynptr's end must not count as read.
  slot.cell.live |= LIVE.WRITTEN;
}

/** @kernel invalidate_dynptr */
export function invalidateDynptr(f: FuncState, spi: number): void {
  forget(f.stack[spi]!);
  forget(f.stack[spi - 1]!);
}

/** Part of a dynptr is overwritten: it is gone, and so are its slices. @kernel destroy_if_dynptr_stack_slot */
export function destroyIfDynptr(env: Env, f: FuncState, spi: number): Err {
  const slot = f.stack[spi]!;
  if (slot.types[0] !== 'd') return 0;
  const first = slot.cell.v.first_slot ? spi : spi + 1;
  const { dynptr_type, id } = f.stack[first]!.cell.v;
  if (dynptrRefcounted(dynptr_type)) return reject(env, 'dynptr-overwrite');
  markSlotScratched(env, first);
  markSlotScratched(env, first - 1);
  eachCell(env.cur, (c) => {
    const { v } = c;
    const slice = v.type === 'PTR_TO_MEM' && (v.flags === 0 || v.flags === FLAG.PTR_MAYBE_NULL);
    if (slice && v.dynptr_id === id) c.v = UNKNOWN;
  });
  invalidateDynptr(f, first);
  return 0;
}
