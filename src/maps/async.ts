import type { MapEnv } from './attr.ts';
import { MAP } from './object.ts';
import { type SlabShape, slabAlloc, slabFree } from './slab.ts';

/**
 * What a bpf_timer or bpf_wq of a value leads to once it is initialised: an object in memory of the map, whose address
 * is in the first word of the field. When it is due is the business of whoever keeps the clock: the object only says
 * which of its starts counts (`seq`, 0 when it is idle).
 * @kernel bpf_async_cb
 */
export const ASYNC = {
  map: 0,
  /** Address of the field. */
  field: 4,
  /** Address of the value that the field lies in. */
  value: 8,
  clock: 12,
  /** Id of the program whose callback it is; 0 before bpf_timer_set_callback and after bpf_timer_cancel. */
  prog: 16,
  /** Address of the callback. */
  callback: 20,
  /** Number of the start that counts, u64; 0 when nothing is pending. */
  seq: 24,
  /** Number of its initialisation, u64: objects are reused. */
  born: 32,
} as const;

const SHAPE: SlabShape = { unit: 40, link: ASYNC.map };

/** The object behind a field, 0 when it is not initialised (or holds what no bpf_timer_init wrote). */
export function asyncOf({ arena }: MapEnv, field: number): number {
  const object = arena.getU32(field);
  if (object === 0 || (object & 7) !== 0) return 0;
  const inside = arena.kindAt(object) !== 0 && arena.ownerAt(object) === arena.ownerAt(field);
  return inside && arena.getU32(object + ASYNC.field) === field ? object : 0;
}

/** Makes the object of a field that has none: its address, or 0 without memory. */
export function asyncAlloc(env: MapEnv, map: number, field: number, value: number): number {
  const { arena } = env;
  const object = slabAlloc(env, map, MAP.asyncSlab, SHAPE);
  if (object === 0) return 0;
  arena.fill(object, 0, SHAPE.unit);
  arena.setU32(object + ASYNC.map, map);
  arena.setU32(object + ASYNC.field, field);
  arena.setU32(object + ASYNC.value, value);
  arena.setU32(field, object);
  return object;
}

/** Stops and frees what a field leads to. @kernel bpf_timer_cancel_and_free */
export function asyncCancelAndFree(env: MapEnv, field: number): void {
  const { arena } = env;
  const object = asyncOf(env, field);
  arena.setU32(field, 0);
  if (object === 0) return;
  const map = arena.getU32(object + ASYNC.map);
  arena.fill(object, 0, SHAPE.unit);
  slabFree(env, map, MAP.asyncSlab, SHAPE, object);
}
