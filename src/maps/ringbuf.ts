import { UAPI } from '../spec/constants.ts';
import type { MapAttr, MapEnv } from './attr.ts';
import type { MapOps } from './mapOps.ts';
import { allocInternals, freeMapObject, MAP, newMapObject, roundUp8 } from './object.ts';
import { EINVAL, ENOMEM, ENOTSUPP, F, MAP_TYPE } from './uapi.ts';

/**
 * Ring buffers. MAP.values is a region of three u64 positions that only grow, then the ring. A record is 8 bytes of
 * header (length with two flag bits, page offset) and the sample, rounded up to 8 bytes. The kernel maps the ring twice
 * in a row so that a sample never wraps; here a reserved sample is a region of its own, filled from the ring and
 * written back when it is committed.
 */
export const RING = { consumer: 0, producer: 8, pending: 16, data: 64 } as const;
const { BPF_RINGBUF_HDR_SZ: HEADER_SIZE, BPF_RINGBUF_BUSY_BIT: BUSY, BPF_RINGBUF_DISCARD_BIT: DISCARDED } = UAPI;
const { BPF_RB_AVAIL_DATA, BPF_RB_RING_SIZE, BPF_RB_CONS_POS, BPF_RB_PROD_POS } = UAPI;
const LENGTH_MASK = 0x3fff_ffff;
const MAX_RECORD_SIZE = 0x3fff_ffff;
const PAGE_SIZE = 4096;
/** Pages of the kernel's object before the ring. */
const META_PAGES = 3;

/** The creation rules of ringbuf and user_ringbuf. @kernel ringbuf_map_alloc */
function ringbufAllocCheck({ key_size, value_size, max_entries, map_flags }: MapAttr): number {
  if ((map_flags & ~F.NUMA_NODE) !== 0 || key_size !== 0 || value_size !== 0) return -EINVAL;
  const powerOfTwo = max_entries !== 0 && (max_entries & (max_entries - 1)) === 0;
  return powerOfTwo && max_entries % PAGE_SIZE === 0 ? 0 : -EINVAL;
}

/** Makes the object and an empty ring: address or -ENOMEM. */
function ringbufAlloc(env: MapEnv, attr: MapAttr, id: number): number {
  const map = newMapObject(env, attr, id, 0);
  if (map < 0) return map;
  const ring = allocInternals(env, map, RING.data + attr.max_entries);
  if (ring === 0) {
    env.arena.free(map);
    return -ENOMEM;
  }
  env.arena.setU32(map + MAP.values, ring);
  return map;
}

/** A position in memory, a u64: they stay below 2^53. */
export function ringGetU64(env: MapEnv, at: number): number {
  return env.arena.getU32(at + 4) * 2 ** 32 + env.arena.getU32(at);
}

/** Writes a position. */
export function ringSetU64(env: MapEnv, at: number, value: number): void {
  env.arena.setU32(at, value >>> 0);
  env.arena.setU32(at + 4, Math.floor(value / 2 ** 32));
}

/** Bytes that a sample takes in the ring. */
function recordLength(size: number): number {
  return roundUp8(size + HEADER_SIZE);
}

/** Address of the byte at a position. */
function at(env: MapEnv, map: number, position: number): number {
  return env.arena.getU32(map + MAP.values) + RING.data + (position % env.arena.getU32(map + MAP.maxEntries));
}

/** Copies between the ring, from a position on, and plain memory, in two pieces where the ring ends. */
function copySample(env: MapEnv, map: number, position: number, memory: number, size: number, toRing: boolean): void {
  const { arena } = env;
  const entries = arena.getU32(map + MAP.maxEntries);
  const first = Math.min(size, entries - (position % entries));
  for (const [from, length] of [
    [0, first],
    [first, size - first],
  ] as const) {
    if (length === 0) continue;
    const inRing = at(env, map, position + from);
    arena.copy(toRing ? inRing : memory + from, toRing ? memory + from : inRing, length);
  }
}

/** Takes room for a sample: the position of its header, or -1. @kernel __bpf_ringbuf_reserve */
function takeRoom(env: MapEnv, map: number, size: number): number {
  const { arena } = env;
  const entries = arena.getU32(map + MAP.maxEntries);
  const length = recordLength(size);
  if (size > MAX_RECORD_SIZE || length > entries) return -1;
  const ring = arena.getU32(map + MAP.values);
  const producer = ringGetU64(env, ring + RING.producer);
  let pending = ringGetU64(env, ring + RING.pending);
  while (pending < producer) {
    const header = arena.getU32(at(env, map, pending));
    if (header >= BUSY) break;
    pending += recordLength(header & LENGTH_MASK);
  }
  ringSetU64(env, ring + RING.pending, pending);
  const end = producer + length;
  // One byte always stays free, towards the consumer as towards the oldest sample that is not committed.
  if (end - ringGetU64(env, ring + RING.consumer) >= entries || end - pending >= entries) return -1;
  const header = at(env, map, producer);
  arena.setU32(header, (size | BUSY) >>> 0);
  arena.setU32(header + 4, META_PAGES + Math.floor((producer % entries) / PAGE_SIZE));
  ringSetU64(env, ring + RING.producer, end);
  return producer;
}

/** @kernel bpf_ringbuf_reserve @returns the address of a sample of `size` bytes, or 0 */
export function ringbufReserve(env: MapEnv, map: number, size: number): number {
  const { arena } = env;
  if (size > arena.getU32(map + MAP.maxEntries)) return 0;
  // Behind the sample lies its position.
  const room = recordLength(size);
  const region = arena.alloc({ kind: 'memory', size: room + 8, owner: map });
  if (!region.ok) return 0;
  const sample = region.value;
  const position = takeRoom(env, map, size);
  if (position < 0) {
    arena.free(sample);
    return 0;
  }
  copySample(env, map, position + HEADER_SIZE, sample, size, false);
  ringSetU64(env, sample + room, position);
  arena.setWindow(sample, sample, sample + size);
  return sample;
}

/** Is this the address of a sample that is reserved and not yet committed? */
export function isRingbufSample(env: MapEnv, address: number): boolean {
  const region = env.arena.region(address);
  if (region?.kind !== 'memory' || region.base !== address || env.arena.region(region.owner)?.kind !== 'map')
    return false;
  return env.arena.getU32(region.owner + MAP.type) === MAP_TYPE.ringbuf;
}

/** Ends a sample: to be read, or to be passed over. @kernel bpf_ringbuf_commit */
export function ringbufCommit(env: MapEnv, sample: number, discard: boolean): void {
  const { arena } = env;
  const region = arena.region(sample)!;
  const map = region.owner;
  const size = region.hi - region.lo;
  const position = ringGetU64(env, sample + recordLength(size));
  copySample(env, map, position + HEADER_SIZE, sample, size, true);
  arena.setU32(at(env, map, position), (size | (discard ? DISCARDED : 0)) >>> 0);
  arena.free(sample);
}

/** Writes a whole sample. @returns false when there is no room @kernel bpf_ringbuf_output */
export function ringbufOutput(env: MapEnv, map: number, data: number, size: number): boolean {
  const position = takeRoom(env, map, size);
  if (position < 0) return false;
  copySample(env, map, position + HEADER_SIZE, data, size, true);
  env.arena.setU32(at(env, map, position), size);
  return true;
}

/** @kernel bpf_ringbuf_query */
export function ringbufQuery(env: MapEnv, map: number, what: number): number {
  const ring = env.arena.getU32(map + MAP.values);
  const consumer = ringGetU64(env, ring + RING.consumer);
  const producer = ringGetU64(env, ring + RING.producer);
  switch (what) {
    case BPF_RB_AVAIL_DATA:
      return producer - consumer;
    case BPF_RB_RING_SIZE:
      return env.arena.getU32(map + MAP.maxEntries);
    case BPF_RB_CONS_POS:
      return consumer;
    case BPF_RB_PROD_POS:
      return producer;
    default:
      return 0;
  }
}

/** Takes the oldest sample out, as a reader in user space does; undefined when none is committed. */
export function ringbufConsume(env: MapEnv, map: number): Uint8Array | undefined {
  const { arena } = env;
  const ring = arena.getU32(map + MAP.values);
  const producer = ringGetU64(env, ring + RING.producer);
  for (;;) {
    const consumer = ringGetU64(env, ring + RING.consumer);
    if (consumer >= producer) return undefined;
    const header = arena.getU32(at(env, map, consumer));
    if (header >= BUSY) return undefined;
    const size = header & LENGTH_MASK;
    ringSetU64(env, ring + RING.consumer, consumer + recordLength(size));
    if ((header & DISCARDED) !== 0) continue;
    return ringbufBytes(env, map, consumer + HEADER_SIZE, size);
  }
}

/** Bytes of the ring from a position on. */
export function ringbufBytes(env: MapEnv, map: number, position: number, size: number): Uint8Array {
  const entries = env.arena.getU32(map + MAP.maxEntries);
  const first = Math.min(size, entries - (position % entries));
  const bytes = new Uint8Array(size);
  bytes.set(env.arena.bytes(at(env, map, position), first));
  if (size > first) bytes.set(env.arena.bytes(at(env, map, position + first), size - first), first);
  return bytes;
}

/** Writes bytes into the ring from a position on, in two pieces where the ring ends. */
export function ringPut(env: MapEnv, map: number, position: number, data: Uint8Array): void {
  const entries = env.arena.getU32(map + MAP.maxEntries);
  const first = Math.min(data.length, entries - (position % entries));
  env.arena.put(at(env, map, position), data.subarray(0, first));
  if (data.length > first) env.arena.put(at(env, map, position + first), data.subarray(first));
}

export const ringbufOps: MapOps = {
  allocCheck: ringbufAllocCheck,
  alloc: ringbufAlloc,
  free: (env, map) => freeMapObject(env, map, [MAP.values]),
  lookup: () => 0,
  update: () => -ENOTSUPP,
  delete: () => -ENOTSUPP,
  nextKey: () => -ENOTSUPP,
  userLookup: () => -ENOTSUPP,
  userValueSize: () => 0,
  userUpdate: () => -ENOTSUPP,
  inner: 'same',
};
