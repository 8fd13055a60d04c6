import type { Arena } from '../mem/arena.ts';
import { asyncCancelAndFree } from './async.ts';
import type { MapEnv } from './attr.ts';
import { FIELD, fieldAt, fieldCount } from './fields.ts';
import { kptrRelease } from './kptr.ts';
import { MAP, roundUp8 } from './object.ts';
import { ENOENT } from './uapi.ts';

const SIZE_MASK = 0xff;

/** Calls back for each stretch of a value of `size` bytes between its special fields: offset and length. */
function eachPlain(arena: Arena, map: number, size: number, visit: (offset: number, length: number) => void): void {
  let at = 0;
  const count = fieldCount(arena, map);
  for (let i = 0; i < count; i++) {
    const field = map + MAP.fields + FIELD.size * i;
    const offset = arena.getU32(field + FIELD.offset);
    if (offset > at) visit(at, offset - at);
    at = offset + (arena.getU32(field + FIELD.sizeAndRelease) & SIZE_MASK);
  }
  if (size > at) visit(at, size - at);
}

function copyPlain(arena: Arena, map: number, to: number, from: number, size: number): void {
  if (arena.getU32(map + MAP.fieldCount) === 0) arena.copy(to, from, size);
  else eachPlain(arena, map, size, (offset, length) => arena.copy(to + offset, from + offset, length));
}

/** Copies a value, leaving the special fields of the destination as they are. @kernel copy_map_value */
export function copyMapValue(arena: Arena, map: number, to: number, from: number): void {
  copyPlain(arena, map, to, from, arena.getU32(map + MAP.valueSize));
}

/** Writes a value from outside (per-CPU types: with its padding), leaving its special fields as they are. */
export function putMapValue(arena: Arena, map: number, to: number, bytes: Uint8Array): void {
  if (arena.getU32(map + MAP.fieldCount) === 0) arena.put(to, bytes);
  else {
    eachPlain(arena, map, bytes.length, (offset, length) =>
      arena.put(to + offset, bytes.subarray(offset, offset + length)),
    );
  }
}

/** Zeroes a value but for its special fields and the padding of a per-CPU value. @kernel zero_map_value */
export function zeroMapValue(arena: Arena, map: number, value: number): void {
  eachPlain(arena, map, arena.getU32(map + MAP.valueSize), (offset, length) => arena.fill(value + offset, 0, length));
}

/** Zeroes the special fields of a value in fresh memory. @kernel check_and_init_map_value */
export function checkAndInitMapValue(arena: Arena, map: number, value: number): void {
  const count = fieldCount(arena, map);
  for (let i = 0; i < count; i++) {
    const { offset, size } = fieldAt(arena, map, i);
    arena.fill(value + offset, 0, size);
  }
}

/** Gives back what the special fields of a value hold: timers are cancelled, references dropped. @kernel bpf_obj_free_fields */
export function objFreeFields(env: MapEnv, map: number, value: number): void {
  const { arena } = env;
  const count = fieldCount(arena, map);
  for (let i = 0; i < count; i++) {
    const { kind, offset, release } = fieldAt(arena, map, i);
    const at = value + offset;
    if (kind === 'timer' || kind === 'wq') asyncCancelAndFree(env, at);
    else if (kind === 'kptr_untrusted' || kind === 'kptr' || kind === 'percpu_kptr') {
      const held = arena.getU32(at);
      arena.setU64(at, 0, 0);
      if (kind !== 'kptr_untrusted' && held !== 0) kptrRelease(arena, held, release);
    }
  }
}

/** The bytes of a value as user space sees them: special fields read as zero. @kernel bpf_map_copy_value */
export function valueBytes(arena: Arena, map: number, value: number): Uint8Array {
  return withoutFields(arena, map, arena.bytes(value, arena.getU32(map + MAP.valueSize)));
}

/** The bytes of the values of all CPUs, one after the other with their padding, as user space sees them. */
export function percpuValueBytes(arena: Arena, map: number, values: number): Uint8Array {
  const stride = roundUp8(arena.getU32(map + MAP.valueSize));
  const bytes = arena.bytes(values, stride * arena.getU32(map + MAP.cpus));
  for (let at = 0; at < bytes.length; at += stride) withoutFields(arena, map, bytes.subarray(at, at + stride));
  return bytes;
}

function withoutFields(arena: Arena, map: number, bytes: Uint8Array): Uint8Array {
  const count = fieldCount(arena, map);
  for (let i = 0; i < count; i++) {
    const { offset, size } = fieldAt(arena, map, i);
    bytes.fill(0, offset, offset + size);
  }
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
