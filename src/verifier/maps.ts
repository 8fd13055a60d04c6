/** What the verifier knows of a map. */
import type { FieldKind } from '../btf/fields.ts';
import type { Btf } from '../btf/parse.ts';
import type { BtfField, BtfRecord } from '../btf/record.ts';
import { MAP_TYPES, mapTypeRow } from '../spec/mapTypes.ts';
import type { MapRequest } from '../spec/request.ts';

export interface MapInfo {
  /** Index in the request. */
  readonly index: number;
  readonly name: string;
  /** Number in enum bpf_map_type. */
  readonly type: number;
  readonly key_size: number;
  readonly value_size: number;
  readonly max_entries: number;
  readonly map_flags: number;
  /** Template of the inner maps. */
  readonly inner: MapInfo | undefined;
  readonly frozen: boolean;
  /** First value's bytes, of frozen read-only arrays. */
  readonly value0: string | undefined;
  /** The value's special fields, as BTF tells them. */
  readonly record: BtfRecord | undefined;
  /** Negated errno when the kernel could not make sense of them; the map has no record then. */
  readonly record_errno: number;
  /** BTF that the map was created with. */
  readonly btf: Btf | undefined;
  readonly btf_key_type_id: number;
  readonly btf_value_type_id: number;
}

/** What BTF adds to a map of a request. */
export interface MapTypes {
  readonly btf: Btf | undefined;
  readonly record: BtfRecord | undefined;
  readonly record_errno: number;
}

const NO_TYPES: MapTypes = { btf: undefined, record: undefined, record_errno: 0 };
/** What is kept of the template of inner maps; its name is not. @kernel bpf_map_meta_alloc */
function innerMeta(template: MapInfo | undefined): MapInfo | undefined {
  return template && { ...template, name: '' };
}

/** The maps of a request, `types` in the same order. */
export function mapInfos(requests: readonly MapRequest[], types: readonly MapTypes[] = []): MapInfo[] {
  const infos: MapInfo[] = [];
  for (const [index, r] of requests.entries()) {
    infos.push({
      index,
      name: r.name ?? '',
      type: mapTypeRow(r.type)?.id ?? 0,
      key_size: r.key_size,
      value_size: r.value_size,
      max_entries: r.max_entries,
      map_flags: r.map_flags ?? 0,
      inner: innerMeta(r.inner_map === undefined ? undefined : infos[r.inner_map]),
      frozen: r.freeze === true,
      value0: r.updates?.find((u) => /^0*$/.test(u.key.replace(/\s/g, '')))?.value,
      btf_key_type_id: r.btf_key_type_id ?? 0,
      btf_value_type_id: r.btf_value_type_id ?? 0,
      ...(types[index] ?? NO_TYPES),
    });
  }
  return infos;
}

/** Whether the map is of one of the types. */
export function isMapType(map: MapInfo, ...names: readonly (keyof typeof MAP_TYPES)[]): boolean {
  return names.some((name) => MAP_TYPES[name].id === map.type);
}

/** Fields of that kind in the map's values. @kernel btf_record_has_field */
export function fieldsOf(map: MapInfo, ...kinds: readonly FieldKind[]): readonly BtfField[] {
  return map.record?.fields.filter((f) => kinds.includes(f.kind)) ?? [];
}

/** Whether the values hold a field of that kind. @kernel btf_record_has_field */
export function hasField(map: MapInfo, ...kinds: readonly FieldKind[]): boolean {
  return fieldsOf(map, ...kinds).length > 0;
}

/** Pointers to objects in map values. */
export const KPTRS: readonly FieldKind[] = ['kptr_untrusted', 'kptr', 'percpu_kptr'];
