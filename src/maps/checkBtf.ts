/** Key and value types of a map against the map: sizes, what the type's own rule says, which special fields it may hold. */
import type { FieldKind } from '../btf/fields.ts';
import type { Btf, BtfType } from '../btf/parse.ts';
import type { StructMetas } from '../btf/record.ts';
import { type BtfRecord, btfCheckOwnership, btfParseFields, type KernelBtfSource, MAP_FIELDS } from '../btf/record.ts';
import { btfTypeIdSize } from '../btf/sized.ts';
import { type MapTypeName, mapTypeName } from '../spec/mapTypes.ts';
import { EACCES, EINVAL, ENOTSUPP, EOPNOTSUPP, F } from './uapi.ts';

/** What of bpf_attr the check looks at. */
export interface MapBtfAttr {
  readonly type: number;
  readonly key_size: number;
  readonly value_size: number;
  readonly max_entries: number;
  readonly map_flags: number;
  readonly btf_key_type_id: number;
  readonly btf_value_type_id: number;
}

/** The special fields of a map's values; `errno` (negative) when the kernel could not make sense of them. */
export interface MapRecord {
  readonly record: BtfRecord | undefined;
  readonly errno: number;
}

const LOCAL_STORAGE: readonly MapTypeName[] = ['sk_storage', 'inode_storage', 'task_storage', 'cgrp_storage'];
const TIMER_TYPES: readonly MapTypeName[] = ['hash', 'lru_hash', 'array'];
const KPTR_TYPES: readonly MapTypeName[] = [
  ...(['hash', 'percpu_hash', 'lru_hash', 'lru_percpu_hash', 'array', 'percpu_array'] as const),
  ...LOCAL_STORAGE,
];

/** Map types whose values may have a field; other fields no map may have. */
const FIELD_TYPES: Readonly<Partial<Record<FieldKind, readonly MapTypeName[]>>> = {
  spin_lock: ['hash', 'array', 'cgroup_storage', ...LOCAL_STORAGE],
  timer: TIMER_TYPES,
  wq: TIMER_TYPES,
  kptr_untrusted: KPTR_TYPES,
  kptr: KPTR_TYPES,
  percpu_kptr: KPTR_TYPES,
  refcount: KPTR_TYPES,
  list_head: TIMER_TYPES,
  rb_root: TIMER_TYPES,
};

const isInt = (t: BtfType | undefined, bits: number): boolean => t?.kind === 'int' && t.bits === bits;

type TypeRule = (key: BtfType | undefined, value: BtfType, attr: MapBtfAttr, btf: Btf) => boolean;

/** Arrays count with 32 bits; what libbpf makes of .data and .rodata has no key type. @kernel array_map_check_btf */
const arrayRule: TypeRule = (key, value, attr) => {
  if (key) return isInt(key, 32);
  return mapTypeName(attr.type) === 'array' && attr.max_entries === 1 && value.kind === 'datasec';
};

/** @kernel cgroup_storage_map_check_btf */
const cgroupRule: TypeRule = (key, _, { key_size }, btf) => {
  if (key_size === 8) return isInt(key, 64);
  if (key?.kind !== 'struct' || key.members.length !== 2) return false;
  const [inode, attach] = key.members.map((m) => ({ type: btfTypeIdSize(btf, m.type)?.type, at: m.bitOffset }));
  return isInt(inode!.type, 64) && isInt(attach!.type, 32) && inode!.at === 0 && attach!.at === 64;
};

const i32Rule: TypeRule = (key) => isInt(key, 32);
/** @kernel htab_map_check_btf */
const keyedRule: TypeRule = (key) => key !== undefined;

/** The types' map_check_btf; `none` takes no BTF at all. */
const TYPE_RULES: Readonly<Partial<Record<MapTypeName, TypeRule | 'none'>>> = {
  hash: keyedRule,
  lru_hash: keyedRule,
  percpu_hash: keyedRule,
  lru_percpu_hash: keyedRule,
  array: arrayRule,
  percpu_array: arrayRule,
  lpm_trie: (key) => key?.kind === 'struct',
  bloom_filter: (key) => key === undefined,
  cgroup_storage: cgroupRule,
  percpu_cgroup_storage: cgroupRule,
  sk_storage: i32Rule,
  inode_storage: i32Rule,
  task_storage: i32Rule,
  cgrp_storage: i32Rule,
  arena: () => true,
  stack_trace: 'none',
  perf_event_array: 'none',
  cgroup_array: 'none',
  array_of_maps: 'none',
  hash_of_maps: 'none',
  devmap: 'none',
  devmap_hash: 'none',
  cpumap: 'none',
  xskmap: 'none',
  sockmap: 'none',
  sockhash: 'none',
};

function checkFields(record: BtfRecord, attr: MapBtfAttr): number {
  const type = mapTypeName(attr.type);
  // The kernel makes device maps read-only for programs.
  const readOnly = type === 'devmap' || type === 'devmap_hash';
  if (readOnly || (attr.map_flags & (F.RDONLY_PROG | F.WRONLY_PROG)) !== 0) return -EACCES;
  const bad = record.fields.some((f) => type === undefined || !FIELD_TYPES[f.kind]?.includes(type));
  return bad ? -EOPNOTSUPP : 0;
}

/** The record of a map's values, or a negated errno. @kernel map_check_btf */
export function mapCheckBtf(
  btf: Btf,
  metas: StructMetas,
  attr: MapBtfAttr,
  kernel: KernelBtfSource,
): MapRecord | number {
  const name = mapTypeName(attr.type);
  const rule = name && TYPE_RULES[name];
  let key: BtfType | undefined;
  if (attr.btf_key_type_id !== 0) {
    const sized = btfTypeIdSize(btf, attr.btf_key_type_id);
    if (!sized || sized.size !== attr.key_size) return -EINVAL;
    key = sized.type;
  } else if (!rule) return -EINVAL;
  const value = btfTypeIdSize(btf, attr.btf_value_type_id);
  if (!value || value.size !== attr.value_size) return -EINVAL;
  const parsed = btfParseFields(btf, value.id, MAP_FIELDS, attr.value_size, kernel);
  const record = typeof parsed === 'number' ? undefined : parsed;
  const err = record ? checkFields(record, attr) || btfCheckOwnership(record, metas) : 0;
  if (err) return err;
  if (rule === 'none') return -ENOTSUPP;
  if (rule && !rule(key, value.type, attr, btf)) return -EINVAL;
  return { record, errno: typeof parsed === 'number' ? parsed : 0 };
}
