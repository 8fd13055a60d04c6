/** `bpftool map show` and the headers of dumps of several maps, byte for byte. */
import { MAP, mapInfo } from '../../maps/object.ts';
import { mapTypeName } from '../../spec/mapTypes.ts';
import { progTypeName } from '../../spec/progTypes.ts';
import { JsonWriter } from '../../util/jsonWriter.ts';
import type { Kernel } from '../kernel.ts';
import type { MapRecord } from '../world.ts';
import type { BpftoolForm } from './dump.ts';
import { mapMemoryUsage } from './memory.ts';

/** `1: hash  name counts  flags 0x0`. */
export function plainHeader(kernel: Kernel, map: MapRecord): string {
  const { id, name, map_flags } = mapInfo(kernel.maps, map.address);
  const named = name === '' ? '' : `name ${name}  `;
  return `${id}: ${mapTypeName(map.type) ?? `type ${map.type}`}  ${named}flags 0x${map_flags.toString(16)}\n`;
}

/** The header's members in an object that is open. */
export function jsonHeader(kernel: Kernel, map: MapRecord, writer: JsonWriter): void {
  const { id, name, map_flags } = mapInfo(kernel.maps, map.address);
  writer.member('id', `${id}`);
  const type = mapTypeName(map.type);
  writer.name('type');
  if (type === undefined) writer.raw(`${map.type}`);
  else writer.string(type);
  if (name !== '') {
    writer.name('name');
    writer.string(name);
  }
  writer.member('flags', `${map_flags}`);
}

/** The prog type that a prog_array is for, once a program is in it or has used it. */
function ownerType(kernel: Kernel, map: MapRecord): string | undefined {
  if (mapTypeName(map.type) !== 'prog_array' || kernel.arena.getU32(map.address + MAP.ownerSet) === 0) return undefined;
  const type = kernel.arena.getU32(map.address + MAP.ownerType);
  return progTypeName(type) ?? `${type}`;
}

/**
 * The id that a map's BTF has: each blob is loaded once, in the order of the maps. On a running kernel its own BTF and what
 * else is loaded come before.
 */
function btfId(kernel: Kernel, map: MapRecord): number | undefined {
  if (!map.btf || (map.btf.key === 0 && map.btf.value === 0)) return undefined;
  const blobs: Uint8Array[] = [];
  for (const { btf } of kernel.world.maps) {
    if (btf && !blobs.some((known) => equal(known, btf.blob))) blobs.push(btf.blob);
  }
  return blobs.findIndex((blob) => equal(blob, map.btf!.blob)) + 1;
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a === b || (a.length === b.length && a.every((byte, i) => byte === b[i]));
}

function plainShow(kernel: Kernel, map: MapRecord): string {
  const info = mapInfo(kernel.maps, map.address);
  const memory = mapMemoryUsage(kernel.maps, map.address);
  const owner = ownerType(kernel, map);
  const btf = btfId(kernel, map);
  const rest = [...(btf === undefined ? [] : [`btf_id ${btf}`]), ...(info.frozen ? ['frozen'] : [])];
  return [
    plainHeader(kernel, map),
    `\tkey ${info.key_size}B  value ${info.value_size}B  max_entries ${info.max_entries}  memlock ${memory}B\n`,
    owner === undefined ? '' : `\towner_prog_type ${owner}  owner jited\n`,
    rest.length === 0 ? '' : `\t${rest.join('  ')}\n`,
  ].join('');
}

function jsonShow(kernel: Kernel, map: MapRecord, writer: JsonWriter): void {
  const info = mapInfo(kernel.maps, map.address);
  writer.open('{');
  jsonHeader(kernel, map, writer);
  writer.member('bytes_key', `${info.key_size}`);
  writer.member('bytes_value', `${info.value_size}`);
  writer.member('max_entries', `${info.max_entries}`);
  writer.member('bytes_memlock', `${mapMemoryUsage(kernel.maps, map.address)}`);
  const owner = ownerType(kernel, map);
  if (owner !== undefined) {
    writer.name('owner_prog_type');
    writer.string(owner);
    writer.member('owner_jited', 'true');
  }
  writer.member('frozen', info.frozen ? '1' : '0');
  const btf = btfId(kernel, map);
  if (btf !== undefined) writer.member('btf_id', `${btf}`);
  writer.close('}');
}

/**
 * What `bpftool map show` prints for these maps: as `map show id` does for one, as `map show` does for several (in JSON a list).
 * Ids count from 1; those of BTF count the blobs of this kernel's maps.
 */
export function bpftoolShow(
  kernel: Kernel,
  maps: readonly MapRecord[],
  form: BpftoolForm,
  list = maps.length !== 1,
): string {
  if (form === 'plain') return maps.map((map) => plainShow(kernel, map)).join('');
  const writer = new JsonWriter(form === 'pretty');
  if (list) writer.open('[');
  for (const map of maps) jsonShow(kernel, map, writer);
  if (list) writer.close(']');
  return `${writer.text}\n`;
}
