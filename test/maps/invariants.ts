import type { MapEnv } from '../../src/maps/attr.ts';
import { bucketOf, ELEM, hashOf } from '../../src/maps/element.ts';
import { htabEach } from '../../src/maps/hashTable.ts';
import { listNext, listPrev } from '../../src/maps/list.ts';
import {
  elementOf,
  LRU,
  nodeType,
  T_ACTIVE,
  T_FREE,
  T_INACTIVE,
  T_LOCAL_FREE,
  T_LOCAL_PENDING,
} from '../../src/maps/lruList.ts';
import { MAP, PCPU, pcpu } from '../../src/maps/object.ts';
import { F, MAP_TYPE } from '../../src/maps/uapi.ts';

/** The elements in the buckets of a hash map. */
function linked(env: MapEnv, map: number): number[] {
  const found: number[] = [];
  const keyOff = env.arena.getU32(map + MAP.keyOff);
  for (let step = htabEach(env, map, { index: 0, node: 0 }, 0); step; step = htabEach(env, map, step.cursor, 0))
    found.push(step.key - keyOff);
  return found;
}

/** The chains of a hash map: every element once, in the bucket of its key, and as many as the map counts. */
function chainProblems(env: MapEnv, map: number): string[] {
  const { arena } = env;
  const problems: string[] = [];
  const elements = linked(env, map);
  const keys = new Set<string>();
  for (const element of elements) {
    const key = element + arena.getU32(map + MAP.keyOff);
    const hash = hashOf(arena, map, key);
    keys.add(arena.bytes(key, arena.getU32(map + MAP.keySize)).join());
    let at = arena.getU32(bucketOf(arena, map, hash));
    while (at !== 0 && at !== element) at = arena.getU32(at + ELEM.next);
    if (at === 0) problems.push(`element ${element} is in another bucket than its key's`);
    if (arena.i32[(element + ELEM.hash) >>> 2] !== hash) problems.push(`element ${element} has another key's hash`);
  }
  if (new Set(elements).size !== elements.length) problems.push('an element is in two buckets');
  if (keys.size !== elements.length) problems.push('a key is there twice');
  if (arena.getU32(map + MAP.count) !== elements.length)
    problems.push(`count is ${arena.getU32(map + MAP.count)}, elements in buckets ${elements.length}`);
  return problems;
}

/** What is wrong in an LRU map in which no operation is at work: nothing. */
function lruProblems(env: MapEnv, map: number): string[] {
  const { arena } = env;
  const problems: string[] = [];
  const cpus = Array.from({ length: arena.getU32(map + MAP.cpus) }, (_, cpu) => pcpu(map, cpu));
  const percpu = (arena.getU32(map + MAP.flags) & F.NO_COMMON_LRU) !== 0;
  const seen = new Map<number, string>();
  const list = (head: number, type: number, name: string): number => {
    let count = 0;
    for (let node = listNext(arena, head); node !== head; node = listNext(arena, node)) {
      if (listPrev(arena, listNext(arena, node)) !== node) problems.push(`${name}: broken links`);
      if (nodeType(arena, node) !== type) problems.push(`${name}: a node of type ${nodeType(arena, node)}`);
      const element = elementOf(node);
      if (seen.has(element)) return problems.push(`element ${element} in ${seen.get(element)} and ${name}`);
      seen.set(element, name);
      count++;
    }
    return count;
  };
  for (const l of percpu ? cpus.map((record) => record + PCPU.lru) : [map + MAP.lru]) {
    const active = list(l + LRU.active, T_ACTIVE, 'active');
    const inactive = list(l + LRU.inactive, T_INACTIVE, 'inactive');
    list(l + LRU.free, T_FREE, 'free');
    if (active !== arena.getU32(l + LRU.activeCount)) problems.push('active is miscounted');
    if (inactive !== arena.getU32(l + LRU.inactiveCount)) problems.push('inactive is miscounted');
    for (let at = arena.getU32(l + LRU.next); at < arena.getU32(l + LRU.end); at += arena.getU32(map + MAP.stride)) {
      if (seen.has(at)) problems.push(`element ${at} is in a list and was never touched`);
      seen.set(at, 'untouched');
    }
  }
  if (!percpu) {
    for (const record of cpus) {
      list(record + PCPU.localFree, T_LOCAL_FREE, 'local free');
      list(record + PCPU.localPending, T_LOCAL_PENDING, 'local pending');
    }
  }
  if (seen.size !== arena.getU32(map + MAP.maxEntries)) problems.push(`${seen.size} elements are in lists`);
  const used = new Set(linked(env, map));
  for (const [element, name] of seen) {
    const free = name.includes('free') || name === 'untouched';
    if (used.has(element) === free) problems.push(`element ${element} of ${name} is ${free ? '' : 'not '}in a bucket`);
  }
  return problems;
}

/** A hash map with preallocated elements: those that are in no bucket are in one free list, or a CPU's spare. */
function freelistProblems(env: MapEnv, map: number): string[] {
  const { arena } = env;
  if ((arena.getU32(map + MAP.flags) & F.NO_PREALLOC) !== 0) return [];
  const seen = new Set(linked(env, map));
  const problems: string[] = [];
  const add = (element: number): void => {
    if (seen.has(element)) problems.push(`element ${element} is in two places`);
    seen.add(element);
  };
  const spares = arena.getU32(map + MAP.type) === MAP_TYPE.hash ? arena.getU32(map + MAP.cpus) : 0;
  for (let cpu = 0; cpu < arena.getU32(map + MAP.cpus); cpu++) {
    const record = pcpu(map, cpu);
    if (spares > 0) add(arena.getU32(record + PCPU.extra));
    for (let at = arena.getU32(record + PCPU.freeHead); at !== 0; at = arena.getU32(at + ELEM.list)) add(at);
    const stride = arena.getU32(map + MAP.stride);
    for (let at = arena.getU32(record + PCPU.next); at < arena.getU32(record + PCPU.end); at += stride) add(at);
  }
  const all = arena.getU32(map + MAP.maxEntries) + spares;
  if (seen.size !== all) problems.push(`${seen.size} of ${all} elements are somewhere`);
  return problems;
}

/** What is wrong in a map of the hash family in which no operation is at work; an empty list when nothing is. */
export function htabProblems(env: MapEnv, map: number): string[] {
  const type = env.arena.getU32(map + MAP.type);
  const lru = type === MAP_TYPE.lru_hash || type === MAP_TYPE.lru_percpu_hash;
  return [...chainProblems(env, map), ...(lru ? lruProblems(env, map) : freelistProblems(env, map))];
}
