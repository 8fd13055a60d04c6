/** Filling maps from the JSON that bpftool prints (and `--map-dump` writes). */
import { mapInfo } from '../../maps/object.ts';
import { userLookup, userUpdate } from '../../maps/user.ts';
import { ERRNOS, errnoName } from '../../spec/errno.ts';
import { fromHex } from '../../util/hex.ts';
import type { Problem } from '../../util/problem.ts';
import { suggest } from '../../util/suggest.ts';
import type { Kernel } from '../kernel.ts';
import { mapNamed } from '../mapNames.ts';
import type { MapRecord } from '../world.ts';
import { mapTypeOf } from './mapDump.ts';
import { replayProblem } from './messages.ts';
import { TypedMap } from './typedMap.ts';

const SHAPE =
  'a list of {"key": ..., "value": ...} as `bpftool map dump -j` prints it, or an object of such lists by map name';

/** Types whose contents are made by the loader or the reader of the events. */
const NOT_FILLED = new Set(['perf_event_array', 'ringbuf', 'prog_array', 'array_of_maps', 'hash_of_maps']);

/** Whether elements of a map of this type can be given as bytes. */
export const isFilled = (type: string): boolean => !NOT_FILLED.has(type);

/**
 * Puts the elements of a dump into loaded maps.
 *
 * @param json the parsed file
 * @param name the map that a bare list is for
 * @param where the file, for problems
 * @returns problems, and the maps of the file that are not loaded: a dump of a whole node serves each of its programs,
 *   so they are no problem as long as one of them is
 */
export function initMaps(kernel: Kernel, json: unknown, name: string, where: string): InitializedMaps {
  const lists = listsOf(json, name);
  const known = lists.filter(([map]) => kernel.map(map));
  const skipped = lists.flatMap(([map]) => (kernel.map(map) ? [] : [map]));
  const taken = known.length > 0 ? known : lists;
  const problems = taken.flatMap(([map, elements]) => initMap(kernel, map, elements, where)).slice(0, 20);
  return { problems, skipped: known.length > 0 ? skipped : [] };
}

/** The lists of elements of a file by map: an object of them, bpftool's list of several maps, or one list. */
function listsOf(json: unknown, name: string): readonly (readonly [string, unknown])[] {
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return Object.entries(json);
  const headed = Array.isArray(json) && json.length > 0 && json.every((one) => Array.isArray((one as Json)?.elements));
  return headed ? json.map((one: Json) => [String(one.name ?? name), one.elements]) : [[name, json]];
}

/** What `initMaps` could not do. */
export interface InitializedMaps {
  readonly problems: readonly Problem[];
  readonly skipped: readonly string[];
}

function initMap(kernel: Kernel, name: string, elements: unknown, where: string): Problem[] {
  const names = kernel.world.maps.map((m) => m.name);
  const map = mapNamed(kernel.world, name);
  if (!map) {
    const hint = suggest(name, names);
    const help = hint === undefined ? `there are: ${names.join(', ') || 'none'}` : `did you mean '${hint}'?`;
    return [replayProblem('map-missing', {}, { where, name, help })];
  }
  if (!Array.isArray(elements)) {
    return [
      replayProblem('map-shape', {}, { where, why: `map ${name} is no list of elements`, help: `wanted: ${SHAPE}` }),
    ];
  }
  const type = mapTypeOf(map);
  if (!isFilled(type)) return [];
  const typed = TypedMap.of(map);
  const problems: Problem[] = [];
  for (const [index, element] of elements.entries()) {
    const why = put(kernel, map, typed, element);
    if (why !== undefined) problems.push(replayProblem('map-element', {}, { where, name, index, why }));
    if (problems.length === 20) break;
  }
  return problems;
}

type Json = Readonly<Record<string, unknown>>;

/** Puts one element in; answers what is wrong with it. */
function put(kernel: Kernel, map: MapRecord, typed: TypedMap | undefined, element: unknown): string | undefined {
  if (typeof element !== 'object' || element === null) return 'an object with key and value is wanted';
  const { key, value, values } = element as Json;
  const { key_size, value_size, max_entries, cpus } = mapInfo(kernel.maps, map.address);
  const keyBytes = bytesOf(key_size === 0 ? [] : key, key_size, (json) => typed?.keyBytes(json));
  if (typeof keyBytes === 'string') return `key: ${keyBytes}`;
  const percpu = mapTypeOf(map).includes('percpu');
  const oneValue = (json: unknown) => bytesOf(json, value_size, (v) => typed?.valueBytes(v));
  let bytes: Uint8Array;
  if (percpu) {
    const stride = Math.ceil(value_size / 8) * 8;
    bytes = new Uint8Array(stride * cpus);
    // Values of more CPUs than there are have no place here.
    const list = Array.isArray(values)
      ? values.map((v) => v as Json).filter((v) => Number(v?.cpu) < cpus)
      : Array.from({ length: cpus }, (_, cpu): Json => ({ cpu, value }));
    for (const item of list) {
      const one = oneValue(item.value);
      if (typeof one === 'string') return `value of CPU ${String(item.cpu)}: ${one}`;
      bytes.set(one, Number(item.cpu) * stride);
    }
  } else {
    const one = oneValue(value);
    if (typeof one === 'string') return `value: ${one}`;
    bytes = one;
  }
  const errno = userUpdate(kernel.maps, map.address, keyBytes, bytes);
  if (errno >= 0) return undefined;
  const now = userLookup(kernel.maps, map.address, keyBytes);
  // Frozen maps (.rodata) refuse every update; one that changes nothing is as good as made.
  if (-errno === ERRNOS.EPERM.number) {
    if (typeof now !== 'number' && equalBytes(now, bytes)) return undefined;
    return 'the map is read-only for user space (EPERM); set its contents in the program text';
  }
  const limit = -errno === ERRNOS.E2BIG.number ? `: max_entries is ${max_entries}` : '';
  return `the update fails with ${errnoName(-errno) ?? errno}${limit}`;
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** Bytes as a list of `"0x0a"` or numbers, as hex text, or by type; or what is wrong with them in words. */
export function bytesOf(
  json: unknown,
  size: number,
  byType: (json: unknown) => Uint8Array | string | undefined,
): Uint8Array | string {
  if (json === undefined) return 'is missing';
  if (Array.isArray(json) && json.length === size && json.every(isByte)) return Uint8Array.from(json, Number);
  const typed = byType(json);
  if (typed instanceof Uint8Array) return typed;
  const hex = typeof json === 'string' ? fromHex(json) : undefined;
  if (hex?.length === size) return hex;
  if (typed !== undefined) return typed;
  if (Array.isArray(json) && json.every(isByte)) return `${json.length} bytes, ${size} are wanted`;
  const lengths = hex ? `${hex.length} bytes, ` : '';
  return `${lengths}${size} are wanted, as a list of bytes or hex text (the map has no BTF, so it takes no typed values)`;
}

function isByte(item: unknown): boolean {
  if (typeof item === 'string') return /^0x[0-9a-fA-F]{1,2}$/.test(item);
  return typeof item === 'number' && Number.isInteger(item) && item >= 0 && item <= 255;
}
