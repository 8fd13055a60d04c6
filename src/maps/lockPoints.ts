/**
 * The places in map operations where a CPU can be suspended while others run. Locks that it holds there stay held; what
 * others do there is all that a kernel's CPUs could do meanwhile. docs/interleave.md is made from this table.
 */
import type { Arena } from '../mem/arena.ts';
import { MAP } from './object.ts';

/** A lock that a CPU holds while it is suspended: that of a hash bucket, or of a CPU's local lists of free LRU nodes. */
export type LockKind = 'bucket' | 'local list';

/** One place, named `kernel function:place`. */
interface LockPointRow {
  readonly holds: LockKind | 'nothing';
  /** Where that is. */
  readonly where: string;
  /** What can happen there. */
  readonly can: string;
}

const ENTER = { holds: 'nothing', where: 'the bucket is not locked yet' } as const;
const LOCKED = { holds: 'bucket', where: 'the bucket is locked, the key not yet looked up' } as const;
const BUSY = 'on the same CPU, updates and deletions that need the counter of this bucket get -EBUSY';
const POPPED = {
  holds: 'nothing',
  where: 'an element was taken from the LRU for the key, the bucket is not locked yet',
  can: 'nobody can take or evict the element in hand: with all of them in hand an insertion gets -ENOMEM',
} as const;

export const LOCK_POINTS = {
  'htab_map_update_elem:enter': {
    ...ENTER,
    can: 'the key that was just looked up comes (BPF_NOEXIST gets -EEXIST) or goes (BPF_EXIST gets -ENOENT)',
  },
  'htab_map_update_elem:locked': { ...LOCKED, can: BUSY },
  'htab_map_update_elem:unlinked': {
    holds: 'nothing',
    where: 'BPF_F_NO_PREALLOC: the old element is out of its bucket, not yet freed',
    can: 'it still counts, so that the insertion of another key into a full map gets -E2BIG',
  },
  '__htab_percpu_map_update_elem:enter': { ...ENTER, can: 'as in htab_map_update_elem' },
  '__htab_percpu_map_update_elem:locked': { ...LOCKED, can: BUSY },
  'htab_map_delete_elem:enter': { ...ENTER, can: 'the key goes (-ENOENT) or gets another value' },
  'htab_map_delete_elem:locked': { ...LOCKED, can: BUSY },
  'htab_map_delete_elem:unlinked': {
    holds: 'nothing',
    where: 'the element is out of its bucket, not yet in the free list',
    can: 'an insertion into a map that was full gets -E2BIG: the element is not free yet',
  },
  '__htab_map_lookup_and_delete_elem:unlinked': {
    holds: 'nothing',
    where: 'as in htab_map_delete_elem, after the value was copied',
    can: 'as in htab_map_delete_elem; of LRU maps as in htab_lru_map_delete_elem',
  },
  'htab_lru_map_update_elem:enter': {
    holds: 'nothing',
    where: 'no element was taken from the LRU yet',
    can: 'the key that was just looked up comes or goes; elements that the program still points to are evicted',
  },
  'htab_lru_map_update_elem:popped': POPPED,
  'htab_lru_map_update_elem:locked': { ...LOCKED, can: `${BUSY}; elements of the bucket cannot be evicted` },
  'htab_lru_map_update_elem:unlinked': {
    holds: 'nothing',
    where: 'the old element, or the new one that was refused, is in no bucket and not yet in a free list',
    can: 'nobody can take it or evict it',
  },
  '__htab_lru_percpu_map_update_elem:enter': { ...ENTER, can: 'as in htab_lru_map_update_elem' },
  '__htab_lru_percpu_map_update_elem:popped': POPPED,
  '__htab_lru_percpu_map_update_elem:locked': { ...LOCKED, can: `${BUSY}; elements of the bucket cannot be evicted` },
  '__htab_lru_percpu_map_update_elem:unlinked': {
    holds: 'nothing',
    where: 'the new element was not needed and is not yet in a free list',
    can: 'nobody can take it or evict it',
  },
  'htab_lru_map_delete_elem:enter': { ...ENTER, can: 'the key goes, or its element is evicted: -ENOENT' },
  'htab_lru_map_delete_elem:locked': { ...LOCKED, can: `${BUSY}; elements of the bucket cannot be evicted` },
  'htab_lru_map_delete_elem:unlinked': {
    holds: 'nothing',
    where: 'the element is out of its bucket, not yet in a free list',
    can: 'nobody can take it or evict it: an insertion evicts another one, or gets -ENOMEM',
  },
  'bpf_lru_list_pop_free_to_local:enter': {
    holds: 'local list',
    where: "this CPU's free list is empty, the LRU list is not locked yet",
    can: 'others take the last free nodes of the LRU list; who would steal from this CPU has to wait',
  },
  'bpf_common_lru_pop_free:steal': {
    holds: 'nothing',
    where: 'neither this CPU nor the LRU list had a node: before the lists of each CPU in turn are locked',
    can: 'what can be had moves to a CPU that was looked at before; each is looked at once: -ENOMEM',
  },
  'bpf_common_lru_pop_free:stolen': {
    holds: 'nothing',
    where: 'a node was stolen and is in no list',
    can: 'nobody can take or evict it',
  },
  'bpf_common_lru_push_free:pending': {
    holds: 'nothing',
    where: "the element was found to be in a CPU's pending list, which is not locked yet",
    can: 'that CPU moves its pending nodes to the LRU list: the element goes to the free list there',
  },
} as const satisfies Readonly<Record<string, LockPointRow>>;

export type LockPointName = keyof typeof LOCK_POINTS;

/** A CPU at a lock point. */
export interface LockPlace {
  readonly point: LockPointName;
  /** Address of the map object. */
  readonly map: number;
  readonly cpu: number;
  /** What tells the lock at hand apart: hash of the key; address of the CPU's record where local lists are meant. */
  readonly at: number;
  /** The element that the CPU has in hand, or 0. */
  readonly element: number;
}

/** What watches map operations: absent as long as nobody is to be suspended. */
export interface LockHooks {
  /** A CPU is at a lock point. Other operations, of this map too, may be done before this returns. */
  reached(place: LockPlace): void;
  /** A CPU takes a lock and gives it back before the next point, unless that point holds it: 0 or -EBUSY. */
  lock(kind: LockKind, map: number, at: number, cpu: number): number;
  /** An operation fails for want of an element or of a lock: -E2BIG, -ENOMEM or -EBUSY. */
  failed(operation: 'update' | 'delete', map: number, errno: number, cpu: number): void;
}

/** Counters against re-entry (map_locked): 8 for each CPU and map, or one a bucket in smaller maps. */
const MAP_LOCK_MASK = 7;

/**
 * What taking a lock means where a suspended CPU stands: `free`; `busy`, the counter says that this CPU is in such a
 * section (-EBUSY); `wait`, the lock is held until the suspended CPU goes on.
 * @kernel htab_lock_bucket
 */
export function lockOutcome(
  arena: Arena,
  held: LockPlace,
  kind: LockKind,
  map: number,
  at: number,
  cpu: number,
): 'free' | 'busy' | 'wait' {
  if (held.map !== map || LOCK_POINTS[held.point].holds !== kind) return 'free';
  const differ = held.at ^ at;
  if (kind === 'local list') return differ === 0 ? 'wait' : 'free';
  const last = arena.getU32(map + MAP.nBuckets) - 1;
  if (held.cpu === cpu && (differ & Math.min(MAP_LOCK_MASK, last)) === 0) return 'busy';
  return (differ & last) === 0 ? 'wait' : 'free';
}
