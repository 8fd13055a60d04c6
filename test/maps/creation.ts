import type { MapBtf, MapEnv } from '../../src/maps/attr.ts';
import { createMap } from '../../src/maps/create.ts';
import { userUpdate } from '../../src/maps/user.ts';
import { Arena } from '../../src/mem/arena.ts';
import { bytesOf } from './replay.ts';

export interface CreationAttr {
  readonly type: number;
  readonly name?: string;
  readonly key_size: number;
  readonly value_size: number;
  readonly max_entries: number;
  readonly map_flags: number;
  readonly map_extra?: number;
  readonly numa_node?: number;
  /** Key and value are `int` in BTF. */
  readonly btfInt?: true;
  /** Index of an earlier map of the case. */
  readonly inner_map?: number;
}

/** Maps that user space makes one after the other, up to the first refusal; the last one then updated. */
export interface CreationCase {
  readonly maps: readonly CreationAttr[];
  /** Key, value (hex, or the index of an earlier map), flags. */
  readonly updates: ReadonlyArray<readonly [string, string | number, number]>;
  readonly answer: CreationAnswer;
}

export interface CreationAnswer {
  /** Positive errno of the map that cannot be made, or 0. */
  readonly errno: number;
  /** Positive errnos of the updates that were refused, in order. */
  readonly refused: readonly number[];
}

const BTF_INT: MapBtf = {
  hasBtf: true,
  keyTypeId: 1,
  valueTypeId: 1,
  types: {
    btf: {
      types: [undefined, { kind: 'int', name: 'int', size: 4, bits: 32, signed: true, char: false, bool: false }],
      stringBytes: 0,
      string: () => '',
    },
    metas: new Map(),
    kernel: () => ({ find: () => undefined }),
  },
};

/** What bpf(2) answers here; undefined for types that are not simulated. */
export function create(test: Omit<CreationCase, 'answer'>): CreationAnswer | undefined {
  const env: MapEnv = { arena: new Arena(), cpus: 1 };
  const maps: number[] = [];
  for (const { inner_map, btfInt, ...attr } of test.maps) {
    const inner = inner_map === undefined ? {} : { inner_map: maps[inner_map]! };
    const created = createMap(
      env,
      { name: 'm', ...attr, ...inner, ...(btfInt ? { btf: BTF_INT } : {}) },
      maps.length + 1,
      7,
    );
    if ('problem' in created) return undefined;
    if ('errno' in created) return { errno: -created.errno, refused: [] };
    maps.push(created.map);
  }
  const map = maps.at(-1)!;
  const refused: number[] = [];
  for (const [key, value, flags] of test.updates) {
    const bytes = typeof value === 'number' ? new Uint8Array(Uint32Array.of(maps[value]!).buffer) : bytesOf(value);
    const errno = userUpdate(env, map, bytesOf(key), bytes, flags);
    if (errno < 0) refused.push(-errno);
  }
  return { errno: 0, refused };
}

type AttrRow = readonly [number, number, number, number, number, Partial<CreationAttr>?];
/** A case as the golden file keeps it. */
export type CreationRow = readonly [readonly AttrRow[], CreationCase['updates'], number, readonly number[]];

export function rowOf({ maps, updates, answer }: CreationCase): CreationRow {
  const rows = maps.map(({ type, key_size, value_size, max_entries, map_flags, ...rest }): AttrRow => {
    const row = [type, key_size, value_size, max_entries, map_flags] as const;
    return Object.keys(rest).length === 0 ? row : [...row, rest];
  });
  return [rows, updates, answer.errno, answer.refused];
}

export function caseOf([maps, updates, errno, refused]: CreationRow): CreationCase {
  return {
    maps: maps.map(([type, key_size, value_size, max_entries, map_flags, rest]) => ({
      type,
      key_size,
      value_size,
      max_entries,
      map_flags,
      ...rest,
    })),
    updates,
    answer: { errno, refused },
  };
}
