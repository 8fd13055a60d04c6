import type { Arena } from '../mem/arena.ts';
import type { MapEnv } from './attr.ts';
import { MAP, NO_FIELD, roundUp8 } from './object.ts';
import { ENOENT } from './uapi.ts';

const SPIN_LOCK_SIZE = 4;
const TIMER_SIZE = 16;

/**
 * Copies a value, leaving the bpf_spin_lock and bpf_timer of the destination as they are.
 * @kernel copy_map_value
 */
export function copyMapValue(arena: Arena, map: number, to: number, from: number): void {
  const size = arena.getU32(map + MAP.valueSize);
  const lock = arena.getU32(map + MAP.spinLockOff);
  const timer = arena.getU32(map + MAP.timerOff);
  if (lock === NO_FIELD && timer === NO_FIELD) {
    arena.copy(to, from, size);
    return;
  }
  let at = 0;
  const upTo = (end: number): void => {
    if (end > at) arena.copy(to + at, from + at, end - at);
  };
  const skips: ReadonlyArray<readonly [number, number]> = [
    [lock, SPIN_LOCK_SIZE],
    [timer, TIMER_SIZE],
  ];
  for (const [off, length] of lock <= timer ? skips : [...skips].reverse()) {
    if (off === NO_FIELD) continue;
    upTo(off);
    at = off + length;
  }
  upTo(size);
}

/** Writes a value from outside, leaving lock and timer as they are. */
export function putMapValue(arena: Arena, map: number, to: number, bytes: Uint8Array): void {
  const lock = arena.getU32(map + MAP.spinLockOff);
  const timer = arena.getU32(map + MAP.timerOff);
  const keptLock = lock === NO_FIELD ? undefined : arena.bytes(to + lock, SPIN_LOCK_SIZE);
  const keptTimer = timer === NO_FIELD ? undefined : arena.bytes(to + timer, TIMER_SIZE);
  arena.put(to, bytes);
  if (keptLock) arena.put(to + lock, keptLock);
  if (keptTimer) arena.put(to + timer, keptTimer);
}

/** Copies a per-CPU value with its padding. @kernel copy_map_value_long */
export function copyMapValueLong(arena: Arena, map: number, to: number, from: number): void {
  arena.copy(to, from, roundUp8(arena.getU32(map + MAP.valueSize)));
}

/** The bytes of a value as user space sees them: lock and timer read as zero. @kernel check_and_init_map_value */
export function valueBytes(arena: Arena, map: number, value: number): Uint8Array {
  const bytes = arena.bytes(value, arena.getU32(map + MAP.valueSize));
  const lock = arena.getU32(map + MAP.spinLockOff);
  const timer = arena.getU32(map + MAP.timerOff);
  if (lock !== NO_FIELD) bytes.fill(0, lock, lock + SPIN_LOCK_SIZE);
  if (timer !== NO_FIELD) bytes.fill(0, timer, timer + TIMER_SIZE);
  return bytes;
}

/** What user space reads of a value without special fields at an address, -ENOENT where the address is 0. */
export function foundValue({ arena }: MapEnv, map: number, value: number): Uint8Array | number {
  return value === 0 ? -ENOENT : arena.bytes(value, arena.getU32(map + MAP.valueSize));
}

/** Are the update flags unknown or contradictory? `flags` is hi * 2^32 + lo. */
export function badUpdateFlags(flags: number, allowed: 2 | 6): boolean {
  return flags > allowed || (flags & 3) === 3;
}
