/** The elements of a map as `bpftool map dump` and `bpftool map lookup` meet them: with what a look-up answers for each key. */

import type { Btf } from '../../btf/parse.ts';
import { parseBtf } from '../../btf/parse.ts';
import { mapInfo } from '../../maps/object.ts';
import { userLookup, userNextKey } from '../../maps/user.ts';
import { ERRNO } from '../../spec/errno.ts';
import { mapTypeName } from '../../spec/mapTypes.ts';
import type { Kernel } from '../kernel.ts';
import type { MapRecord } from '../world.ts';

/** A key and its value as the look-up gives it: of per-CPU maps all CPUs' values, each rounded up to 8 bytes; or an errno. */
export interface Element {
  readonly key: Uint8Array;
  /** Bytes, or the negative errno of the look-up. */
  readonly value: Uint8Array | number;
}

/** What the printers know of a map. */
export interface View {
  readonly kernel: Kernel;
  readonly type: string;
  readonly keySize: number;
  readonly valueSize: number;
  readonly cpus: number;
  /** CPUs whose values a look-up gives; undefined where there is one value. */
  readonly percpu: boolean;
  readonly types: { readonly btf: Btf; readonly key: number; readonly value: number } | undefined;
}

const PERCPU: ReadonlySet<string> = new Set([
  'percpu_hash',
  'percpu_array',
  'lru_percpu_hash',
  'percpu_cgroup_storage',
]);

/** What is needed to print a map. */
export function viewOf(kernel: Kernel, map: MapRecord): View {
  const info = mapInfo(kernel.maps, map.address);
  const type = mapTypeName(map.type) ?? `${map.type}`;
  const parsed = map.btf && (map.btf.key || map.btf.value) ? parseBtf(map.btf.blob) : undefined;
  const types = parsed?.ok ? { btf: parsed.value, key: map.btf!.key, value: map.btf!.value } : undefined;
  return {
    kernel,
    type,
    keySize: info.key_size,
    valueSize: info.value_size,
    cpus: info.cpus,
    percpu: PERCPU.has(type),
    types,
  };
}

/** Empty slots of these are passed over in silence. */
const SPARSE: ReadonlySet<string> = new Set(['prog_array', 'array_of_maps', 'hash_of_maps']);

/** All keys in the order of get_next_key, with their values. */
export function elementsOf(kernel: Kernel, map: MapRecord): Element[] {
  const elements: Element[] = [];
  const sparse = SPARSE.has(mapTypeName(map.type) ?? '');
  let key = userNextKey(kernel.maps, map.address, undefined);
  while (typeof key !== 'number') {
    const value = userLookup(kernel.maps, map.address, key);
    if (value !== -ERRNO.ENOENT || !sparse) elements.push({ key, value });
    key = userNextKey(kernel.maps, map.address, key);
  }
  return elements;
}

/** The value of one CPU, or the only one. */
export function cpuValue(view: View, value: Uint8Array, cpu: number): Uint8Array {
  const stride = Math.ceil(view.valueSize / 8) * 8;
  return view.percpu ? value.subarray(cpu * stride, cpu * stride + view.valueSize) : value;
}
