/** Dynptrs as arguments of calls. */
import { checkMemAccess } from '../access/check.ts';
import {
  destroyIfDynptr,
  dynptrGetSpi,
  dynptrRefcounted,
  invalidateDynptr,
  isDynptrAt,
  putDynptr,
} from '../access/dynptrSlots.ts';
import { frameOf, OUTSIDE } from '../access/stackObject.ts';
import type { Env, Err } from '../env.ts';
import { reject } from '../env.ts';
import { markRegRead } from '../explore/liveness.ts';
import { curFrame, LIVE } from '../state.ts';
import type { DynptrType, Reg } from '../value/reg.ts';
import { acquireReference, releaseReference } from './references.ts';

const SIZE = 16;
const TYPES: readonly (readonly [flag: string, DynptrType])[] = [
  ['DYNPTR_TYPE_LOCAL', 'LOCAL'],
  ['DYNPTR_TYPE_RINGBUF', 'RINGBUF'],
  ['DYNPTR_TYPE_SKB', 'SKB'],
  ['DYNPTR_TYPE_XDP', 'XDP'],
];

/** @kernel arg_to_dynptr_type */
function wantedType(flags: ReadonlySet<string>): DynptrType {
  return TYPES.find(([flag]) => flags.has(flag))?.[1] ?? 'INVALID';
}

/** The dynptr behind an argument; undefined where there is none. @kernel get_dynptr_arg_reg */
export function dynptrOf(env: Env, r: Reg): Reg | undefined {
  if (r.type === 'CONST_PTR_TO_DYNPTR') return r;
  if (r.type !== 'PTR_TO_STACK') return undefined;
  const spi = dynptrGetSpi(env, r);
  return spi < 0 ? undefined : frameOf(env, r).stack[spi]!.cell.v;
}

/** @kernel mark_stack_slots_dynptr */
function markSlots(env: Env, r: Reg, type: DynptrType, cloneRefId: number): Err {
  const spi = dynptrGetSpi(env, r);
  if (spi < 0) return spi;
  const f = frameOf(env, r);
  const err = destroyIfDynptr(env, f, spi) || destroyIfDynptr(env, f, spi - 1);
  if (err) return err;
  putDynptr(env, f, spi, type, () => cloneRefId || acquireReference(env));
  return 0;
}

function fill(env: Env, regno: number, r: Reg, type: DynptrType, cloneRefId: number): Err {
  const spi = r.type === 'PTR_TO_STACK' ? dynptrGetSpi(env, r) : -1;
  if (spi < 0 && spi !== OUTSIDE) return reject(env, 'dynptr-uninit');
  for (let off = 0; off < SIZE; off += 8) {
    const err = checkMemAccess(env, { regno, off, size: 8, write: true, value: -1 });
    if (err) return err;
  }
  return markSlots(env, r, type, cloneRefId);
}

/** `flags` are the modifiers of the argument's kind. @kernel process_dynptr_func */
export function processDynptr(env: Env, regno: number, flags: ReadonlySet<string>, cloneRefId: number): Err {
  const r = curFrame(env.cur).regs[regno]!.v;
  const constant = r.type === 'CONST_PTR_TO_DYNPTR';
  if (r.type !== 'PTR_TO_STACK' && !constant) return reject(env, 'dynptr-kind', { n: regno - 1 });
  const type = wantedType(flags);
  if (flags.has('MEM_UNINIT')) return fill(env, regno, r, type, cloneRefId);
  if (constant && !flags.has('MEM_RDONLY')) return reject(env, 'dynptr-const');
  const spi = constant ? 0 : dynptrGetSpi(env, r);
  if (!constant && (spi < 0 || !isDynptrAt(frameOf(env, r), spi))) return reject(env, 'dynptr-init', { n: regno - 1 });
  const found = constant ? r : frameOf(env, r).stack[spi]!.cell.v;
  if (type !== 'INVALID' && found.dynptr_type !== type) {
    return reject(env, 'dynptr-type', { type: type.toLowerCase(), n: regno - 1 });
  }
  if (!constant) {
    for (const i of [spi, spi - 1]) {
      const { cell } = frameOf(env, r).stack[i]!;
      markRegRead(env, cell, cell.parent, LIVE.READ64);
    }
  }
  return 0;
}

/** The dynptr is handed in; with it go its clones and their slices. @kernel unmark_stack_slots_dynptr */
export function unmarkStackSlotsDynptr(env: Env, r: Reg): Err {
  const spi = dynptrGetSpi(env, r);
  if (spi < 0) return spi;
  const f = frameOf(env, r);
  const { dynptr_type, ref_obj_id } = f.stack[spi]!.cell.v;
  if (!dynptrRefcounted(dynptr_type)) {
    invalidateDynptr(f, spi);
    return 0;
  }
  releaseReference(env, ref_obj_id);
  for (const [i, slot] of f.stack.entries()) {
    const { v } = slot.cell;
    if (slot.types[0] === 'd' && v.ref_obj_id === ref_obj_id && v.first_slot) invalidateDynptr(f, i);
  }
  return 0;
}
