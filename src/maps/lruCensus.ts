/** Where the elements of an LRU map are: for people who ask why an insertion found none. */
import type { Arena } from '../mem/arena.ts';
import type { MapEnv } from './attr.ts';
import { htabEach } from './hashTable.ts';
import { listNext } from './list.ts';
import { elementOf, LRU } from './lruList.ts';
import { MAP, PCPU, pcpu } from './object.ts';
import { F, MAP_TYPE } from './uapi.ts';

/** Numbers of elements; each is counted once. */
export interface LruCensus {
  /** In free lists of LRU lists. */
  readonly free: number;
  /** In the CPUs' own free lists. */
  readonly localFree: number;
  /** In buckets, and in the lists of which they can be evicted. */
  readonly pending: number;
  readonly active: number;
  readonly inactive: number;
  /** Neither free nor in a bucket: a CPU is about to link or to free them. */
  readonly inHand: number;
}

/** Is the map of a type with LRU lists? */
export function isLruMap({ arena }: MapEnv, map: number): boolean {
  const type = arena.getU32(map + MAP.type);
  return type === MAP_TYPE.lru_hash || type === MAP_TYPE.lru_percpu_hash;
}

function nodes(arena: Arena, head: number, counts: (node: number) => boolean): number {
  let count = 0;
  for (let node = listNext(arena, head); node !== head; node = listNext(arena, node)) if (counts(node)) count++;
  return count;
}

/** Counts the elements of an LRU map; it reads every one of them. */
export function lruCensus(env: MapEnv, map: number): LruCensus {
  const { arena } = env;
  const linked = new Set<number>();
  const keyOff = arena.getU32(map + MAP.keyOff);
  for (let step = htabEach(env, map, { index: 0, node: 0 }, 0); step; step = htabEach(env, map, step.cursor, 0))
    linked.add(step.key - keyOff);
  const all = (): boolean => true;
  const isLinked = (node: number): boolean => linked.has(elementOf(node));
  const cpus = Array.from({ length: arena.getU32(map + MAP.cpus) }, (_, cpu) => pcpu(map, cpu));
  const percpu = (arena.getU32(map + MAP.flags) & F.NO_COMMON_LRU) !== 0;
  const lists = percpu ? cpus.map((record) => record + PCPU.lru) : [map + MAP.lru];
  const sum = (heads: readonly number[], counts: (node: number) => boolean): number =>
    heads.reduce((total, head) => total + nodes(arena, head, counts), 0);
  const untouched = lists.reduce((bytes, l) => bytes + arena.getU32(l + LRU.end) - arena.getU32(l + LRU.next), 0);
  const listed = (head: number, counts: (node: number) => boolean): number =>
    sum(
      lists.map((l) => l + head),
      counts,
    );
  const local = (head: number, counts: (node: number) => boolean): number =>
    percpu
      ? 0
      : sum(
          cpus.map((record) => record + head),
          counts,
        );
  const free = listed(LRU.free, all) + untouched / arena.getU32(map + MAP.stride);
  const localFree = local(PCPU.localFree, all);
  return {
    free,
    localFree,
    pending: local(PCPU.localPending, isLinked),
    active: listed(LRU.active, isLinked),
    inactive: listed(LRU.inactive, isLinked),
    inHand: arena.getU32(map + MAP.maxEntries) - free - localFree - linked.size,
  };
}
