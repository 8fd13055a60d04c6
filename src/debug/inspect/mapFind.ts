/** One element of a map by its key, without a trace in the map. */
import type { MapEnv } from '../../maps/attr.ts';
import { htabFind, htabValue } from '../../maps/hashTable.ts';
import { MAP } from '../../maps/object.ts';
import { mapTypeName } from '../../spec/mapTypes.ts';
import { copies, MAX_WALK, plainValue, type RawElement, walkMap } from './mapWalk.ts';

const HASHES: ReadonlySet<string> = new Set(['hash', 'lru_hash', 'percpu_hash', 'lru_percpu_hash', 'hash_of_maps']);
const ARRAYS: ReadonlySet<string> = new Set(['array', 'percpu_array']);

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** A key where the map can read it, for one look; the room is left as it was. */
export function withKey<T>({ arena }: MapEnv, map: number, key: Uint8Array, look: (at: number) => T): T {
  const at = arena.getU32(map + MAP.scratchKey);
  const before = arena.bytes(at, key.length);
  arena.put(at, key);
  const found = look(at);
  arena.put(at, before);
  return found;
}

/** The element with exactly this key (an LPM trie's prefix is part of it); undefined where there is none. */
export function findRaw(env: MapEnv, map: number, key: Uint8Array): RawElement | undefined {
  const { arena } = env;
  if (key.length !== arena.getU32(map + MAP.keySize)) return undefined;
  const type = mapTypeName(arena.getU32(map + MAP.type)) ?? '';
  if (HASHES.has(type)) {
    const element = withKey(env, map, key, (at) => htabFind(env, map, at));
    if (element === 0) return undefined;
    const value = htabValue(env, map, element, 0);
    if (type === 'hash_of_maps')
      return { key, values: [], address: 0, held: { kind: 'map', number: arena.getU32(value) } };
    if (type.includes('percpu')) return { key, values: copies(env, map, value), address: value };
    return { key, ...plainValue(env, map, value) };
  }
  const skip = ARRAYS.has(type) ? new DataView(key.buffer, key.byteOffset).getUint32(0, true) : 0;
  if (ARRAYS.has(type)) {
    if (skip >= arena.getU32(map + MAP.maxEntries)) return undefined;
    const percpu = type === 'percpu_array';
    const unit = arena.getU32(map + MAP.stride) * (percpu ? arena.getU32(map + MAP.cpus) : 1);
    const address = arena.getU32(map + MAP.values) + skip * unit;
    return percpu ? { key, values: copies(env, map, address), address } : { key, ...plainValue(env, map, address) };
  }
  let looked = 0;
  for (const element of walkMap(env, map)) {
    if (sameBytes(element.key, key)) return element;
    if (++looked >= MAX_WALK) return undefined;
  }
  return undefined;
}
