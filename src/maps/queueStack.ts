import { progAccessOk } from './array.ts';
import type { MapAttr, MapEnv } from './attr.ts';
import type { MapOps } from './mapOps.ts';
import { allocInternals, freeMapObject, MAP, newMapObject } from './object.ts';
import { ACCESS_MASK, BPF_EXIST, BPF_NOEXIST, E2BIG, EINVAL, ENOENT, ENOMEM, F, KMALLOC_MAX_SIZE } from './uapi.ts';
import { foundValue } from './value.ts';

/**
 * Queues and stacks: a ring of max_entries + 1 values, so that a full ring differs from an empty one. The region at
 * MAP.values holds the two indexes, then the values.
 */
const RING = { head: 0, tail: 4, values: 8 } as const;

const U32_MAX = 0xffff_ffff;
const CREATE_FLAGS = F.NUMA_NODE | ACCESS_MASK;

/** @kernel queue_stack_map_alloc_check */
function allocCheck({ max_entries, key_size, value_size, map_flags }: MapAttr): number {
  if (max_entries === 0 || key_size !== 0 || value_size === 0) return -EINVAL;
  if ((map_flags & ~CREATE_FLAGS) !== 0 || !progAccessOk(map_flags)) return -EINVAL;
  return value_size > KMALLOC_MAX_SIZE || (max_entries + 1) * value_size > U32_MAX ? -E2BIG : 0;
}

/** @kernel queue_stack_map_alloc */
function alloc(env: MapEnv, attr: MapAttr, id: number): number {
  const map = newMapObject(env, attr, id, 0);
  if (map < 0) return map;
  const ring = allocInternals(env, map, RING.values + (attr.max_entries + 1) * attr.value_size);
  if (ring === 0) {
    env.arena.free(map);
    return -ENOMEM;
  }
  env.arena.setU32(map + MAP.values, ring);
  return map;
}

/** The index after this one. */
function after(env: MapEnv, map: number, index: number): number {
  return index === env.arena.getU32(map + MAP.maxEntries) ? 0 : index + 1;
}

function slotAt(env: MapEnv, map: number, index: number): number {
  const { arena } = env;
  return arena.getU32(map + MAP.values) + RING.values + index * arena.getU32(map + MAP.valueSize);
}

/** Makes room for one value, over the oldest one with BPF_EXIST: its address or -errno. @kernel queue_stack_map_push_elem */
function pushSlot(env: MapEnv, map: number, flags: number): number {
  if (flags > BPF_EXIST || flags === BPF_NOEXIST) return -EINVAL;
  const { arena } = env;
  const ring = arena.getU32(map + MAP.values);
  const head = arena.getU32(ring + RING.head);
  const tail = arena.getU32(ring + RING.tail);
  const next = after(env, map, head);
  if (next === tail) {
    if (flags !== BPF_EXIST) return -E2BIG;
    arena.setU32(ring + RING.tail, after(env, map, tail));
  }
  arena.setU32(ring + RING.head, next);
  return slotAt(env, map, head);
}

/** The value that is next to leave, taken out if `take`; 0 when there is none. @kernel __stack_map_get */
function nextSlot(env: MapEnv, map: number, newest: boolean, take: boolean): number {
  const { arena } = env;
  const ring = arena.getU32(map + MAP.values);
  const head = arena.getU32(ring + RING.head);
  const tail = arena.getU32(ring + RING.tail);
  if (head === tail) return 0;
  const last = (head === 0 ? arena.getU32(map + MAP.maxEntries) + 1 : head) - 1;
  if (take) {
    if (newest) arena.setU32(ring + RING.head, last);
    else arena.setU32(ring + RING.tail, after(env, map, tail));
  }
  return slotAt(env, map, newest ? last : tail);
}

/** Addresses of the values in a queue or stack, in the order in which they were put in. */
export function* queueValues(env: MapEnv, map: number): Generator<number> {
  const { arena } = env;
  const ring = arena.getU32(map + MAP.values);
  const head = arena.getU32(ring + RING.head);
  for (let at = arena.getU32(ring + RING.tail); at !== head; at = after(env, map, at)) yield slotAt(env, map, at);
}

function ops(newest: boolean): MapOps {
  const get = (env: MapEnv, map: number, value: number, take: boolean): number => {
    const { arena } = env;
    const size = arena.getU32(map + MAP.valueSize);
    const slot = nextSlot(env, map, newest, take);
    if (slot === 0) arena.fill(value, 0, size);
    else arena.copy(value, slot, size);
    return slot === 0 ? -ENOENT : 0;
  };
  const userGet = (env: MapEnv, map: number, take: boolean): Uint8Array | number => {
    return foundValue(env, map, nextSlot(env, map, newest, take));
  };
  return {
    allocCheck,
    alloc,
    free: (env, map) => freeMapObject(env, map, [MAP.values]),
    lookup: () => 0,
    update: () => -EINVAL,
    delete: () => -EINVAL,
    nextKey: () => -EINVAL,
    userLookup: (env, map) => userGet(env, map, false),
    userValueSize: (env, map) => env.arena.getU32(map + MAP.valueSize),
    userUpdate(env, map, _key, value, flags) {
      const slot = pushSlot(env, map, flags);
      if (slot < 0) return slot;
      env.arena.put(slot, value);
      return 0;
    },
    userTake: (env, map) => userGet(env, map, true),
    push(env, map, value, flags) {
      const slot = pushSlot(env, map, flags);
      if (slot < 0) return slot;
      env.arena.copy(slot, value, env.arena.getU32(map + MAP.valueSize));
      return 0;
    },
    pop: (env, map, value) => get(env, map, value, true),
    peek: (env, map, value) => get(env, map, value, false),
    inner: 'same',
  };
}

export const queueOps = ops(false);
export const stackOps = ops(true);
