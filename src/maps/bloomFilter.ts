import { progAccessOk } from './array.ts';
import type { MapAttr, MapEnv } from './attr.ts';
import { jhash } from './jhash.ts';
import type { MapOps } from './mapOps.ts';
import { allocInternals, freeMapObject, MAP, newMapObject } from './object.ts';
import { ACCESS_MASK, BPF_ANY, E2BIG, EINVAL, ENOENT, ENOMEM, EOPNOTSUPP, F, KMALLOC_MAX_SIZE } from './uapi.ts';

/** Bloom filters: MAP.values is the bit set, MAP.nBuckets its mask, MAP.root the number of hash functions. */

const CREATE_FLAGS = F.NUMA_NODE | F.ZERO_SEED | ACCESS_MASK;
/** The bits of map_extra that give the number of hash functions. */
const HASH_FUNCS_MASK = 0xf;
const DEFAULT_HASH_FUNCS = 5;
const U32_MAX = 0xffff_ffff;
const MAX_POWER_OF_TWO = 2 ** 31;

/** @kernel bloom_map_alloc_check */
function allocCheck(attr: MapAttr): number {
  const { max_entries, key_size, value_size, map_flags } = attr;
  if (value_size > KMALLOC_MAX_SIZE) return -E2BIG;
  if (key_size !== 0 || value_size === 0 || max_entries === 0) return -EINVAL;
  if ((map_flags & ~CREATE_FLAGS) !== 0 || !progAccessOk(map_flags)) return -EINVAL;
  return ((attr.map_extra ?? 0) & ~HASH_FUNCS_MASK) !== 0 ? -EINVAL : 0;
}

/** Bits of the set: for n entries and k functions n * k * 7 / 5, rounded up to a power of two. */
function bitCount(entries: number, funcs: number): number {
  const product = entries * funcs;
  const wanted = Math.floor(product / 5) * 7;
  if (product > U32_MAX || wanted > MAX_POWER_OF_TWO) return U32_MAX + 1;
  return wanted <= 64 ? 64 : 2 ** Math.ceil(Math.log2(wanted));
}

/** @kernel bloom_map_alloc */
function alloc(env: MapEnv, attr: MapAttr, id: number, seed: number): number {
  const { arena } = env;
  const map = newMapObject(env, attr, id, attr.value_size);
  if (map < 0) return map;
  const funcs = attr.map_extra || DEFAULT_HASH_FUNCS;
  const bits = bitCount(attr.max_entries, funcs);
  const set = allocInternals(env, map, bits / 8);
  if (set === 0) {
    arena.free(map);
    return -ENOMEM;
  }
  arena.setU32(map + MAP.values, set);
  arena.setU32(map + MAP.nBuckets, bits - 1);
  arena.setU32(map + MAP.root, funcs);
  arena.setU32(map + MAP.seed, (attr.map_flags & F.ZERO_SEED) !== 0 ? 0 : seed >>> 0);
  return map;
}

/** The bit that one hash function gives a value: its number. @kernel hash */
function bitOf(env: MapEnv, map: number, value: number, func: number): number {
  const { arena } = env;
  const seed = (arena.getU32(map + MAP.seed) + func) | 0;
  const hash = jhash(arena, value, arena.getU32(map + MAP.valueSize), seed);
  return (hash & arena.getU32(map + MAP.nBuckets)) >>> 0;
}

/** @kernel bloom_map_push_elem */
function push(env: MapEnv, map: number, value: number, flags: number): number {
  if (flags !== BPF_ANY) return -EINVAL;
  const { arena } = env;
  const set = arena.getU32(map + MAP.values);
  for (let func = 0; func < arena.getU32(map + MAP.root); func++) {
    const bit = bitOf(env, map, value, func);
    arena.setU8(set + (bit >>> 3), arena.u8[set + (bit >>> 3)]! | (1 << (bit & 7)));
  }
  return 0;
}

/** @kernel bloom_map_peek_elem */
function peek(env: MapEnv, map: number, value: number): number {
  const { arena } = env;
  const set = arena.getU32(map + MAP.values);
  for (let func = 0; func < arena.getU32(map + MAP.root); func++) {
    const bit = bitOf(env, map, value, func);
    if ((arena.u8[set + (bit >>> 3)]! & (1 << (bit & 7))) === 0) return -ENOENT;
  }
  return 0;
}

/** Puts a value of user space where it can be hashed. */
function scratch(env: MapEnv, map: number, value: Uint8Array): number {
  const at = env.arena.getU32(map + MAP.scratchValue);
  env.arena.put(at, value);
  return at;
}

export const bloomFilterOps: MapOps = {
  allocCheck,
  alloc,
  free: (env, map) => freeMapObject(env, map, [MAP.values]),
  lookup: () => 0,
  update: () => -EINVAL,
  delete: () => -EOPNOTSUPP,
  nextKey: () => -EOPNOTSUPP,
  userLookup(env, map, _key, value = new Uint8Array()) {
    const errno = peek(env, map, scratch(env, map, value));
    return errno < 0 ? errno : value.slice();
  },
  userLookupTakesValue: true,
  userValueSize: (env, map) => env.arena.getU32(map + MAP.valueSize),
  userUpdate: (env, map, _key, value, flags) => push(env, map, scratch(env, map, value), flags),
  push,
  pop: () => -EOPNOTSUPP,
  peek,
  inner: 'same',
};
