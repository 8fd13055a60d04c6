/** Keys and values of maps as words: by type where there is BTF, by what the map's type means, else numbers and bytes. */

import { toHex } from '../../util/hex.ts';
import type { Kernel } from '../kernel.ts';
import type { MapRecord } from '../world.ts';
import { mapTypeOf } from './mapDump.ts';
import { TypedMap } from './typedMap.ts';

/** How the keys and values of one map read. */
export interface MapWords {
  key(bytes: Uint8Array): string;
  value(bytes: Uint8Array): string;
}

const u32 = (bytes: Uint8Array, at = 0): number =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(at, true);

/** Values that are no data: ids of programs and maps, interfaces, sizes of queues. */
const MEANINGS: Readonly<Record<string, (kernel: Kernel, value: Uint8Array) => string>> = {
  prog_array: (kernel, value) => kernel.world.progs.find((p) => p.id === u32(value))?.name ?? `prog ${u32(value)}`,
  array_of_maps: mapName,
  hash_of_maps: mapName,
  devmap: (_, value) => deviceText(value),
  devmap_hash: (_, value) => deviceText(value),
  cpumap: (_, value) =>
    `qsize ${u32(value)}${value.length < 8 || u32(value, 4) === 0 ? '' : `, prog ${u32(value, 4)}`}`,
};

function mapName(kernel: Kernel, value: Uint8Array): string {
  const map = kernel.world.maps.find((m) => m.id === u32(value));
  return map ? `${map.name} (id ${map.id})` : `map ${u32(value)}`;
}

function deviceText(value: Uint8Array): string {
  const prog = value.length < 8 || u32(value, 4) === 0 ? '' : `, prog ${u32(value, 4)}`;
  return `ifindex ${u32(value)}${prog}`;
}

/** Keys without a type: small ones are most often numbers. */
function plainKey(key: Uint8Array): string {
  return key.length === 4 ? `${u32(key)}` : toHex(key, ' ');
}

function plainValue(value: Uint8Array): string {
  const view = new DataView(value.buffer, value.byteOffset, value.length);
  if (value.length === 8) return `${view.getBigUint64(0, true)}`;
  return value.length === 4 ? `${u32(value)}` : toHex(value, ' ');
}

/** The words for a map, with times told from the kernel's clock. */
export function mapWords(kernel: Kernel, map: MapRecord): MapWords {
  const meaning = MEANINGS[mapTypeOf(map)];
  if (meaning) return { key: plainKey, value: (bytes) => meaning(kernel, bytes) };
  const typed = TypedMap.of(map);
  if (!typed) return { key: plainKey, value: plainValue };
  const { sec, nsec } = kernel.world.clock;
  const nowNs = BigInt(sec) * 1_000_000_000n + BigInt(nsec);
  return {
    key: (bytes) => typed.keyText(bytes, nowNs) || plainKey(bytes),
    value: (bytes) => typed.valueText(bytes, nowNs),
  };
}
