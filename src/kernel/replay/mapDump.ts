/** Map contents as JSON: bytes as `bpftool map dump -j` prints them, values by type as people mean them (src/kernel/bpftool has its own). */
import { mapInfo } from '../../maps/object.ts';
import type { DumpedElement } from '../../maps/user.ts';
import { dumpMap, userLookupAndDelete } from '../../maps/user.ts';
import { mapTypeName } from '../../spec/mapTypes.ts';
import type { Kernel } from '../kernel.ts';
import type { MapRecord } from '../world.ts';
import type { TypedMap } from './typedMap.ts';

/** One element in the shape of bpftool's JSON: bytes as `"0x0a"`, and by type under `formatted` where the map has BTF. */
export interface BpftoolElement {
  /** Absent where the map has no keys. */
  readonly key?: readonly string[];
  readonly value?: readonly string[];
  readonly values?: readonly { readonly cpu: number; readonly value: readonly string[] }[];
  /** Maps in maps. */
  readonly inner_map_id?: number;
  readonly formatted?: unknown;
}

/** A map with its elements, as the `--json` reports hold it. */
export interface MapReport {
  readonly name: string;
  readonly type: string;
  readonly id: number;
  readonly key_size: number;
  readonly value_size: number;
  readonly max_entries: number;
  readonly elements: readonly BpftoolElement[];
}

const BYTES: readonly string[] = Array.from({ length: 256 }, (_, i) => `0x${i.toString(16).padStart(2, '0')}`);

function byteList(bytes: Uint8Array): string[] {
  return Array.from(bytes, (b) => BYTES[b]!);
}

/** A dumped element as JSON; `typed` adds `formatted`. */
function bpftoolElement(element: DumpedElement, typed: TypedMap | undefined, inMap = false): BpftoolElement {
  const key = element.key.length === 0 ? {} : { key: byteList(element.key) };
  const typedKey = element.key.length === 0 || !typed?.hasKey ? {} : { key: typed.keyJson(element.key) };
  if ('values' in element) {
    const values = element.values.map((value, cpu) => ({ cpu, value: byteList(value) }));
    if (!typed) return { ...key, values };
    const formatted = {
      ...typedKey,
      values: element.values.map((value, cpu) => ({ cpu, value: typed.valueJson(value) })),
    };
    return { ...key, values, formatted };
  }
  if (inMap) {
    const view = new DataView(element.value.buffer, element.value.byteOffset, element.value.length);
    return { ...key, inner_map_id: view.getUint32(0, true) };
  }
  const value = byteList(element.value);
  if (!typed) return { ...key, value };
  return { ...key, value, formatted: { ...typedKey, value: typed.valueJson(element.value) } };
}

/** Types whose values are ids that no element of a dump can hold. */
const MAP_IN_MAP = new Set(['array_of_maps', 'hash_of_maps']);

export function mapTypeOf(map: MapRecord): string {
  return mapTypeName(map.type) ?? `${map.type}`;
}

/** Rings and filters: nothing in them can be looked at. */
const WITHOUT_ELEMENTS = new Set(['perf_event_array', 'ringbuf', 'bloom_filter']);

/** Does the map hold elements that can be shown? */
export function holdsElements(map: MapRecord): boolean {
  return !WITHOUT_ELEMENTS.has(mapTypeOf(map));
}

/**
 * All elements: what user space can walk, and the values of queues and stacks in the order in which they were put in, which
 * bpf(2) shows nobody who does not take them out.
 */
export function mapElements(kernel: Kernel, map: MapRecord): DumpedElement[] {
  const type = mapTypeOf(map);
  if (type !== 'queue' && type !== 'stack') return dumpMap(kernel.maps, map.address);
  const key = new Uint8Array();
  const elements: DumpedElement[] = [];
  const before = kernel.snapshot();
  for (;;) {
    const value = userLookupAndDelete(kernel.maps, map.address, key);
    if (typeof value === 'number') break;
    elements.push({ key, value });
  }
  kernel.restore(before);
  return type === 'queue' ? elements : elements.reverse();
}

/** All elements of a map in the shape of bpftool's JSON. */
export function dumpJson(kernel: Kernel, map: MapRecord, typed: TypedMap | undefined): BpftoolElement[] {
  const inMap = MAP_IN_MAP.has(mapTypeOf(map));
  return mapElements(kernel, map).map((element) => bpftoolElement(element, typed, inMap));
}

/** A map with all its elements. */
export function mapReport(kernel: Kernel, map: MapRecord, typed: TypedMap | undefined): MapReport {
  const { id, key_size, value_size, max_entries } = mapInfo(kernel.maps, map.address);
  const elements = dumpJson(kernel, map, typed);
  return { name: map.name, type: mapTypeOf(map), id, key_size, value_size, max_entries, elements };
}
