/** Map contents for people: by type where there is BTF, bytes otherwise. */
import type { Kernel } from '../../kernel/kernel.ts';
import { holdsElements, mapElements, mapTypeOf } from '../../kernel/replay/mapDump.ts';
import { mapWords } from '../../kernel/replay/mapWords.ts';
import type { MapRecord } from '../../kernel/world.ts';
import { mapInfo } from '../../maps/object.ts';
import type { DumpedElement } from '../../maps/user.ts';
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
  const bytes = (map: MapRecord): string => {
    const all = mapElements(kernel, map).map(bytesOf);
    return (mapInfo(kernel.maps, map.address).key_size === 0 ? all : all.sort()).join('\n');
  };
  return new Map(kernel.world.maps.map((map) => [map.id, bytes(map)] as const));
}

export interface MapPrinter {
  readonly style: Style;
  readonly columns: number | undefined;
  /** Maps that are as they were then are only named. */
  readonly before: MapMoment | undefined;
  /** Maps to show; absent: all. */
  readonly maps?: readonly MapRecord[];
  /** Elements of one map that are shown; absent: 64. */
  readonly limit?: number;
}

/** All maps, one after the other; the empty ones and those that did not change in one line each. */
export function mapsText(kernel: Kernel, printer: MapPrinter): string {
  const { style, columns, before } = printer;
  const now = before && mapMoment(kernel);
  const blocks: string[] = [];
  const empty: string[] = [];
  const unchanged: string[] = [];
  for (const map of printer.maps ?? kernel.world.maps) {
    if (!holdsElements(map)) continue;
    const elements = mapElements(kernel, map).filter((e) => !isZeroSlot(kernel, map, e));
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
  const { style, columns, limit = SHOWN } = printer;
  const { key_size, value_size, max_entries } = mapInfo(kernel.maps, map.address);
  const words = mapWords(kernel, map);
  const sizes = key_size === 0 ? `value ${value_size}B` : `key ${key_size}B  value ${value_size}B`;
  const lines = [`${style.bold(map.name)}  ${mapTypeOf(map)}  ${sizes}  ${elements.length} of ${max_entries}`];
  for (const element of elements.slice(0, limit)) {
    const values = 'value' in element ? [element.value] : element.values;
    const texts = values.map((v) => words.value(v));
    // Most programs see one CPU: then it is not worth a word.
    const value = texts.length === 1 ? texts[0]! : texts.map((t, cpu) => `[cpu ${cpu}] ${t}`).join(' ');
    if (key_size === 0) {
      lines.push(wrap(value, columns, '    ', '  '));
      continue;
    }
    const key = words.key(element.key);
    const line = `${key} -> ${value}`;
    if (columns !== undefined && line.length + 2 > columns && key.length > 8) {
      lines.push(wrap(key, columns, '    ', '  '), wrap(`-> ${value}`, columns, '       ', '    '));
    } else lines.push(wrap(line, columns, '    ', '  '));
  }
  if (elements.length > limit) lines.push(`  … ${elements.length - limit} more; --map-dump shows all`);
  return lines.join('\n');
}
