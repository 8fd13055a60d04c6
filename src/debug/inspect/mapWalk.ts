/**
 * The elements of a map as they lie in memory. Nothing is looked up as programs or user space would: no reference bit of an LRU list, no
 * cookie of a socket, no sample that is taken out. A row for each map type says how its elements are found.
 */

import type { MapEnv } from '../../maps/attr.ts';
import { htabEach } from '../../maps/hashTable.ts';
import { localStorageValues } from '../../maps/localStorage.ts';
import { IM_FLAG, lpmFirst, lpmNextNode, NODE_FLAGS, NODE_KEY } from '../../maps/lpmTrie.ts';
import type { MapCursor } from '../../maps/mapOps.ts';
import { MAP, roundUp8 } from '../../maps/object.ts';
import { opsOf } from '../../maps/ops.ts';
import { queueValues } from '../../maps/queueStack.ts';
import { RING, ringbufBytes, ringGetU64 } from '../../maps/ringbuf.ts';
import { UAPI } from '../../spec/constants.ts';
import { type MapTypeName, mapTypeName } from '../../spec/mapTypes.ts';

/** What an element holds that is not a plain value. */
type Held =
  | { readonly kind: 'socket'; readonly address: number }
  /** Programs by id, maps by the address of their object, anything else by its number. */
  | { readonly kind: 'prog' | 'map' | 'number'; readonly number: number }
  | { readonly kind: 'sample'; readonly state: 'ready' | 'reserved' | 'discarded' };

/** One element. */
export interface RawElement {
  /** Empty where the map has no keys; of storages the address of the object in 4 bytes. */
  readonly key: Uint8Array;
  /** One, or one for each CPU; none where `held` says it all. */
  readonly values: readonly Uint8Array[];
  /** Address of the (first) value, 0 where programs cannot reach it. */
  readonly address: number;
  readonly held?: Held;
}

/** Elements that are looked at to find one, or to count them. */
export const MAX_WALK = 65_536;

type Walk = (env: MapEnv, map: number) => Generator<RawElement>;

const { BPF_RINGBUF_HDR_SZ: HEADER_SIZE, BPF_RINGBUF_BUSY_BIT: BUSY, BPF_RINGBUF_DISCARD_BIT: DISCARDED } = UAPI;
const LENGTH_MASK = 0x3fff_ffff;

function u32(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value).buffer);
}

function* array({ arena }: MapEnv, map: number): Generator<RawElement> {
  const stride = arena.getU32(map + MAP.stride);
  const size = arena.getU32(map + MAP.valueSize);
  for (let i = 0; i < arena.getU32(map + MAP.maxEntries); i++) {
    const address = arena.getU32(map + MAP.values) + i * stride;
    yield { key: u32(i), values: [arena.bytes(address, size)], address };
  }
}

/** The values of all CPUs, of which the first lies at an address. */
export function copies({ arena }: MapEnv, map: number, first: number): Uint8Array[] {
  const size = arena.getU32(map + MAP.valueSize);
  const stride = roundUp8(size);
  return Array.from({ length: arena.getU32(map + MAP.cpus) }, (_, cpu) => arena.bytes(first + cpu * stride, size));
}

function* percpuArray(env: MapEnv, map: number): Generator<RawElement> {
  const { arena } = env;
  const unit = arena.getU32(map + MAP.stride) * arena.getU32(map + MAP.cpus);
  for (let i = 0; i < arena.getU32(map + MAP.maxEntries); i++) {
    const address = arena.getU32(map + MAP.values) + i * unit;
    yield { key: u32(i), values: copies(env, map, address), address };
  }
}

/** Slots of numbers that stand for something; empty ones are left out. */
const slots = (kind: 'prog' | 'map' | 'number'): Walk =>
  function* ({ arena }, map) {
    for (let i = 0; i < arena.getU32(map + MAP.maxEntries); i++) {
      const number = arena.getU32(arena.getU32(map + MAP.values) + 8 * i);
      if (number !== 0) yield { key: u32(i), values: [], address: 0, held: { kind, number } };
    }
  };

const buckets = (read: (env: MapEnv, map: number, value: number) => Omit<RawElement, 'key'>): Walk =>
  function* (env, map) {
    const size = env.arena.getU32(map + MAP.keySize);
    let cursor: MapCursor = { index: 0, node: 0 };
    // Behind the last element there may be many empty buckets.
    for (let left = env.arena.getU32(map + MAP.count); left > 0; left--) {
      const at = htabEach(env, map, cursor, 0);
      if (!at) return;
      cursor = at.cursor;
      yield { key: env.arena.bytes(at.key, size), ...read(env, map, at.value) };
    }
  };

/** A value at an address. */
export function plainValue({ arena }: MapEnv, map: number, address: number): Omit<RawElement, 'key'> {
  return { values: [arena.bytes(address, arena.getU32(map + MAP.valueSize))], address };
}

const hash = buckets(plainValue);
const percpuHash = buckets((env, map, address) => ({ values: copies(env, map, address), address }));
const hashOfMaps = buckets(({ arena }, _map, value) => ({
  values: [],
  address: 0,
  held: { kind: 'map', number: arena.getU32(value) },
}));

function* trie(env: MapEnv, map: number): Generator<RawElement> {
  const { arena } = env;
  const root = arena.getU32(map + MAP.root);
  for (let node = lpmFirst(arena, root); node !== 0; node = lpmNextNode(arena, root, node + NODE_KEY)) {
    if ((arena.getU32(node + NODE_FLAGS) & IM_FLAG) !== 0) continue;
    const key = arena.bytes(node + NODE_KEY, arena.getU32(map + MAP.keySize));
    yield { key, ...plainValue(env, map, node + arena.getU32(map + MAP.valueOff)) };
  }
}

function* storage(env: MapEnv, map: number): Generator<RawElement> {
  for (const [owner, value] of localStorageValues(env, map)) yield { key: u32(owner), ...plainValue(env, map, value) };
}

function* single(env: MapEnv, map: number): Generator<RawElement> {
  yield { key: new Uint8Array(), ...plainValue(env, map, env.arena.getU32(map + MAP.values)) };
}

function* percpuSingle(env: MapEnv, map: number): Generator<RawElement> {
  const address = env.arena.getU32(map + MAP.values);
  yield { key: new Uint8Array(), values: copies(env, map, address), address };
}

function* queue(env: MapEnv, map: number): Generator<RawElement> {
  for (const value of queueValues(env, map)) {
    yield { key: new Uint8Array(), ...plainValue(env, map, value), address: 0 };
  }
}

/** Samples between the reader's place and the writer's. */
function* ring(env: MapEnv, map: number): Generator<RawElement> {
  const { arena } = env;
  const at = arena.getU32(map + MAP.values);
  const entries = arena.getU32(map + MAP.maxEntries);
  const end = ringGetU64(env, at + RING.producer);
  for (let position = ringGetU64(env, at + RING.consumer); position < end; ) {
    const header = arena.getU32(at + RING.data + (position % entries));
    const size = Math.min(header & LENGTH_MASK, entries);
    const state = header >>> 0 >= BUSY ? 'reserved' : (header & DISCARDED) !== 0 ? 'discarded' : 'ready';
    const values = [ringbufBytes(env, map, position + HEADER_SIZE, size)];
    yield { key: new Uint8Array(), values, address: 0, held: { kind: 'sample', state } };
    position += roundUp8(size + HEADER_SIZE);
  }
}

/** Keys from the type's own walk, which needs room for two; the room is left as it was. */
function* byKeys(
  env: MapEnv,
  map: number,
  read: (key: number) => Omit<RawElement, 'key'> | undefined,
): Generator<RawElement> {
  const { arena } = env;
  const size = arena.getU32(map + MAP.keySize);
  const [at, next] = [arena.getU32(map + MAP.scratchKey), arena.getU32(map + MAP.scratchNext)];
  let known: Uint8Array | undefined;
  for (;;) {
    const before = [arena.bytes(at, size), arena.bytes(next, size)] as const;
    if (known) arena.put(at, known);
    const errno = opsOf(env, map).nextKey(env, map, known ? at : 0, next);
    const key = errno < 0 ? undefined : arena.bytes(next, size);
    if (key) arena.put(at, key);
    const found = key && read(at);
    arena.put(at, before[0]);
    arena.put(next, before[1]);
    if (!key) return;
    known = key;
    if (found) yield { key, ...found };
  }
}

const sockets: Walk = (env, map) =>
  byKeys(env, map, (key) => {
    const address = opsOf(env, map).lookup(env, map, key, 0);
    return address === 0 ? undefined : { values: [], address: 0, held: { kind: 'socket', address } };
  });

const targets: Walk = (env, map) =>
  byKeys(env, map, (key) => {
    const address = opsOf(env, map).target?.(env, map, key) ?? 0;
    return address === 0 ? undefined : plainValue(env, map, address);
  });

function* nothing(): Generator<RawElement> {}

const WALKS: Readonly<Partial<Record<MapTypeName, Walk>>> = {
  array,
  percpu_array: percpuArray,
  prog_array: slots('prog'),
  array_of_maps: slots('map'),
  perf_event_array: slots('number'),
  cgroup_array: slots('number'),
  hash,
  lru_hash: hash,
  percpu_hash: percpuHash,
  lru_percpu_hash: percpuHash,
  hash_of_maps: hashOfMaps,
  lpm_trie: trie,
  sk_storage: storage,
  inode_storage: storage,
  task_storage: storage,
  cgrp_storage: storage,
  cgroup_storage: single,
  percpu_cgroup_storage: percpuSingle,
  queue,
  stack: queue,
  ringbuf: ring,
  user_ringbuf: ring,
  sockmap: sockets,
  sockhash: sockets,
  reuseport_sockarray: sockets,
  devmap: targets,
  devmap_hash: targets,
  cpumap: targets,
};

/** Can the elements of a map be told? Not those of a bloom filter. */
export function canWalk(env: MapEnv, map: number): boolean {
  const type = mapTypeName(env.arena.getU32(map + MAP.type));
  return type !== undefined && WALKS[type] !== undefined;
}

/** All elements, in the order in which user space walks the map. Types whose elements cannot be told have none. */
export function walkMap(env: MapEnv, map: number): Generator<RawElement> {
  const type = mapTypeName(env.arena.getU32(map + MAP.type));
  return ((type && WALKS[type]) ?? nothing)(env, map);
}
