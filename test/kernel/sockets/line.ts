/** A packet in a few words. */
import { parsePacket } from '../../../src/net/parse.ts';

const FLAGS = 'FSRP.U';

/** `S`, `S.`, `P. 5` (bytes), `R`; of other packets the names of their layers. */
export function formatPacketLine(packet: Uint8Array): string {
  const { layers } = parsePacket(packet, { start: 'ip' });
  const at = layers.findIndex((l) => l.layer === 'tcp');
  if (at < 0 || at > 2) return layers.map((l) => l.layer).join(' ');
  const tcp = layers[at]! as unknown as { at: number };
  const bits = packet[tcp.at + 13]!;
  const flags = [...FLAGS].filter((_, i) => (bits >> i) & 1).join('');
  const data = layers[at + 1]?.size ?? 0;
  return data > 0 ? `${flags} ${data}` : flags;
}
