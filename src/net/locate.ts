/** Names for places in a packet: which field a byte belongs to, where a field lies. */

import type { Protocol } from './proto/protocol.ts';
import { fixedSize, headerFields, type Layer, PROTOCOLS } from './proto/protocols.ts';

/** A field of a packet and its bytes. */
export interface FieldPlace {
  /** `ipv4.dst`, `tcp.options`, `ipv4#2.ttl` for the second IPv4 header, `payload.bytes`. */
  readonly name: string;
  /** Offset from the packet's first byte, and bytes taken; fields of single bits share their word. */
  readonly at: number;
  readonly size: number;
}

/** A name for each layer: the protocol's, with `#2`, `#3` … from its second appearance on. */
export function layerLabels(layers: readonly Layer[]): string[] {
  const seen = new Map<string, number>();
  return layers.map(({ layer }) => {
    const n = (seen.get(layer) ?? 0) + 1;
    seen.set(layer, n);
    return n === 1 ? layer : `${layer}#${n}`;
  });
}

/** Bytes from a layer's header to the end of what it carries, as the length fields tell them. */
export function lengthOf(layer: Layer): number {
  return layer.end + layer.missing - layer.at;
}

/** All fields of a parsed packet in wire order, with their offsets. */
export function fieldPlaces(layers: readonly Layer[]): FieldPlace[] {
  const labels = layerLabels(layers);
  return layers.flatMap((layer, i) => {
    const proto: Protocol = PROTOCOLS[layer.layer];
    const values = layer as unknown as Readonly<Record<string, unknown>>;
    const fields = headerFields(proto, values);
    const places = fields
      .filter((f) => f.offset + f.size <= layer.size)
      .map((f) => ({ name: `${labels[i]}.${f.name}`, at: layer.at + f.offset, size: f.size }));
    const fixed = fixedSize(fields);
    if (proto.tail && layer.size > fixed) {
      places.push({ name: `${labels[i]}.${proto.tail.name}`, at: layer.at + fixed, size: layer.size - fixed });
    }
    return places;
  });
}

/** The fields that a byte belongs to (several where bits share a byte), outermost layer first; empty beyond the packet. */
export function fieldsAt(layers: readonly Layer[], offset: number): FieldPlace[] {
  return fieldPlaces(layers).filter((p) => offset >= p.at && offset < p.at + p.size);
}
