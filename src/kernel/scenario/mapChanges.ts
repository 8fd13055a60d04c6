/** What a step changed in maps, element by element. */
import { mapInfo } from '../../maps/object.ts';
import type { DumpedElement } from '../../maps/user.ts';
import { toHex } from '../../util/hex.ts';
import type { Kernel } from '../kernel.ts';
import { mapLabel } from '../mapNames.ts';
import { holdsElements, mapElements, mapTypeOf } from '../replay/mapDump.ts';
import { mapWords } from '../replay/mapWords.ts';
import { TypedMap } from '../replay/typedMap.ts';
import type { MapRecord } from '../world.ts';

/** Maps with more elements are not compared. */
const MOST = 4096;
/** Types of maps whose contents nobody's step is told from. */
const SILENT: readonly string[] = ['prog_array', 'perf_event_array', 'ringbuf', 'sk_storage'];

/** The elements of the maps at a moment, by the map's id and the key's bytes; undefined: too many to be compared. */
export type MapsMoment = ReadonlyMap<number, ReadonlyMap<string, DumpedElement> | undefined>;

const valuesOf = (element: DumpedElement): readonly Uint8Array[] =>
  'value' in element ? [element.value] : element.values;

const isZero = (element: DumpedElement): boolean => valuesOf(element).every((v) => v.every((byte) => byte === 0));

/** An array's elements are always there: those of zeros count as absent. */
function present(map: MapRecord, element: DumpedElement): boolean {
  return !mapTypeOf(map).endsWith('array') || !isZero(element);
}

export function mapsMoment(kernel: Kernel): MapsMoment {
  const moment = new Map<number, ReadonlyMap<string, DumpedElement> | undefined>();
  for (const map of kernel.world.maps) {
    if (!holdsElements(map) || SILENT.includes(mapTypeOf(map))) continue;
    const { max_entries } = mapInfo(kernel.maps, map.address);
    const array = mapTypeOf(map).endsWith('array');
    const elements = array && max_entries > MOST ? undefined : mapElements(kernel, map);
    const few = elements?.filter((e) => present(map, e));
    moment.set(map.id, few && few.length <= MOST ? new Map(few.map((e) => [toHex(e.key), e] as const)) : undefined);
  }
  return moment;
}

function same(a: DumpedElement, b: DumpedElement): boolean {
  const [x, y] = [valuesOf(a), valuesOf(b)];
  return x.length === y.length && x.every((value, i) => value.every((byte, k) => byte === y[i]![k]));
}

/** `field BEFORE -> AFTER` for each member that differs. */
function fieldChanges(kernel: Kernel, map: MapRecord, before: Uint8Array, after: Uint8Array): string {
  const typed = TypedMap.of(map);
  if (!typed) {
    const { value } = mapWords(kernel, map);
    return `${value(before)} -> ${value(after)}`;
  }
  const old = new Map(typed.valueFields(before));
  const changes = typed.valueFields(after).flatMap(([name, text]) => {
    const was = old.get(name) ?? '';
    return was === text ? [] : [`${name}${name === '' ? '' : ' '}${was} -> ${text}`];
  });
  return changes.join(', ');
}

function changedText(kernel: Kernel, map: MapRecord, before: DumpedElement, after: DumpedElement): string {
  const [old, now] = [valuesOf(before), valuesOf(after)];
  const several = now.length > 1;
  return now
    .flatMap((value, cpu) => {
      const text = fieldChanges(kernel, map, old[cpu] ?? new Uint8Array(value.length), value);
      return text === '' ? [] : [several ? `[cpu ${cpu}] ${text}` : text];
    })
    .join('; ');
}

/** Values as one text: of several CPUs those that are not zero. */
function valueText(kernel: Kernel, map: MapRecord, element: DumpedElement): string {
  const { value } = mapWords(kernel, map);
  const values = valuesOf(element);
  if (values.length === 1) return value(values[0]!);
  return values.flatMap((v, cpu) => (v.some((b) => b !== 0) ? [`[cpu ${cpu}] ${value(v)}`] : [])).join('; ');
}

/** The elements that came, went or changed since a moment, by map: keys in the order of their bytes. */
export function mapChanges(kernel: Kernel, before: MapsMoment, after: MapsMoment): Record<string, string[]> {
  const changes: Record<string, string[]> = {};
  for (const map of kernel.world.maps) {
    const now = after.get(map.id);
    const old = before.get(map.id) ?? (before.has(map.id) ? undefined : new Map<string, DumpedElement>());
    if (!now || !old) continue;
    const { key } = mapWords(kernel, map);
    const keyText = (element: DumpedElement): string => (element.key.length === 0 ? '' : `${key(element.key)} `);
    const lines: string[] = [];
    for (const hex of [...new Set([...old.keys(), ...now.keys()])].sort()) {
      const [was, is] = [old.get(hex), now.get(hex)];
      if (was && !is) lines.push(`- ${keyText(was)}`.trimEnd());
      else if (is && !was) lines.push(`+ ${keyText(is)}-> ${valueText(kernel, map, is)}`);
      else if (was && is && !same(was, is)) {
        lines.push(`~ ${keyText(is).trimEnd()}${is.key.length === 0 ? '' : ': '}${changedText(kernel, map, was, is)}`);
      }
    }
    const label = mapLabel(kernel.world, map);
    if (lines.length > 0) changes[label] = [...(changes[label] ?? []), ...lines];
  }
  return changes;
}
