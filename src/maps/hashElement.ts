/** Elements of hash maps that are no LRU maps: where they come from and go to. */
import type { MapEnv } from './attr.ts';
import { ELEM } from './element.ts';
import { elementWindow, freeElementFields, htabValue } from './hashTable.ts';
import { MAP, PCPU, pcpu, roundUp8 } from './object.ts';
import { freelistPop, freelistPush } from './percpuFreelist.ts';
import { slabAlloc, slabFree } from './slab.ts';
import { E2BIG, ENOMEM, F } from './uapi.ts';
import { checkAndInitMapValue, copyMapValue, objFreeFields, putMapValue, zeroMapValue } from './value.ts';

/** Do all elements exist from the beginning? @kernel htab_is_prealloc */
export function isPrealloc(env: MapEnv, map: number): boolean {
  return (env.arena.getU32(map + MAP.flags) & F.NO_PREALLOC) === 0;
}

function addCount(env: MapEnv, map: number, delta: number): void {
  env.arena.setU32(map + MAP.count, env.arena.getU32(map + MAP.count) + delta);
}

function full(env: MapEnv, map: number, cpu: number): number {
  env.locks?.failed('update', map, -E2BIG, cpu);
  return -E2BIG;
}

/** A new element when `old` is 0, or the one that takes the place of `old`: address or -errno. @kernel alloc_htab_elem */
export function allocElement(env: MapEnv, map: number, old: number, cpu: number): number {
  const { arena } = env;
  if (isPrealloc(env, map)) {
    if (old !== 0) {
      const record = pcpu(map, cpu);
      const spare = arena.getU32(record + PCPU.extra);
      arena.setU32(record + PCPU.extra, old);
      return spare;
    }
    const element = freelistPop(arena, map, cpu);
    if (element === 0) return full(env, map, cpu);
    addCount(env, map, 1);
    return element;
  }
  if (old === 0 && arena.getU32(map + MAP.count) >= arena.getU32(map + MAP.maxEntries)) return full(env, map, cpu);
  const window = elementWindow(env, map);
  const unit = arena.getU32(map + MAP.stride);
  const element = slabAlloc(env, map, MAP.slab, { unit, link: ELEM.list, ...(window ? { window } : {}) });
  if (element === 0) return -ENOMEM;
  // The old one counts until it is freed.
  addCount(env, map, 1);
  if (window) checkAndInitMapValue(arena, map, element + arena.getU32(map + MAP.valueOff));
  return element;
}

/** Gives an element of the bucket lists back. @kernel free_htab_elem */
export function freeElement(env: MapEnv, map: number, element: number, cpu: number): void {
  freeElementFields(env, map, element);
  addCount(env, map, -1);
  if (isPrealloc(env, map)) freelistPush(env.arena, map, cpu, element);
  else slabFree(env, map, MAP.slab, { unit: 0, link: ELEM.list }, element);
}

/** Makes sure that a per-CPU element has values, all zero when they are new; false without memory. */
export function ensurePercpuValues(env: MapEnv, map: number, element: number): boolean {
  const { arena } = env;
  const slot = element + arena.getU32(map + MAP.keyOff) + ELEM.percpuValues;
  if (arena.getU32(slot) !== 0) return true;
  const size = arena.getU32(map + MAP.valueSize);
  const stride = roundUp8(size);
  const unit = stride * arena.getU32(map + MAP.cpus);
  const first = arena.getU32(map + MAP.percpuValues);
  let values: number;
  if (first !== 0) {
    const index = (element - arena.getU32(map + MAP.values)) / arena.getU32(map + MAP.stride);
    values = first + index * unit;
  } else {
    values = slabAlloc(env, map, MAP.percpuSlab, { unit, link: 0, window: { stride, offset: 0, size } });
  }
  arena.setU32(slot, values);
  return values !== 0;
}

/** A new element's values: the caller's CPU gets the value, the others zeros. @kernel pcpu_init_value */
export function initPercpuValue(env: MapEnv, map: number, element: number, value: number, cpu: number): void {
  const { arena } = env;
  const stride = roundUp8(arena.getU32(map + MAP.valueSize));
  const values = htabValue(env, map, element, 0);
  for (let c = 0; c < arena.getU32(map + MAP.cpus); c++) {
    if (c !== cpu) zeroMapValue(arena, map, values + c * stride);
  }
  copyMapValue(arena, map, values + cpu * stride, value);
}

/** A program's update of an element that is there: its CPU's value. @kernel pcpu_copy_value */
export function overwritePercpuValue(env: MapEnv, map: number, element: number, value: number, cpu: number): void {
  const own = htabValue(env, map, element, cpu);
  copyMapValue(env.arena, map, own, value);
  objFreeFields(env, map, own);
}

/** Writes the values of all CPUs as user space gave them. @kernel pcpu_copy_value */
export function putPercpuValues(env: MapEnv, map: number, element: number, bytes: Uint8Array): void {
  const stride = roundUp8(env.arena.getU32(map + MAP.valueSize));
  const values = htabValue(env, map, element, 0);
  for (let at = 0; at < bytes.length; at += stride) {
    putMapValue(env.arena, map, values + at, bytes.subarray(at, at + stride));
    objFreeFields(env, map, values + at);
  }
}
