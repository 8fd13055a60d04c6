/** Packets that left the node, held against what was expected of them. */
import { encodeValue, expectedValue, type Field, formatField, type Value } from '../../net/fields.ts';
import { layerLabels } from '../../net/locate.ts';
import { parsePacket } from '../../net/parse.ts';
import { packetLine } from '../../net/print.ts';
import type { Protocol } from '../../net/proto/protocol.ts';
import { headerFields, PROTOCOLS } from '../../net/proto/protocols.ts';
import { toHex } from '../../util/hex.ts';
import type { OutExpect } from './model.ts';
import type { OutPacket } from './observed.ts';

/** `eth0`, `client/eth0` */
export function placeText({ netns, dev }: { readonly netns: string; readonly dev: string }): string {
  return netns === 'host' ? dev : `${netns}/${dev}`;
}

/** A packet as a line. */
export function outLine(packet: OutPacket): string {
  return `${placeText(packet)}: ${packetLine(packet.bytes)}`;
}

/** What was expected of a packet, as a line. */
export function expectedLine(expected: OutExpect): string {
  const fields = Object.entries(expected.fields).map(([name, value]) => `${name} ${String(value)}`);
  const bytes = expected.bytes ? [`bytes ${toHex(expected.bytes)}`] : [];
  return `${placeText(expected)}: ${[...fields, ...bytes].join(', ') || 'any packet'}`;
}

/** What of a packet is not as expected: the name of a part, what was wanted and what there is. */
export interface OutDifference {
  readonly name: string;
  readonly wanted: string;
  readonly got: string;
}

/** Holds a packet against what was expected. */
export function outDifferences(expected: OutExpect, packet: OutPacket): readonly OutDifference[] {
  const differences: OutDifference[] = [];
  const [wanted, got] = [placeText(expected), placeText(packet)];
  if (wanted !== got) differences.push({ name: 'dev', wanted, got });
  if (Object.keys(expected.fields).length > 0) differences.push(...fieldDifferences(expected, packet.bytes));
  if (expected.bytes && toHex(expected.bytes) !== toHex(packet.bytes)) {
    differences.push({ name: 'bytes', wanted: toHex(expected.bytes), got: toHex(packet.bytes) });
  }
  return differences;
}

/** A field of a packet by its name, `ipv4#2.ttl`; or what is not there, in words. */
function fieldOf(name: string, bytes: Uint8Array): { readonly field: Field; readonly value: Value } | string {
  const { layers } = parsePacket(bytes);
  const [label, key] = name.replace(/#1\./, '.').split('.') as [string, string];
  const layer = layers[layerLabels(layers).indexOf(label)];
  if (!layer) return `no ${label}: ${packetLine(bytes)}`;
  const values = layer as unknown as Readonly<Record<string, Value | undefined>>;
  const field = headerFields(PROTOCOLS[layer.layer] as Protocol, values).find((f) => f.name === key);
  const value = values[key];
  return field && value !== undefined ? { field, value } : `no ${key}`;
}

/** A field's value as a file says it; undefined where the packet has no such field. */
export function fieldValue(name: string, bytes: Uint8Array): string | number | undefined {
  const found = fieldOf(name, bytes);
  if (typeof found === 'string') return undefined;
  const { field, value } = found;
  return typeof value === 'number' && !field.flagNames ? value : formatField(field, value);
}

function fieldDifferences(expected: OutExpect, bytes: Uint8Array): readonly OutDifference[] {
  return Object.entries(expected.fields).flatMap(([name, given]) => {
    const wanted = String(given);
    const found = fieldOf(name, bytes);
    if (typeof found === 'string') return [{ name, wanted, got: found }];
    const { field, value } = found;
    const got = formatField(field, value);
    const encoded = encodeValue(field, given);
    if (encoded === undefined) return [{ name, wanted, got: `${got} (wanted: ${expectedValue(field)})` }];
    return String(encoded) === String(encodeValue(field, value)) ? [] : [{ name, wanted, got }];
  });
}
