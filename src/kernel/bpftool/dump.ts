/** `bpftool map dump` and `bpftool map lookup`, byte for byte. */
import { userLookup } from '../../maps/user.ts';
import { ERRNOS } from '../../spec/errno.ts';
import { JsonWriter } from '../../util/jsonWriter.ts';
import type { Kernel } from '../kernel.ts';
import type { MapRecord } from '../world.ts';
import { elementsOf, viewOf } from './elements.ts';
import { jsonElement, typedMembers } from './json.ts';
import { errnoText, hexLines, plainEntry } from './plain.ts';
import { jsonHeader, plainHeader } from './show.ts';

/** bpftool's forms: without options, with `--json`, with `--pretty`. */
export type BpftoolForm = 'plain' | 'json' | 'pretty';

/** The elements as a JSON list. */
function elementList(kernel: Kernel, map: MapRecord, writer: JsonWriter, bytes: boolean): void {
  const view = viewOf(kernel, map);
  writer.open('[');
  for (const element of elementsOf(kernel, map)) {
    if (bytes) jsonElement(view, element, writer);
    else {
      writer.open('{');
      typedMembers(view, element, writer, 'plain');
      writer.close('}');
    }
  }
  writer.close(']');
}

/** Elements in hexadecimal and how many there are. */
function hexDump(kernel: Kernel, map: MapRecord): string {
  const view = viewOf(kernel, map);
  const elements = elementsOf(kernel, map);
  const found = elements.filter((e) => typeof e.value !== 'number').length;
  const entries = elements.map((e) => plainEntry(view, e)).join('');
  return `${unreadable(kernel, map)}${entries}Found ${found} element${found === 1 ? '' : 's'}\n`;
}

/** What bpftool says of a map whose values it cannot read. */
function unreadable(kernel: Kernel, map: MapRecord): string {
  const { type, valueSize } = viewOf(kernel, map);
  const hidden = type === 'reuseport_sockarray' && valueSize !== 8;
  return hidden ? `Warning: cannot read values from ${type} map with value_size != 8\n` : '';
}

function plainDump(kernel: Kernel, map: MapRecord): string {
  if (!viewOf(kernel, map).types) return hexDump(kernel, map);
  const writer = new JsonWriter(true);
  elementList(kernel, map, writer, false);
  return `${writer.text}\n`;
}

/**
 * What `bpftool map dump` (7.5, of Linux 6.12) prints on standard output: for one map its elements, for several what it prints for
 * several of one name, a header before each. The plain form of one map is typed where it has BTF, that of several is hexadecimal.
 * Types that user space cannot walk have no elements.
 */
export function bpftoolDump(kernel: Kernel, maps: readonly MapRecord[], form: BpftoolForm): string {
  const [only] = maps;
  if (form === 'plain') {
    if (maps.length === 1) return plainDump(kernel, only!);
    return maps.map((map) => `${plainHeader(kernel, map)}${hexDump(kernel, map)}`).join('\n');
  }
  const writer = new JsonWriter(form === 'pretty');
  if (maps.length === 1) elementList(kernel, only!, writer, true);
  else {
    writer.open('[');
    for (const map of maps) {
      writer.open('{');
      jsonHeader(kernel, map, writer);
      writer.name('elements');
      elementList(kernel, map, writer, true);
      writer.close('}');
    }
    writer.close(']');
  }
  return `${writer.text}\n`;
}

/** What `bpftool map lookup` prints for a key of the map's key_size; errors, which go to standard error, included. */
export function bpftoolLookup(kernel: Kernel, map: MapRecord, key: Uint8Array, form: BpftoolForm): string {
  const view = viewOf(kernel, map);
  const value = userLookup(kernel.maps, map.address, key);
  if (value === -ERRNOS.ENOENT.number) {
    return form === 'plain' ? `key:\n${hexLines(key)}\n\nNot found\n` : 'null\n';
  }
  if (typeof value === 'number') return failure(`lookup failed: ${errnoText(value)}`, form);
  if (form === 'plain' && !view.types) return plainEntry(view, { key, value });
  const writer = new JsonWriter(form !== 'json');
  if (form !== 'plain') jsonElement(view, { key, value }, writer);
  else {
    writer.open('{');
    typedMembers(view, { key, value }, writer, 'plain');
    writer.close('}');
  }
  return `${writer.text}\n`;
}

/** How bpftool says that something failed. */
function failure(text: string, form: BpftoolForm): string {
  if (form === 'plain') return `Error: ${text}\n`;
  const writer = new JsonWriter(form === 'pretty');
  writer.open('{');
  writer.name('error');
  writer.string(text);
  writer.close('}');
  return `${writer.text}\n`;
}
