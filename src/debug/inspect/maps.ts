/** The maps: a list of them, their elements in words, page by page, and single ones by key. */
import type { MapRecord } from '../../kernel/world.ts';
import { mapAt } from '../../kernel/world.ts';
import { mapInfo } from '../../maps/object.ts';
import { deviceByIndex } from '../../net/route/netns.ts';
import { mapTypeName } from '../../spec/mapTypes.ts';
import { toHex } from '../../util/hex.ts';
import type { Result } from '../../util/problem.ts';
import { fail, ok } from '../../util/problem.ts';
import type { View } from '../view.ts';
import { findRaw } from './mapFind.ts';
import { cut, keyText, mapTypes } from './mapTypes.ts';
import { canWalk, MAX_WALK, type RawElement, walkMap } from './mapWalk.ts';
import { inspectProblem } from './messages.ts';
import { objectText } from './objects.ts';

/** A map in a list. */
export interface MapSummary {
  readonly record: MapRecord;
  readonly name: string;
  /** `lru_hash` … */
  readonly type: string;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  /** Elements in use; of arrays all. Undefined where nothing tells, or where there are too many to be counted. */
  readonly used: number | undefined;
}

/** A value of an element; per-CPU types have several. */
interface ElementValue {
  readonly cpu: number | undefined;
  readonly bytes: Uint8Array;
  readonly text: string;
}

/** An element in words. */
export interface MapElement {
  /** Empty where the map has no keys. */
  readonly key: Uint8Array;
  readonly keyText: string;
  /** Empty where the element stands for something: `text` says for what. */
  readonly values: readonly ElementValue[];
  /** All values, or what the element stands for: `ipv4_from_lxc`, `sock(tcp *:80 LISTEN)`. */
  readonly text: string;
  /** Address of the (first) value; 0 where programs cannot reach it. */
  readonly address: number;
}

/** A page of elements. */
export interface MapPage {
  readonly elements: readonly MapElement[];
  /** There are elements behind these. */
  readonly more: boolean;
}

const COUNTED = /hash|lru|lpm|storage/;
const INDEXED = /array|devmap$|cpumap|xskmap|sockmap/;
/** Bytes of a value without types that are shown. */
const SHOWN = 64;

function typeOf(map: MapRecord): string {
  return mapTypeName(map.type) ?? `type ${map.type}`;
}

function usedOf({ kernel }: View, map: MapRecord, count: number, maxEntries: number): number | undefined {
  const type = typeOf(map);
  if (type === 'array' || type === 'percpu_array') return maxEntries;
  if (!canWalk(kernel.maps, map.address)) return undefined;
  if (COUNTED.test(type) && !/devmap|sock|cgroup/.test(type)) return count;
  let used = 0;
  for (const _ of walkMap(kernel.maps, map.address)) if (++used > MAX_WALK) return undefined;
  return used;
}

/** A map with its sizes and how full it is. */
export function mapSummary(view: View, record: MapRecord): MapSummary {
  const { key_size, value_size, max_entries, count } = mapInfo(view.kernel.maps, record.address);
  return {
    record,
    name: record.name,
    type: typeOf(record),
    keySize: key_size,
    valueSize: value_size,
    maxEntries: max_entries,
    used: usedOf(view, record, count, max_entries),
  };
}

/** All loaded maps, in the order in which they were made. */
export function listMaps(view: View): MapSummary[] {
  return view.kernel.world.maps.map((record) => mapSummary(view, record));
}

/** A map by its name. */
export function findMap({ kernel }: Pick<View, 'kernel'>, name: string): Result<MapRecord> {
  const found = kernel.map(name);
  if (found) return ok(found);
  const known = kernel.world.maps.map((m) => m.name).join(', ') || 'none';
  return fail(inspectProblem('no-map', {}, { name, known }));
}

function clockOf({ kernel }: View): bigint {
  const { sec, nsec } = kernel.world.clock;
  return BigInt(sec) * 1_000_000_000n + BigInt(nsec);
}

function valueText(view: View, map: MapRecord, bytes: Uint8Array): string {
  const types = mapTypes(map);
  const type = typeOf(map);
  if (/devmap/.test(type)) {
    const ifindex = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
    return `${deviceByIndex(view.kernel.world.net, ifindex)?.name ?? 'no device'} (ifindex ${ifindex})`;
  }
  if (types) return types.typed.valueText(bytes, clockOf(view));
  return `${toHex(bytes.subarray(0, SHOWN), ' ')}${bytes.length > SHOWN ? ` … ${bytes.length} bytes` : ''}`;
}

/** What an element stands for where it is no value; undefined for plain values. */
export function heldText(view: View, map: MapRecord, { held }: RawElement): string | undefined {
  switch (held?.kind) {
    case 'prog': {
      const name = view.symbols.prog(held.number)?.name;
      return name ?? view.kernel.world.progs.find((p) => p.id === held.number)?.name ?? `program ${held.number}`;
    }
    case 'map':
      return mapAt(view.kernel.world, held.number)?.name ?? 'a map that is not loaded';
    case 'socket':
      return objectText(view, held.address);
    case 'number':
      return `${typeOf(map) === 'cgroup_array' ? 'cgroup' : 'ring'} ${held.number}`;
    default:
      return undefined;
  }
}

/** A key in words; of storages the object that it stands for. */
export function elementKey(view: View, map: MapRecord, key: Uint8Array): string {
  if (key.length === 0) return '';
  const type = typeOf(map);
  if (/^(sk|inode|task|cgrp)_storage$/.test(type)) {
    return objectText(view, new DataView(key.buffer, key.byteOffset).getUint32(0, true));
  }
  return keyText(map, key, INDEXED.test(type));
}

/** An element in words. */
function elementInWords(view: View, map: MapRecord, raw: RawElement): MapElement {
  const percpu = /percpu/.test(typeOf(map));
  const values = raw.values.map(
    (bytes, cpu): ElementValue => ({ cpu: percpu ? cpu : undefined, bytes, text: valueText(view, map, bytes) }),
  );
  const said = values.map(({ cpu, text }) => (cpu === undefined ? text : `cpu${cpu}: ${text}`)).join('; ');
  const state = raw.held?.kind === 'sample' && raw.held.state !== 'ready' ? `(${raw.held.state}) ` : '';
  const text = heldText(view, map, raw) ?? `${state}${said}`;
  return { key: raw.key, keyText: elementKey(view, map, raw.key), values, text, address: raw.address };
}

/** The elements from number `offset` on, at most `count`. */
export function mapPage(view: View, map: MapRecord, offset = 0, count = 100): MapPage {
  const elements: MapElement[] = [];
  let number = 0;
  for (const raw of walkMap(view.kernel.maps, map.address)) {
    if (number >= offset + count) return { elements, more: true };
    if (number >= offset) elements.push(elementInWords(view, map, raw));
    number++;
  }
  return { elements, more: false };
}

/** The element with this key (of key_size bytes), without a trace in the map; undefined where there is none. */
export function mapElement(view: View, map: MapRecord, key: Uint8Array): MapElement | undefined {
  const raw = findRaw(view.kernel.maps, map.address, key);
  return raw && elementInWords(view, map, raw);
}

/** `ct4_global  lru_hash  key 14, value 56, 3 of 65536` */
export function mapLines(view: View): string[] {
  const maps = listMaps(view);
  const width = maps.reduce((max, { name }) => Math.max(max, name.length), 0);
  return maps.map(({ name, type, keySize, valueSize, maxEntries, used }) => {
    const fill = used === undefined ? `max ${maxEntries}` : `${used}${maxEntries > 0 ? ` of ${maxEntries}` : ''}`;
    return `${name.padEnd(width)}  ${type.padEnd(16)}  key ${keySize}, value ${valueSize}, ${fill}`;
  });
}

/** `{daddr 10.0.1.10, …} -> lifetime 22609, …`, then a line for what follows. */
export function elementLines(view: View, map: MapRecord, offset = 0, count = 100, width = 400): string[] {
  if (!canWalk(view.kernel.maps, map.address)) return [`(what a ${typeOf(map)} holds cannot be told)`];
  const { elements, more } = mapPage(view, map, offset, count);
  const lines = elements.map(({ keyText: key, text }, i) => {
    const name = key === '' ? `#${offset + i}` : key;
    return cut(`${name} -> ${text}`, width);
  });
  if (more) lines.push(`(more from ${offset + count} on)`);
  return lines.length === 0 ? [offset === 0 ? '(empty)' : `(nothing from ${offset} on)`] : lines;
}
