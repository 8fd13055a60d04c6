/** Map contents for people: by type where there is BTF, bytes otherwise. */
import type { Kernel } from '../../kernel/kernel.ts';
import { holdsElements, mapTypeOf } from '../../kernel/replay/mapDump.ts';
import { TypedMap } from '../../kernel/replay/typedMap.ts';
import type { MapRecord } from '../../kernel/world.ts';
import { mapInfo } from '../../maps/object.ts';
import type { DumpedElement } from '../../maps/user.ts';
import { dumpMap } from '../../maps/user.ts';
import { toHex } from '../../util/hex.ts';
import type { Style } from '../style.ts';
import { wrap } from '../style.ts';

/** Elements of one map that are shown; --map-dump shows all. */
const SHOWN = 64;

/** The contents of all maps at one moment, for comparison. */
export type MapMoment = ReadonlyMap<number, string>;

function bytesOf(element: DumpedElement): string {
  const values = 'value' in element ? [element.value] : element.values;
  return `${toHex(element.key)}=${values.map((v) => toHex(v)).join('|')}`;
}

export function mapMoment(kernel: Kernel): MapMoment {
  return new Map(
    kernel.world.maps.map((m) => [m.id, dumpMap(kernel.maps, m.address).map(bytesOf).sort().join('\n')] as const),
  );
}

export interface MapPrinter {
  readonly style: Style;
  readonly columns: number | undefined;
  /** Maps that are as they were then are only named. */
  readonly before: MapMoment | undefined;
}

/** All maps, one after the other; the empty ones and those that did not change in one line each. */
export function mapsText(kernel: Kernel, printer: MapPrinter): string {
  const { style, columns, before } = printer;
  const now = before && mapMoment(kernel);
  const blocks: string[] = [];
  const empty: string[] = [];
  const unchanged: string[] = [];
  for (const map of kernel.world.maps) {
    if (!holdsElements(map)) continue;
    const elements = dumpMap(kernel.maps, map.address).filter((e) => !isZeroSlot(kernel, map, e));
    if (elements.length === 0) empty.push(map.name);
    else if (before && now && before.get(map.id) === now.get(map.id))
      unchanged.push(`${map.name} (${elements.length})`);
    else blocks.push(mapText(kernel, map, elements, printer));
  }
  if (unchanged.length > 0) blocks.push(wrap(`${style.dim('unchanged:')} ${unchanged.join(', ')}`, columns, '  '));
  if (empty.length > 0) blocks.push(wrap(`${style.dim('empty:')} ${empty.join(', ')}`, columns, '  '));
  return blocks.length === 0 ? '' : `${blocks.join('\n')}\n`;
}

/** An array's element that nobody wrote. */
function isZeroSlot(kernel: Kernel, map: MapRecord, element: DumpedElement): boolean {
  const { type } = mapInfo(kernel.maps, map.address);
  const isArray = type === map.type && mapTypeOf(map).endsWith('array');
  const values = 'value' in element ? [element.value] : element.values;
  return isArray && values.every((v) => v.every((b) => b === 0));
}

function mapText(kernel: Kernel, map: MapRecord, elements: readonly DumpedElement[], printer: MapPrinter): string {
  const { style, columns } = printer;
  const { key_size, value_size, max_entries } = mapInfo(kernel.maps, map.address);
  const typed = TypedMap.of(map);
  const type = mapTypeOf(map);
  const count = `${elements.length} of ${max_entries}`;
  const lines = [`${style.bold(map.name)}  ${type}  key ${key_size}B  value ${value_size}B  ${count}`];
  for (const element of elements.slice(0, SHOWN)) {
    const key = typed ? typed.keyText(element.key) : keyText(element.key);
    const values = 'value' in element ? [element.value] : element.values;
    const texts = values.map((v) => (type === 'prog_array' ? progName(kernel, v) : valueText(typed, v)));
    // Most programs see one CPU: then it is not worth a word.
    const value = texts.length === 1 ? texts[0]! : texts.map((t, cpu) => `[cpu ${cpu}] ${t}`).join(' ');
    const line = `${key} -> ${value}`;
    if (columns !== undefined && line.length + 2 > columns && key.length > 8) {
      lines.push(wrap(key, columns, '    ', '  '), wrap(`-> ${value}`, columns, '       ', '    '));
    } else lines.push(wrap(line, columns, '    ', '  '));
  }
  if (elements.length > SHOWN) lines.push(`  … ${elements.length - SHOWN} more; --map-dump shows all`);
  return lines.join('\n');
}

/** Keys without a type: small ones are most often numbers. */
function keyText(key: Uint8Array): string {
  return key.length === 4 ? `${new DataView(key.buffer, key.byteOffset, 4).getUint32(0, true)}` : toHex(key, ' ');
}

function valueText(typed: TypedMap | undefined, value: Uint8Array): string {
  if (typed) return typed.valueText(value);
  const view = new DataView(value.buffer, value.byteOffset, value.length);
  if (value.length === 8) return `${view.getBigUint64(0, true)}`;
  return value.length === 4 ? `${view.getUint32(0, true)}` : toHex(value, ' ');
}

function progName(kernel: Kernel, value: Uint8Array): string {
  const id = new DataView(value.buffer, value.byteOffset, value.length).getUint32(0, true);
  return kernel.world.progs.find((p) => p.id === id)?.name ?? `prog ${id}`;
}
