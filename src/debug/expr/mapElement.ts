/** Elements of maps, looked up without a trace: no reference bit of an LRU list is set, no scratch memory is left changed. */
import type { Kernel } from '../../kernel/kernel.ts';
import type { MapRecord } from '../../kernel/world.ts';
import { mapAt } from '../../kernel/world.ts';
import { htabFind, htabValue } from '../../maps/hashTable.ts';
import { mapInfo } from '../../maps/object.ts';
import { opsOf } from '../../maps/ops.ts';
import { type MapTypeName, mapTypeName } from '../../spec/mapTypes.ts';
import { withKey } from '../inspect/mapFind.ts';

/** What a key of a map leads to. */
export type Element =
  /** Address of the value. */
  | { readonly kind: 'address'; readonly at: number }
  /** Values that programs cannot reach: a copy, as user space reads it. */
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  /** Maps in maps. */
  | { readonly kind: 'map'; readonly map: MapRecord }
  /** Maps of sockets: address of the kernel's socket. */
  | { readonly kind: 'socket'; readonly at: number };

/** Types without elements that have a key. */
const WITHOUT_KEYS: ReadonlySet<string> = new Set<MapTypeName>([
  'queue',
  'stack',
  'ringbuf',
  'user_ringbuf',
  'bloom_filter',
  'perf_event_array',
  'cgroup_array',
  'sk_storage',
  'inode_storage',
  'task_storage',
  'cgrp_storage',
  'cgroup_storage',
  'percpu_cgroup_storage',
  'struct_ops',
  'arena',
]);
const SOCKETS: ReadonlySet<string> = new Set<MapTypeName>(['sockmap', 'sockhash', 'reuseport_sockarray']);
const OF_MAPS: ReadonlySet<string> = new Set<MapTypeName>(['array_of_maps', 'hash_of_maps']);
/** A program's look-up marks the element as used. */
const LRU: ReadonlySet<string> = new Set<MapTypeName>(['lru_hash', 'lru_percpu_hash']);

function typeOf(map: MapRecord): string {
  return mapTypeName(map.type) ?? `${map.type}`;
}

/** Can single elements be looked up? */
export function hasKeys(map: MapRecord): boolean {
  return !WITHOUT_KEYS.has(typeOf(map));
}

/** Does each CPU have a value of its own? */
export function isPercpu(map: MapRecord): boolean {
  return /percpu/.test(typeOf(map));
}

/** The element with a key of key_size bytes, for one CPU; undefined where there is none. The map must have keys. */
export function elementOf(kernel: Kernel, map: MapRecord, key: Uint8Array, cpu: number): Element | undefined {
  const { maps: env } = kernel;
  const { address } = map;
  const type = typeOf(map);
  if (key.length !== mapInfo(env, address).key_size) return undefined;
  const ops = opsOf(env, address);
  const found = withKey(env, address, key, (at): number | Uint8Array => {
    if (LRU.has(type)) {
      const element = htabFind(env, address, at);
      return element === 0 ? 0 : htabValue(env, address, element, cpu);
    }
    const value = (ops.lookupPercpu ?? ops.lookup)(env, address, at, cpu);
    return value !== 0 || SOCKETS.has(type) || OF_MAPS.has(type) ? value : ops.userLookup(env, address, at);
  });
  if (typeof found !== 'number') return { kind: 'bytes', bytes: found };
  if (found <= 0) return undefined;
  if (SOCKETS.has(type)) return { kind: 'socket', at: found };
  if (!OF_MAPS.has(type)) return { kind: 'address', at: found };
  const inner = mapAt(kernel.world, found);
  return inner && { kind: 'map', map: inner };
}
