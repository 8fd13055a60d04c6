/** Which element of which map a value belongs to: the way back from the address that a look-up gave. */
import type { MapEnv } from '../../maps/attr.ts';
import { ELEM, findElement, hashOf } from '../../maps/element.ts';
import { htabEach, htabValue } from '../../maps/hashTable.ts';
import { localStorageValues } from '../../maps/localStorage.ts';
import { IM_FLAG, NODE_FLAGS, NODE_KEY, trieLookup } from '../../maps/lpmTrie.ts';
import type { MapCursor } from '../../maps/mapOps.ts';
import { MAP } from '../../maps/object.ts';
import type { Region } from '../../mem/arena.ts';
import { type MapTypeName, mapTypeName } from '../../spec/mapTypes.ts';
import { MAX_WALK } from './mapWalk.ts';

/** The element that a byte of a map's values belongs to. */
export interface ElementAt {
  /** Absent where the map has no keys that tell its values apart, or the search for the key was given up. */
  readonly key?: Uint8Array;
  /** Local storages: address of the kernel object that the value belongs to. */
  readonly owner?: number;
  /** Per-CPU types: whose value it is. */
  readonly cpu?: number;
  /** Address of the value's first byte. */
  readonly value: number;
  /** False: no look-up finds it any more (or yet). */
  readonly live: boolean;
}

type Find = (env: MapEnv, map: number, region: Region, address: number) => ElementAt | undefined;

/** The unit of an array of elements that an address lies in: its first byte and its number. */
function unitAt(region: Region, address: number): { readonly start: number; readonly index: number } {
  const index = Math.floor((address - region.lo) / region.stride);
  return { start: region.lo + index * region.stride, index };
}

function u32Key(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value).buffer);
}

function keyAt({ arena }: MapEnv, map: number, at: number): Uint8Array {
  return arena.bytes(at, arena.getU32(map + MAP.keySize));
}

const array: Find = ({ arena }, map, region, address) => {
  const { start, index } = unitAt(region, address);
  return { key: u32Key(index), value: start, live: index < arena.getU32(map + MAP.maxEntries) };
};

const percpuArray: Find = ({ arena }, map, region, address) => {
  const cpus = arena.getU32(map + MAP.cpus);
  const { start, index } = unitAt(region, address);
  return { key: u32Key(Math.floor(index / cpus)), cpu: index % cpus, value: start, live: true };
};

function hashElement(env: MapEnv, map: number, element: number): { key: Uint8Array; live: boolean } {
  const key = element + env.arena.getU32(map + MAP.keyOff);
  const live = findElement(env.arena, map, key, hashOf(env.arena, map, key)) === element;
  return { key: keyAt(env, map, key), live };
}

const hash: Find = (env, map, region, address) => {
  const { start } = unitAt(region, address);
  return { ...hashElement(env, map, start), value: start + region.elemOff };
};

const percpuHash: Find = (env, map, region, address) => {
  const { arena } = env;
  const cpus = arena.getU32(map + MAP.cpus);
  const { start, index } = unitAt(region, address);
  const cpu = index % cpus;
  const own = { cpu, value: start };
  const first = start - cpu * region.stride;
  if (arena.getU32(map + MAP.percpuValues) === region.base) {
    const element = arena.getU32(map + MAP.values) + Math.floor(index / cpus) * arena.getU32(map + MAP.stride);
    const filled = arena.getU32(element + arena.getU32(map + MAP.keyOff) + ELEM.percpuValues) === first;
    return filled ? { ...hashElement(env, map, element), ...own } : { ...own, live: false };
  }
  let cursor: MapCursor = { index: 0, node: 0 };
  for (let n = 0; n < MAX_WALK; n++) {
    const step = htabEach(env, map, cursor, 0);
    if (!step) return { ...own, live: false };
    const element = step.key - arena.getU32(map + MAP.keyOff);
    if (htabValue(env, map, element, 0) === first) return { key: keyAt(env, map, step.key), ...own, live: true };
    cursor = step.cursor;
  }
  return { ...own, live: true };
};

const trie: Find = (env, map, region, address) => {
  const { arena } = env;
  const { start } = unitAt(region, address);
  const key = start + NODE_KEY;
  // The node itself is the longest prefix that contains its own key.
  const found = trieLookup(arena, arena.getU32(map + MAP.root), key, 8 * (arena.getU32(map + MAP.keySize) - 4));
  const live = found === start && (arena.getU32(start + NODE_FLAGS) & IM_FLAG) === 0;
  return { key: keyAt(env, map, key), value: start + region.elemOff, live };
};

const storage: Find = (env, map, region, address) => {
  const value = unitAt(region, address).start + region.elemOff;
  for (const [owner, at] of localStorageValues(env, map)) if (at === value) return { owner, value, live: true };
  return { value, live: false };
};

/** One element, which belongs to the program that runs. */
const single: Find = (_env, _map, region, address) => ({ value: unitAt(region, address).start, live: true });

const percpuSingle: Find = (_env, _map, region, address) => {
  const { start, index } = unitAt(region, address);
  return { cpu: index, value: start, live: true };
};

const FINDERS: Partial<Readonly<Record<MapTypeName, Find>>> = {
  array,
  percpu_array: percpuArray,
  hash,
  lru_hash: hash,
  percpu_hash: percpuHash,
  lru_percpu_hash: percpuHash,
  lpm_trie: trie,
  sk_storage: storage,
  inode_storage: storage,
  task_storage: storage,
  cgrp_storage: storage,
  cgroup_storage: single,
  percpu_cgroup_storage: percpuSingle,
  devmap: array,
  cpumap: array,
};

/** The element of a map whose value (or what lies around it) holds an address of a `map value` region. */
export function elementAt(env: MapEnv, region: Region, address: number): ElementAt | undefined {
  if (region.kind !== 'map value' || region.stride === 0 || address < region.lo || address > region.end)
    return undefined;
  const type = mapTypeName(env.arena.getU32(region.owner + MAP.type));
  // A pointer to the end of the last value belongs to it.
  return type && FINDERS[type]?.(env, region.owner, region, Math.min(address, region.end - 1));
}
