/** Pointers into the packet: how far behind its first byte, and into which field. */
import { type FieldPlace, fieldPlaces, layerLabels } from '../../net/locate.ts';
import { parsePacket } from '../../net/parse.ts';
import { type PacketNow, packetOf } from './packet.ts';
import { type Describe, inside } from './pointerInfo.ts';

/** Fields of a packet: `ipv4` for the beginning of a header, `ipv4.src`, `tcp.options+3`. */
function packetField(packet: Pick<PacketNow, 'bytes' | 'layer'>, offset: number): string | undefined {
  if ((packet.layer !== 'eth' && packet.layer !== 'ip') || offset < 0) return undefined;
  const { layers } = parsePacket(packet.bytes, { start: packet.layer });
  const labels = layerLabels(layers);
  const header = layers.findIndex((layer) => layer.at === offset);
  if (header >= 0) return labels[header];
  const within = (f: FieldPlace): boolean => offset >= f.at && offset < f.at + f.size;
  const field = fieldPlaces(layers).findLast(within);
  if (!field) return undefined;
  const name = field.name.replace(/^(payload|padding)\.bytes$/, '$1');
  return offset === field.at ? name : `${name}+${offset - field.at}`;
}

/** What the data of programs without packets is called. */
const DATA_NAMES: Readonly<Record<string, string>> = { bpf_sockopt_kern: 'optval', sk_msg: 'message' };

/** A row of the table of regions. */
export const packetPointer: Describe = (view, region, address) => {
  const now = packetOf(view);
  if (!inside(region, address)) return undefined;
  if (!now || view.kernel.arena.regionAt(now.at) !== region.id) {
    return { kind: 'packet', base: 'other packet', offset: address - region.lo };
  }
  const name = DATA_NAMES[now.object.struct] ?? 'packet';
  const offset = address - now.at;
  const size = now.bytes.length;
  if (offset >= size) return { kind: 'packet-end', base: `${name}_end`, offset: offset - size };
  if (offset < 0 && -offset <= now.metaLength) {
    return { kind: 'packet-meta', base: `${name}_meta`, offset: offset + now.metaLength };
  }
  const field = packetField(now, offset);
  const said = offset === 0 || field === undefined ? {} : { field };
  return { kind: 'packet', base: name, offset, ...said, ...(offset < 0 && { note: 'in the headroom' }) };
};
