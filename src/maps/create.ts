import type { BtfRecord } from '../btf/record.ts';
import { type MapTypeName, mapTypeName } from '../spec/mapTypes.ts';
import type { Problem } from '../util/problem.ts';
import { OTHER_ALLOC_CHECKS } from './allocCheck.ts';
import type { MapAttr, MapEnv } from './attr.ts';
import { mapCheckBtf } from './checkBtf.ts';
import { setMapFields } from './fields.ts';
import { mapsProblem } from './messages.ts';
import { MAP } from './object.ts';
import { MAP_OPS, NOT_SIMULATED, opsOf } from './ops.ts';
import { EINVAL, F, MAP_TYPE, NUMA_NO_NODE } from './uapi.ts';

/** A new map's address, or why there is none: the kernel's errno (negative), or a problem of the simulation. */
export type Created = { readonly map: number } | { readonly errno: number } | { readonly problem: Problem };

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
  const record = checkName(attr.name) || recordOf(attr);
  if (typeof record === 'number') {
    ops.free(env, map);
    return { errno: record };
  }
  setMapFields(env.arena, map, record);
  return { map };
}

/** Drops the creator's hold; the map goes when no map in maps holds it either. @kernel bpf_map_put */
export function freeMap(env: MapEnv, map: number): void {
  const refs = env.arena.getU32(map + MAP.refs) - 1;
  if (refs > 0) env.arena.setU32(map + MAP.refs, refs);
  else opsOf(env, map).free(env, map);
}

/** What is checked before the type has a say: 0 or -errno. */
export function checkCommon(attr: MapAttr): number {
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

/** Special fields of the values, or a negated errno: what the types say, else what the caller does. @kernel map_check_btf */
function recordOf({ btf, ...attr }: MapAttr): BtfRecord | undefined | number {
  if (!btf?.valueTypeId || !btf.types) return btf?.record;
  const { types, keyTypeId, valueTypeId } = btf;
  const ids = { btf_key_type_id: keyTypeId ?? 0, btf_value_type_id: valueTypeId };
  const checked = mapCheckBtf(types.btf, types.metas, { ...attr, ...ids }, types.kernel);
  return typeof checked === 'number' ? checked : checked.record;
}
