import { type MapEnv, withoutLockPoints } from './attr.ts';
import { ELEM } from './element.ts';
import { hasSpinLock, MAP } from './object.ts';
import { opsOf } from './ops.ts';
import { BPF_F_LOCK, EFAULT, EINVAL, ENOENT, ENOSPC, ENOTSUPP, EPERM } from './uapi.ts';
import { mayRead, mayWrite } from './user.ts';

/** The batch commands of bpf(2). */

/** `attr.batch` of a look-up: where to begin, how many elements there is room for. */
export interface LookupBatch {
  /** What an earlier batch gave as `outBatch`; absent (NULL): from the beginning. */
  readonly inBatch?: Uint8Array;
  readonly count: number;
  /** 0 or BPF_F_LOCK. */
  readonly elemFlags?: number;
  /** 0. */
  readonly flags?: number;
}

/** `attr.batch` of an update or deletion. */
export interface WriteBatch {
  /** `count` keys, one after the other. */
  readonly keys: Uint8Array;
  /** As many values, of an update. */
  readonly values?: Uint8Array;
  readonly count: number;
  /** Flags of each update; a deletion takes 0 or BPF_F_LOCK. */
  readonly elemFlags?: number;
  readonly flags?: number;
}

/** What a batch command leaves in `attr.batch`. */
export interface BatchAnswer {
  /** 0 or a negative errno; -ENOENT after the last element is the end, and the elements count. */
  readonly errno: number;
  /** Elements read, written or deleted; as it was passed where the command fails before it looks at the map. */
  readonly count: number;
  /** Keys and values of a look-up, one after the other; values as in a look-up of one element. */
  readonly keys: Uint8Array;
  readonly values: Uint8Array;
  /** Where the next batch goes on; absent when nothing was written there. */
  readonly outBatch?: Uint8Array;
}

const NOTHING = new Uint8Array();

const refused = (errno: number, count: number): BatchAnswer => ({ errno, count, keys: NOTHING, values: NOTHING });

function badElemFlags(env: MapEnv, map: number, flags: number): boolean {
  if (flags !== 0 && flags !== BPF_F_LOCK) return true;
  return flags === BPF_F_LOCK && !hasSpinLock(env.arena, map);
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** BPF_MAP_LOOKUP_BATCH, or BPF_MAP_LOOKUP_AND_DELETE_BATCH. @kernel bpf_map_do_batch */
export function userLookupBatch(env: MapEnv, map: number, batch: LookupBatch, remove = false, cpu = 0): BatchAnswer {
  const { count } = batch;
  if (!mayRead(env, map) || (remove && !mayWrite(env, map))) return refused(-EPERM, count);
  const by = opsOf(env, map).batch?.by;
  if (by === undefined || (remove && by !== 'buckets')) return refused(-ENOTSUPP, count);
  if (badElemFlags(env, map, batch.elemFlags ?? 0)) return refused(-EINVAL, count);
  if (by === 'buckets' && (batch.flags ?? 0) !== 0) return refused(-EINVAL, count);
  if (count === 0) return refused(0, 0);
  return by === 'buckets' ? lookupBuckets(env, map, batch, remove, cpu) : lookupKeys(env, map, batch);
}

/** From key to key. @kernel generic_map_lookup_batch */
function lookupKeys(env: MapEnv, map: number, { inBatch, count }: LookupBatch): BatchAnswer {
  const { arena } = env;
  const ops = opsOf(env, map);
  const size = arena.getU32(map + MAP.keySize);
  const at = arena.getU32(map + MAP.scratchKey);
  const next = arena.getU32(map + MAP.scratchNext);
  if (inBatch && inBatch.length < size) return refused(-EFAULT, 0);
  if (inBatch) arena.put(at, inBatch.subarray(0, size));
  const keys: Uint8Array[] = [];
  const values: Uint8Array[] = [];
  let known = inBatch !== undefined;
  let errno = 0;
  while (keys.length < count) {
    errno = ops.nextKey(env, map, known ? at : 0, next);
    if (errno !== 0) break;
    const key = arena.bytes(next, size);
    arena.put(at, key);
    known = true;
    const value = ops.userLookup(env, map, at);
    if (value === -ENOENT) continue;
    if (typeof value === 'number') return refused(value, 0);
    keys.push(key);
    values.push(value);
  }
  const last = keys.at(-1);
  return {
    errno,
    count: keys.length,
    keys: join(keys),
    values: join(values),
    ...(last && { outBatch: arena.bytes(at, size) }),
  };
}

/** Whole buckets, as many as there is room for. @kernel __htab_map_lookup_and_delete_batch */
function lookupBuckets(env: MapEnv, map: number, batch: LookupBatch, remove: boolean, cpu: number): BatchAnswer {
  const { arena } = env;
  const ops = opsOf(env, map);
  const { inBatch, count } = batch;
  if (inBatch && inBatch.length < 4) return refused(-EFAULT, 0);
  const buckets = arena.getU32(map + MAP.nBuckets);
  let bucket = inBatch ? new DataView(inBatch.buffer, inBatch.byteOffset).getUint32(0, true) : 0;
  if (bucket >= buckets) return refused(-ENOENT, 0);
  const keySize = arena.getU32(map + MAP.keySize);
  const keyOff = arena.getU32(map + MAP.keyOff);
  const keys: Uint8Array[] = [];
  const values: Uint8Array[] = [];
  let errno = -ENOENT;
  for (; bucket < buckets; bucket++) {
    const elements: number[] = [];
    let element = arena.getU32(arena.getU32(map + MAP.buckets) + 4 * bucket);
    for (; element !== 0; element = arena.getU32(element + ELEM.next)) elements.push(element + keyOff);
    if (elements.length > count - keys.length) {
      errno = keys.length === 0 ? -ENOSPC : 0;
      break;
    }
    for (const key of elements) {
      const value = ops.userLookup(env, map, key);
      if (typeof value === 'number') throw new Error('an element of a bucket is not found');
      keys.push(arena.bytes(key, keySize));
      values.push(value);
    }
    if (!remove) continue;
    // Elements are freed when the whole bucket is read, the last one first.
    for (const key of elements.reverse()) ops.delete(withoutLockPoints(env), map, key, cpu);
  }
  const outBatch = new Uint8Array(Uint32Array.of(bucket).buffer);
  return { errno, count: keys.length, keys: join(keys), values: join(values), outBatch };
}

/** One element after the other until one fails. */
function writeEach(count: number, write: (index: number) => number): BatchAnswer {
  let done = 0;
  let errno = 0;
  while (done < count) {
    errno = write(done);
    if (errno !== 0) break;
    done++;
  }
  return refused(errno, done);
}

/** The `index`-th of the parts of `size` bytes, undefined beyond the end. */
function part(bytes: Uint8Array, index: number, size: number): Uint8Array | undefined {
  const end = (index + 1) * size;
  return end > bytes.length ? undefined : bytes.subarray(end - size, end);
}

/** BPF_MAP_UPDATE_BATCH. Values as in BPF_MAP_UPDATE_ELEM. @kernel generic_map_update_batch */
export function userUpdateBatch(env: MapEnv, map: number, batch: WriteBatch, cpu = 0): BatchAnswer {
  const { keys, values = NOTHING, count, elemFlags = 0 } = batch;
  if (!mayWrite(env, map)) return refused(-EPERM, count);
  const ops = opsOf(env, map);
  if (!ops.batch) return refused(-ENOTSUPP, count);
  if (badElemFlags(env, map, elemFlags)) return refused(-EINVAL, count);
  const { arena } = env;
  const at = arena.getU32(map + MAP.scratchKey);
  const [keySize, valueSize] = [arena.getU32(map + MAP.keySize), ops.userValueSize(env, map)];
  return writeEach(count, (i) => {
    const [key, value] = [part(keys, i, keySize), part(values, i, valueSize)];
    if (!key || !value) return -EFAULT;
    arena.put(at, key);
    return ops.userUpdate(env, map, at, value, elemFlags, cpu);
  });
}

/** BPF_MAP_DELETE_BATCH. @kernel generic_map_delete_batch */
export function userDeleteBatch(env: MapEnv, map: number, batch: WriteBatch, cpu = 0): BatchAnswer {
  const { keys, count, elemFlags = 0 } = batch;
  if (!mayWrite(env, map)) return refused(-EPERM, count);
  const ops = opsOf(env, map);
  if (!ops.batch?.deletes) return refused(-ENOTSUPP, count);
  if (badElemFlags(env, map, elemFlags)) return refused(-EINVAL, count);
  const { arena } = env;
  const at = arena.getU32(map + MAP.scratchKey);
  const keySize = arena.getU32(map + MAP.keySize);
  return writeEach(count, (i) => {
    const key = part(keys, i, keySize);
    if (!key) return -EFAULT;
    arena.put(at, key);
    return ops.delete(env, map, at, cpu);
  });
}
