import { type MapTypeName, mapTypeName } from '../spec/mapTypes.ts';
import type { Problem } from '../util/problem.ts';
import { OTHER_ALLOC_CHECKS } from './allocCheck.ts';
import type { MapAttr, MapEnv } from './attr.ts';
import { mapsProblem } from './messages.ts';
import { hasSpinLock, MAP, NO_FIELD } from './object.ts';
import { MAP_OPS, NOT_SIMULATED, opsOf } from './ops.ts';
import { EACCES, EINVAL, ENOTSUPP, EOPNOTSUPP, F, MAP_TYPE, NUMA_NO_NODE } from './uapi.ts';

/** A new map's address, or why there is none: the kernel's errno (negative), or a problem of the simulation. */
export type Created = { readonly map: number } | { readonly errno: number } | { readonly problem: Problem };

/** Types whose values may hold a bpf_spin_lock, a bpf_timer. */
const LOCK_TYPES: readonly number[] = [MAP_TYPE.hash, MAP_TYPE.array, MAP_TYPE.sk_storage];
const TIMER_TYPES: readonly number[] = [MAP_TYPE.hash, MAP_TYPE.lru_hash, MAP_TYPE.array];
/** Types that may have BTF for the value alone. */
const KEYLESS_TYPES: readonly number[] = [MAP_TYPE.array, MAP_TYPE.percpu_array, MAP_TYPE.bloom_filter];

/**
 * Creates a map with all capabilities. `id` is the map's id; `hashSeed` any 32-bit number, not used with
 * BPF_F_ZERO_SEED. The caller drops its hold on the map with `freeMap`.
 * @kernel map_create
 */
export function createMap(env: MapEnv, attr: MapAttr, id: number, hashSeed: number): Created {
  const early = checkCommon(attr);
  if (early !== 0) return { errno: early };
  const ops = MAP_OPS[attr.type];
  if (!ops) {
    const name = mapTypeName(attr.type);
    if (name === undefined) return { errno: -EINVAL };
    const refused = OTHER_ALLOC_CHECKS[name]?.(attr) ?? 0;
    if (refused !== 0) return { errno: refused };
    const known = (Object.keys(MAP_TYPE) as MapTypeName[]).filter((key) => !NOT_SIMULATED.includes(key)).join(', ');
    return { problem: mapsProblem('not-simulated', {}, { type: name, known }) };
  }
  const refused = ops.allocCheck(attr);
  if (refused !== 0) return { errno: refused };
  const map = ops.alloc(env, attr, id, hashSeed | 0);
  if (map < 0) return { errno: map };
  const late = checkName(attr.name) || checkBtf(env, map, attr);
  if (late === 0) return { map };
  ops.free(env, map);
  return { errno: late };
}

/** Drops the creator's hold; the map goes when no map in maps holds it either. @kernel bpf_map_put */
export function freeMap(env: MapEnv, map: number): void {
  const refs = env.arena.getU32(map + MAP.refs) - 1;
  if (refs > 0) env.arena.setU32(map + MAP.refs, refs);
  else opsOf(env, map).free(env, map);
}

/** What is checked before the type has a say. */
function checkCommon(attr: MapAttr): number {
  const { btf, map_flags: flags } = attr;
  if (btf?.keyTypeId && !btf.valueTypeId) return -EINVAL;
  const takesExtra = attr.type === MAP_TYPE.bloom_filter || attr.type === MAP_TYPE.arena;
  if (!takesExtra && (attr.map_extra ?? 0) !== 0) return -EINVAL;
  if ((flags & F.RDONLY) !== 0 && (flags & F.WRONLY) !== 0) return -EINVAL;
  // One memory node.
  const node = (flags & F.NUMA_NODE) === 0 ? NUMA_NO_NODE : (attr.numa_node ?? 0) >>> 0;
  return node !== NUMA_NO_NODE && node !== 0 ? -EINVAL : 0;
}

/**
 * What map_create refuses for the attributes alone, without BTF: 0 or a negated errno. Names
 * are checked only when the map is there.
 */
export function checkMapAttr(attr: MapAttr): number {
  const early = checkCommon(attr);
  if (early !== 0) return early;
  const name = mapTypeName(attr.type);
  if (name === undefined) return -EINVAL;
  const check = MAP_OPS[attr.type]?.allocCheck ?? OTHER_ALLOC_CHECKS[name];
  return check?.(attr) || checkName(attr.name);
}

/** @kernel bpf_obj_name_cpy */
function checkName(name: string): number {
  return /^[A-Za-z0-9_.]{0,15}$/.test(name) ? 0 : -EINVAL;
}

/** @kernel map_check_btf */
function checkBtf(env: MapEnv, map: number, attr: MapAttr): number {
  const { btf, type } = attr;
  if (!btf?.valueTypeId) return 0;
  const keyKind = btf.keyTypeId ? btf.keyKind : 'void';
  if (btf.keyTypeId && btf.keySize !== undefined && btf.keySize !== attr.key_size) return -EINVAL;
  if (keyKind === 'void' && !KEYLESS_TYPES.includes(type)) return -EINVAL;
  if (btf.valueSize !== undefined && btf.valueSize !== attr.value_size) return -EINVAL;
  const { arena } = env;
  const lock = hasSpinLock(arena, map);
  const timer = arena.getU32(map + MAP.timerOff) !== NO_FIELD;
  if ((lock || timer) && (attr.map_flags & (F.RDONLY_PROG | F.WRONLY_PROG)) !== 0) return -EACCES;
  if (lock && !LOCK_TYPES.includes(type)) return -EOPNOTSUPP;
  if (timer && !TIMER_TYPES.includes(type)) return -EOPNOTSUPP;
  return keyKind === undefined ? 0 : checkKeyKind(attr, keyKind, btf.valueIsDatasec ?? true);
}

/** @kernel map_check_btf of the type */
function checkKeyKind(attr: MapAttr, kind: 'int32' | 'struct' | 'other' | 'void', datasec: boolean): number {
  switch (attr.type) {
    case MAP_TYPE.array:
    case MAP_TYPE.percpu_array:
      if (kind !== 'void') return kind === 'int32' ? 0 : -EINVAL;
      return attr.type === MAP_TYPE.array && attr.max_entries === 1 && datasec ? 0 : -EINVAL;
    case MAP_TYPE.lpm_trie:
      return kind === 'struct' ? 0 : -EINVAL;
    case MAP_TYPE.sk_storage:
      return kind === 'int32' ? 0 : -EINVAL;
    case MAP_TYPE.bloom_filter:
      return kind === 'void' ? 0 : -EINVAL;
    case MAP_TYPE.devmap:
    case MAP_TYPE.devmap_hash:
    case MAP_TYPE.cpumap:
    case MAP_TYPE.perf_event_array:
    case MAP_TYPE.cgroup_array:
    case MAP_TYPE.array_of_maps:
    case MAP_TYPE.hash_of_maps:
      return -ENOTSUPP;
    default:
      return 0;
  }
}
