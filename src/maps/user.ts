import type { MapEnv } from './attr.ts';
import { hasSpinLock, MAP, roundUp8 } from './object.ts';
import { opsOf } from './ops.ts';
import { socketValue } from './sockState.ts';
import { BPF_F_LOCK, EBUSY, EFAULT, EINVAL, ENOTSUPP, EPERM, F } from './uapi.ts';

/** The map commands of bpf(2): keys and values are bytes, results bytes, 0 or a negative errno. */

function fileFlags(env: MapEnv, map: number): number {
  return env.fileFlags ?? env.arena.getU32(map + MAP.fileFlags);
}

/** Does the descriptor allow to read? */
export function mayRead(env: MapEnv, map: number): boolean {
  return (fileFlags(env, map) & F.WRONLY) === 0;
}

/** Does it allow to write? A frozen map is read-only for user space. @kernel map_get_sys_perms */
export function mayWrite(env: MapEnv, map: number): boolean {
  return (fileFlags(env, map) & F.RDONLY) === 0 && env.arena.getU32(map + MAP.frozen) === 0;
}

function lockRefused(env: MapEnv, map: number, flags: number): boolean {
  return (flags & BPF_F_LOCK) !== 0 && !hasSpinLock(env.arena, map);
}

/** Flags as a u64; of those below 0 the low bits are lost, and no map takes any of the high ones. */
function unsigned(flags: number): number {
  return flags < 0 ? flags + 2 ** 64 : flags;
}

/**
 * Puts a key from user space where the map can read it: its address, or -errno when it is shorter than key_size or there
 * are no keys and it is not empty (a pointer that is not NULL).
 * @kernel ___bpf_copy_key
 */
function takeKey(env: MapEnv, map: number, key: Uint8Array): number {
  const { arena } = env;
  const size = arena.getU32(map + MAP.keySize);
  if (key.length < size) return -EFAULT;
  if (size === 0 && key.length > 0) return -EINVAL;
  const at = arena.getU32(map + MAP.scratchKey);
  arena.put(at, key.subarray(0, size));
  return at;
}

/**
 * BPF_MAP_LOOKUP_ELEM. Per-CPU types: the values of all possible CPUs, each rounded up to 8 bytes. prog_array and maps
 * in maps: the id in 4 bytes. `flags`: 0 or BPF_F_LOCK. Types without keys take an empty key; a bloom filter answers the
 * `value` that it is asked for, or -ENOENT.
 */
export function userLookup(
  env: MapEnv,
  map: number,
  key: Uint8Array,
  flags = 0,
  value: Uint8Array = new Uint8Array(),
): Uint8Array | number {
  if (flags !== 0 && flags !== BPF_F_LOCK) return -EINVAL;
  if (!mayRead(env, map)) return -EPERM;
  if (lockRefused(env, map, flags)) return -EINVAL;
  const at = takeKey(env, map, key);
  if (at < 0) return at;
  const ops = opsOf(env, map);
  const size = ops.userLookupTakesValue ? ops.userValueSize(env, map) : 0;
  return value.length < size ? -EFAULT : ops.userLookup(env, map, at, value.subarray(0, size));
}

/**
 * BPF_MAP_UPDATE_ELEM. The value of a prog_array is a program's id, that of maps in maps the address of the inner map's
 * object, that of a perf_event_array a mark that is not 0: 4 bytes each. `flags` is hi * 2^32 + lo, or below 0 when all
 * high bits are set.
 */
export function userUpdate(env: MapEnv, map: number, key: Uint8Array, value: Uint8Array, flags = 0, cpu = 0): number {
  if (!mayWrite(env, map)) return -EPERM;
  if (lockRefused(env, map, flags)) return -EINVAL;
  const at = takeKey(env, map, key);
  const ops = opsOf(env, map);
  const size = ops.userValueSize(env, map);
  if (at < 0) return at;
  if (value.length < size) return -EFAULT;
  return ops.userUpdate(env, map, at, value.length === size ? value : value.subarray(0, size), unsigned(flags), cpu);
}

/** BPF_MAP_UPDATE_ELEM of a map of sockets with the socket at an address in place of its descriptor. */
export function userUpdateSocket(env: MapEnv, map: number, key: Uint8Array, sk: number, flags = 0, cpu = 0): number {
  if (!mayWrite(env, map)) return -EPERM;
  const at = takeKey(env, map, key);
  return at < 0 ? at : opsOf(env, map).userUpdate(env, map, at, socketValue(sk), flags, cpu);
}

/** BPF_MAP_DELETE_ELEM. */
export function userDelete(env: MapEnv, map: number, key: Uint8Array, cpu = 0): number {
  if (!mayWrite(env, map)) return -EPERM;
  const at = takeKey(env, map, key);
  return at < 0 ? at : opsOf(env, map).delete(env, map, at, cpu);
}

/** BPF_MAP_GET_NEXT_KEY; without a key, or with one that is not there, the first key. */
export function userNextKey(env: MapEnv, map: number, key: Uint8Array | undefined): Uint8Array | number {
  if (!mayRead(env, map)) return -EPERM;
  const at = key === undefined ? 0 : takeKey(env, map, key);
  if (at < 0) return at;
  return nextKey(env, map, at);
}

function nextKey(env: MapEnv, map: number, at: number): Uint8Array | number {
  const { arena } = env;
  const out = arena.getU32(map + MAP.scratchNext);
  const errno = opsOf(env, map).nextKey(env, map, at, out);
  return errno < 0 ? errno : arena.bytes(out, arena.getU32(map + MAP.keySize));
}

/** BPF_MAP_LOOKUP_AND_DELETE_ELEM. */
export function userLookupAndDelete(
  env: MapEnv,
  map: number,
  key: Uint8Array,
  flags = 0,
  cpu = 0,
): Uint8Array | number {
  if (flags !== 0 && flags !== BPF_F_LOCK) return -EINVAL;
  if (!mayRead(env, map) || !mayWrite(env, map)) return -EPERM;
  if (lockRefused(env, map, flags)) return -EINVAL;
  const at = takeKey(env, map, key);
  if (at < 0) return at;
  return opsOf(env, map).userTake?.(env, map, at, cpu) ?? -ENOTSUPP;
}

/** BPF_MAP_FREEZE: user space can no longer write. */
export function freezeMap(env: MapEnv, map: number): number {
  const { arena } = env;
  if (arena.getU32(map + MAP.fieldCount) !== 0) return -ENOTSUPP;
  if (!mayWrite(env, map)) return -EPERM;
  if (arena.getU32(map + MAP.frozen) !== 0) return -EBUSY;
  arena.setU32(map + MAP.frozen, 1);
  return 0;
}

/** One element of a dump; per-CPU types have one value for each possible CPU, without its padding. */
export type DumpedElement =
  | { readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly key: Uint8Array; readonly values: readonly Uint8Array[] };

/**
 * All elements in the order of get_next_key, whatever user space may read, and without a trace in LRU lists. Slots
 * without a value are left out; types that user space cannot walk or read give nothing.
 */
export function dumpMap(env: MapEnv, map: number): DumpedElement[] {
  const { arena } = env;
  const ops = opsOf(env, map);
  const size = arena.getU32(map + MAP.valueSize);
  const stride = roundUp8(size);
  const percpu = ops.lookupPercpu !== undefined;
  const dump: DumpedElement[] = [];
  const at = arena.getU32(map + MAP.scratchKey);
  for (let key = nextKey(env, map, 0); typeof key !== 'number'; key = nextKey(env, map, at)) {
    arena.put(at, key);
    const value = ops.userLookup(env, map, at);
    if (typeof value === 'number') continue;
    if (!percpu) {
      dump.push({ key, value });
      continue;
    }
    const values: Uint8Array[] = [];
    for (let from = 0; from < value.length; from += stride) values.push(value.slice(from, from + size));
    dump.push({ key, values });
  }
  return dump;
}
