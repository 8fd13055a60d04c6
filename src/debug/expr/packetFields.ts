/** Bytes and fields of the packet as expressions name them. */
import { layerLabels } from '../../net/locate.ts';
import { parsePacket } from '../../net/parse.ts';
import type { Protocol } from '../../net/proto/protocol.ts';
import { fixedSize, headerFields, type Layer, PROTOCOLS } from '../../net/proto/protocols.ts';
import { type PacketNow, packetOf } from '../inspect/packet.ts';
import type { View } from '../view.ts';
import type { Spot } from './spot.ts';
import type { NumberForm } from './value.ts';

const LABEL = /^(\w+?)(?:#([2-9]|[1-3]\d))?$/;

/** `ipv4`, `ipv4#2`: the name of a layer, whether the packet has it or not. */
export function isLayer(name: string): boolean {
  const layer = LABEL.exec(name)?.[1];
  return layer !== undefined && Object.hasOwn(PROTOCOLS, layer);
}

/** Fields that a layer can have, its tail included. */
export function layerFields(label: string): string[] {
  const proto: Protocol = PROTOCOLS[LABEL.exec(label)![1] as keyof typeof PROTOCOLS];
  const variants = proto.variants?.flatMap((v) => v.fields.map((f) => f.name)) ?? [];
  return [...new Set([...proto.fields.map((f) => f.name), ...variants, ...(proto.tail ? [proto.tail.name] : [])])];
}

function layersOf({ bytes, layer }: PacketNow): readonly Layer[] {
  return layer === 'eth' || layer === 'ip' ? parsePacket(bytes, { start: layer }).layers : [];
}

function layerNamed(packet: PacketNow, label: string): Layer | undefined {
  const layers = layersOf(packet);
  return layers[layerLabels(layers).indexOf(label)];
}

/** Does the packet have this header? */
export function hasLayer(view: View, label: string): boolean {
  const packet = packetOf(view);
  return packet !== undefined && layerNamed(packet, label) !== undefined;
}

/** Where a field of the packet lies; undefined where the packet does not have it. */
export function fieldSpot(view: View, label: string, name: string): Spot | undefined {
  const packet = packetOf(view);
  const layer = packet && layerNamed(packet, label);
  if (!packet || !layer) return undefined;
  const proto: Protocol = PROTOCOLS[layer.layer];
  const fields = headerFields(proto, layer as unknown as Readonly<Record<string, unknown>>);
  const field = fields.find((f) => f.name === name);
  if (!field) return tailSpot(packet, layer, fixedSize(fields), name, proto);
  if (field.offset + field.size > layer.size) return undefined;
  const form: NumberForm =
    field.kind === 'ipv4' || field.kind === 'mac' ? { kind: field.kind } : { kind: 'field', field };
  return {
    where: { kind: 'memory', at: packet.at + layer.at + field.offset },
    size: field.size,
    order: 'network',
    field,
    form,
    ...(field.bits !== undefined && { bits: { shift: field.shift ?? 0, width: field.bits } }),
    ...(field.kind === 'bytes' && { raw: true as const }),
    ...(field.kind === 'ipv6' && { raw: 'ipv6' as const }),
  };
}

function tailSpot(packet: PacketNow, layer: Layer, fixed: number, name: string, { tail }: Protocol): Spot | undefined {
  if (tail?.name !== name || layer.size <= fixed) return undefined;
  return {
    where: { kind: 'memory', at: packet.at + layer.at + fixed },
    size: layer.size - fixed,
    order: 'network',
    raw: true,
  };
}

/** `pkt[off:size]`; undefined beyond the bytes that there are. */
export function packetSpot(view: View, offset: number, size: number): Spot | undefined {
  const packet = packetOf(view);
  if (!packet || offset < 0 || offset + size > packet.bytes.length) return undefined;
  return { where: { kind: 'memory', at: packet.at + offset }, size, order: 'network' };
}
