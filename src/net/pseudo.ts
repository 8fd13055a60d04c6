/** The pseudo header under a transport header: whose addresses, and what an IPv6 routing header makes of them. */

import { pseudoHeaderSum } from './checksum.ts';
import { protocolNumber } from './proto/protocols.ts';

/** A layer's name and where its header lies. */
export interface HeaderPlace {
  readonly layer: string;
  readonly at: number;
  readonly size: number;
}

/** Index of the IPv4 or IPv6 header that carries layer `index`, -1 without one. */
export function carrierOf(layers: readonly HeaderPlace[], index: number): number {
  for (let i = index - 1; i >= 0; i--) if (layers[i]!.layer === 'ipv4' || layers[i]!.layer === 'ipv6') return i;
  return -1;
}

/**
 * The destination that the checksum covers (RFC 8200, 8.1): the last segment while a routing header between the
 * carrier and the transport header has segments left.
 */
function finalDestination(layers: readonly HeaderPlace[], carrier: number, index: number, bytes: Uint8Array): number {
  for (let i = carrier + 1; i < index; i++) {
    const { layer, at, size } = layers[i]!;
    if (layer !== 'routing' || size < 24 || bytes[at + 3] === 0) continue;
    // RFC 8754 lists the segments last to first from byte 8 on; types 0 and 2 list them first to last.
    return bytes[at + 2] === 4 ? at + 8 : at + size - 16;
  }
  return layers[carrier]!.at + 24;
}

/** Sum of the pseudo header of layer `index` with `length` bytes from its header on; 0 when no IP header carries it. */
export function pseudoSum(layers: readonly HeaderPlace[], index: number, bytes: Uint8Array, length: number): number {
  const carrier = carrierOf(layers, index);
  const protocol = protocolNumber(layers[index]!.layer);
  if (carrier < 0 || protocol === undefined) return 0;
  const { layer, at } = layers[carrier]!;
  if (layer === 'ipv4') {
    return pseudoHeaderSum(bytes.subarray(at + 12, at + 16), bytes.subarray(at + 16, at + 20), protocol, length);
  }
  const dst = finalDestination(layers, carrier, index, bytes);
  return pseudoHeaderSum(bytes.subarray(at + 8, at + 24), bytes.subarray(dst, dst + 16), protocol, length);
}
