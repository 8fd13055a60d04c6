/** Elements of maps as bpftool's JSON: bytes, and by type under `formatted` where the map has BTF. */
import { type DumpFor, dumpValue } from '../../btf/dumper.ts';
import type { JsonWriter } from '../../util/jsonWriter.ts';
import type { Element, View } from './elements.ts';
import { cpuValue } from './elements.ts';
import { errnoText } from './plain.ts';

function bytes(writer: JsonWriter, list: Uint8Array): void {
  writer.open('[');
  for (const byte of list) writer.raw(`"0x${byte.toString(16).padStart(2, '0')}"`);
  writer.close(']');
}

/** `values`, one for each CPU, or `value`; answers whether all went well. */
function values(view: View, value: Uint8Array, writer: JsonWriter, write: (one: Uint8Array) => boolean): boolean {
  if (!view.percpu) {
    writer.name('value');
    return write(value);
  }
  writer.name('values');
  writer.open('[');
  let whole = true;
  for (let cpu = 0; whole && cpu < view.cpus; cpu++) {
    writer.open('{');
    writer.member('cpu', `${cpu}`);
    writer.name('value');
    whole = write(cpuValue(view, value, cpu));
    writer.close('}');
  }
  writer.close(']');
  return whole;
}

/** Key and value by their types, as members of an object that is open. */
export function typedMembers(view: View, element: Element, writer: JsonWriter, dumpFor: DumpFor): void {
  const { types } = view;
  if (!types || typeof element.value === 'number') return;
  if (types.key !== 0) {
    writer.name('key');
    if (!dumpValue(types.btf, types.key, element.key, writer, dumpFor)) return;
  }
  values(view, element.value, writer, (one) => dumpValue(types.btf, types.value, one, writer, dumpFor));
}

/** One element as an object. */
export function jsonElement(view: View, element: Element, writer: JsonWriter): void {
  const { key, value } = element;
  writer.open('{');
  if (view.keySize > 0) {
    writer.name('key');
    bytes(writer, key);
  }
  if (typeof value === 'number') {
    writer.name('value');
    writer.open('{');
    writer.name('error');
    writer.string(errnoText(value));
    writer.close('}');
  } else {
    values(view, value, writer, (one) => {
      bytes(writer, one);
      return true;
    });
    if (view.type.endsWith('_of_maps')) {
      writer.member('inner_map_id', `${new DataView(value.buffer, value.byteOffset, 4).getUint32(0, true)}`);
    }
    if (view.types) {
      writer.name('formatted');
      writer.open('{');
      typedMembers(view, element, writer, 'json');
      writer.close('}');
    }
  }
  writer.close('}');
}
