/** Every checksum in a packet, inner packets included: good, bad, not there, or not to be told. */

import { internetChecksum, onesSum, sctpChecksum } from './checksum.ts';
import type { Field } from './fields.ts';
import { layerLabels } from './locate.ts';
import { type PacketStart, parsePacket } from './parse.ts';
import type { Protocol } from './proto/protocol.ts';
import { headerFields, type Layer, PROTOCOLS } from './proto/protocols.ts';
import { carrierOf, pseudoSum } from './pseudo.ts';

/** `partial`: part of what it covers is not in this packet (cut off, quoted in part, or a fragment); `none`: UDP's zero. */
export type ChecksumStatus = 'good' | 'bad' | 'partial' | 'none';

/** One checksum of a packet. */
export interface ChecksumReport {
  /** `ipv4`, `tcp`, …; a second header of the name is `ipv4#2`. */
  readonly layer: string;
  /** Byte offset of the checksum field in the packet. */
  readonly at: number;
  readonly status: ChecksumStatus;
  /** As on the wire, and as it should be; both for good and bad ones only. */
  readonly found?: number;
  readonly expected?: number;
}

/** Checks every checksum of a packet's headers, outermost first. */
export function verifyChecksums(bytes: Uint8Array, options: { readonly start?: PacketStart } = {}): ChecksumReport[] {
  const { layers } = parsePacket(bytes, options);
  const labels = layerLabels(layers);
  const out: ChecksumReport[] = [];
  for (const [i, layer] of layers.entries()) {
    const values = layer as unknown as Readonly<Record<string, unknown>>;
    const field = headerFields(PROTOCOLS[layer.layer] as Protocol, values).find((f) => f.auto?.is === 'check');
    if (field) out.push(report(labels[i]!, field, values[field.name] as number | undefined, layers, i, bytes));
  }
  return out;
}

function report(
  label: string,
  field: Field,
  found: number | undefined,
  layers: readonly Layer[],
  index: number,
  bytes: Uint8Array,
): ChecksumReport {
  const layer = layers[index]!;
  const at = layer.at + field.offset;
  const over = field.auto?.is === 'check' ? field.auto.over : 'header';
  if (found === undefined || !isWhole(over, layers, index)) return { layer: label, at, status: 'partial' };
  if (layer.layer === 'udp' && found === 0 && layers[carrierOf(layers, index)]?.layer === 'ipv4') {
    return { layer: label, at, status: 'none' };
  }
  if (over === 'crc32c') {
    const expected = sctpChecksum(bytes, layer.at, layer.end);
    return { layer: label, at, status: expected === found ? 'good' : 'bad', found, expected };
  }
  const end = over === 'header' ? layer.at + layer.size : layer.end;
  const seed = over === 'pseudo' ? pseudoSum(layers, index, bytes, end - layer.at) : 0;
  const status = onesSum(bytes, layer.at, end, seed) === 0xffff ? 'good' : 'bad';
  const computed = internetChecksum(bytes, layer.at, end, seed + (~found & 0xffff));
  // All ones and zero are the same sum; what is good is what was found.
  const expected = status === 'good' ? found : layer.layer === 'udp' && computed === 0 ? 0xffff : computed;
  return { layer: label, at, status, found, expected };
}

/** Whether all that a checksum covers is in the packet. */
function isWhole(over: string, layers: readonly Layer[], index: number): boolean {
  const layer = layers[index]!;
  if (layer.cut !== undefined) return false;
  if (over === 'header') return layer.layer !== 'ipv4' || layer.size === 4 * layer.ihl!;
  if (layer.missing > 0) return false;
  for (let i = Math.max(0, carrierOf(layers, index)); i < index; i++) {
    const outer = layers[i]!;
    if (outer.cut !== undefined) return false;
    if (outer.layer === 'ipv4' && (outer.flags! & 1 || outer.frag_off! > 0)) return false;
    if (outer.layer === 'fragment' && (outer.more! > 0 || outer.frag_off! > 0)) return false;
  }
  return true;
}
