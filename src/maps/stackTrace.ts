import type { MapAttr, MapEnv } from './attr.ts';
import { jhash } from './jhash.ts';
import type { MapOps } from './mapOps.ts';
import { allocInternals, freeMapObject, MAP, newMapObject, roundUp8 } from './object.ts';
import { slabAlloc, slabFree, slabRelease } from './slab.ts';
import { E2BIG, EEXIST, EINVAL, ENOENT, ENOMEM, EOPNOTSUPP, F } from './uapi.ts';

/**
 * Call stacks by hash. MAP.buckets has a slot for each id; a trace is a unit of the slab: next free, hash, frames in it,
 * then the frames, 8 bytes each or, with BPF_F_STACK_BUILD_ID, 32.
 */

const CREATE_FLAGS = F.NUMA_NODE | F.RDONLY | F.WRONLY | F.STACK_BUILD_ID;
/** struct bpf_stack_build_id. */
export const BUILD_ID_FRAME = 32;
/** Frames that perf records at most (sysctl kernel.perf_event_max_stack). */
export const PERF_MAX_STACK_DEPTH = 127;
const MAX_ENTRIES = 2 ** 31;
const TRACE = { next: 0, hash: 4, frames: 8, data: 16 } as const;

/** Bytes of a frame in the values of a map with these flags. */
export function stackFrameSize(flags: number): number {
  return (flags & F.STACK_BUILD_ID) === 0 ? 8 : BUILD_ID_FRAME;
}

/** @kernel stack_map_alloc */
function allocCheck({ max_entries, key_size, value_size, map_flags }: MapAttr): number {
  if ((map_flags & ~CREATE_FLAGS) !== 0) return -EINVAL;
  if (max_entries === 0 || key_size !== 4 || value_size < 8 || value_size % 8 !== 0) return -EINVAL;
  const frame = stackFrameSize(map_flags);
  if (value_size % frame !== 0 || value_size / frame > PERF_MAX_STACK_DEPTH) return -EINVAL;
  return max_entries > MAX_ENTRIES ? -E2BIG : 0;
}

const shape = (env: MapEnv, map: number): { unit: number; link: number } => ({
  unit: TRACE.data + roundUp8(env.arena.getU32(map + MAP.valueSize)),
  link: TRACE.next,
});

/** Address of the slot of an id. */
function slotOf(env: MapEnv, map: number, id: number): number {
  return env.arena.getU32(map + MAP.buckets) + 4 * id;
}

/** What a stack's look-up may skip or overwrite. */
export interface StackFlags {
  /** BPF_F_FAST_STACK_CMP: stacks of one hash count as equal. */
  readonly fast: boolean;
  /** BPF_F_REUSE_STACKID: another stack of the same id goes. */
  readonly reuse: boolean;
}

/** A frame: its address as two halves. */
export type Frame = readonly [lo: number, hi: number];

/** The bytes of frames as a map or a buffer with frames of `size` bytes holds them: kernel addresses have no build id. */
export function frameBytes(frames: readonly Frame[], size: number): Uint8Array {
  const bytes = new Uint8Array(frames.length * size);
  const view = new DataView(bytes.buffer);
  const BPF_STACK_BUILD_ID_IP = 2;
  frames.forEach(([lo, hi], i) => {
    const at = i * size;
    if (size === BUILD_ID_FRAME) view.setInt32(at, BPF_STACK_BUILD_ID_IP, true);
    view.setInt32(at + size - 8, lo, true);
    view.setInt32(at + size - 4, hi, true);
  });
  return bytes;
}

/** Stores a stack: its id, or -EEXIST where another one has it, or -ENOMEM, which maps with build ids find out first. @kernel __bpf_get_stackid */
export function stackMapPut(env: MapEnv, map: number, frames: readonly Frame[], flags: StackFlags): number {
  const { arena } = env;
  const kept = frames.slice(0, arena.getU32(map + MAP.valueSize) / stackFrameSize(arena.getU32(map + MAP.flags)));
  const scratch = arena.getU32(map + MAP.scratchValue);
  arena.put(scratch, frameBytes(kept, 8));
  const hash = jhash(arena, scratch, 8 * kept.length, 0);
  const id = (hash & (arena.getU32(map + MAP.nBuckets) - 1)) >>> 0;
  const slot = slotOf(env, map, id);
  const old = arena.getU32(slot);
  const same = old !== 0 && arena.getU32(old + TRACE.hash) === hash >>> 0;
  if (same && flags.fast) return id;
  const full = arena.getU32(map + MAP.count) >= arena.getU32(map + MAP.maxEntries);
  const withBuildIds = (arena.getU32(map + MAP.flags) & F.STACK_BUILD_ID) !== 0;
  if (full && withBuildIds) return -ENOMEM;
  const bytes = frameBytes(kept, stackFrameSize(arena.getU32(map + MAP.flags)));
  if (same && arena.getU32(old + TRACE.frames) === kept.length) {
    const held = arena.bytes(old + TRACE.data, bytes.length);
    if (held.every((byte, i) => byte === bytes[i])) return id;
  }
  if (old !== 0 && !flags.reuse) return -EEXIST;
  if (full) return -ENOMEM;
  const trace = slabAlloc(env, map, MAP.slab, shape(env, map));
  if (trace === 0) return -ENOMEM;
  arena.setU32(trace + TRACE.hash, hash);
  arena.setU32(trace + TRACE.frames, kept.length);
  arena.put(trace + TRACE.data, bytes);
  if (old === 0) arena.setU32(map + MAP.count, arena.getU32(map + MAP.count) + 1);
  else slabFree(env, map, MAP.slab, shape(env, map), old);
  arena.setU32(slot, trace);
  return id;
}

export const stackTraceOps: MapOps = {
  allocCheck,
  alloc(env, attr, id) {
    const map = newMapObject(env, attr, id, 8 * PERF_MAX_STACK_DEPTH);
    if (map < 0) return map;
    const count = 2 ** Math.ceil(Math.log2(attr.max_entries));
    const buckets = allocInternals(env, map, 4 * count);
    env.arena.setU32(map + MAP.buckets, buckets);
    env.arena.setU32(map + MAP.nBuckets, count);
    if (buckets !== 0) return map;
    env.arena.free(map);
    return -ENOMEM;
  },
  free(env, map) {
    slabRelease(env, map, MAP.slab);
    freeMapObject(env, map, [MAP.buckets]);
  },
  lookup: () => 0,
  update: () => -EOPNOTSUPP,
  /** @kernel stack_map_delete_elem */
  delete(env, map, key) {
    const { arena } = env;
    const id = arena.getU32(key);
    if (id >= arena.getU32(map + MAP.nBuckets)) return -E2BIG;
    const slot = slotOf(env, map, id);
    const trace = arena.getU32(slot);
    if (trace === 0) return -ENOENT;
    slabFree(env, map, MAP.slab, shape(env, map), trace);
    arena.setU32(map + MAP.count, arena.getU32(map + MAP.count) - 1);
    arena.setU32(slot, 0);
    return 0;
  },
  /** @kernel stack_map_get_next_key */
  nextKey(env, map, key, out) {
    const { arena } = env;
    const count = arena.getU32(map + MAP.nBuckets);
    let id = 0;
    if (key !== 0) {
      id = arena.getU32(key);
      id = id >= count || arena.getU32(slotOf(env, map, id)) === 0 ? 0 : id + 1;
    }
    while (id < count && arena.getU32(slotOf(env, map, id)) === 0) id++;
    if (id >= count) return -ENOENT;
    arena.setU32(out, id);
    return 0;
  },
  /** @kernel bpf_stackmap_copy */
  userLookup(env, map, key) {
    const { arena } = env;
    const id = arena.getU32(key);
    const trace = id < arena.getU32(map + MAP.nBuckets) ? arena.getU32(slotOf(env, map, id)) : 0;
    if (trace === 0) return -ENOENT;
    const value = new Uint8Array(arena.getU32(map + MAP.valueSize));
    const size = arena.getU32(trace + TRACE.frames) * stackFrameSize(arena.getU32(map + MAP.flags));
    value.set(arena.bytes(trace + TRACE.data, size));
    return value;
  },
  userValueSize: (env, map) => env.arena.getU32(map + MAP.valueSize),
  userUpdate: () => -EINVAL,
  inner: 'same',
};
