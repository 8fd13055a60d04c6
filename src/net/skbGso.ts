/** Segmentation: how large the pieces of a GSO packet become. */
import type { Arena } from '../mem/arena.ts';

import { shinfoField, skbField, skbHeader } from './skb.ts';

/** gso_type bits of the kernel (linux/skbuff.h). */
const SKB_GSO_TCP = (1 << 0) | (1 << 4);
const SKB_GSO_SCTP = 1 << 14;
const SKB_GSO_UDP_L4 = 1 << 17;
const UDP_HLEN = 8;
const SCTP_HLEN = 12;
/** Byte of the TCP header whose upper half is its length in words. */
const TCP_OFFSET = 12;

/** @kernel tcp_hdrlen */
function tcpHdrlen(arena: Arena, header: number): number {
  return (arena.u8[header + TCP_OFFSET]! >> 4) * 4;
}

/** Bytes of one segment from its transport header on. @kernel skb_gso_transport_seglen */
function transportSeglen(arena: Arena, skb: number): number {
  const type = shinfoField(arena, skb, 'gso_type');
  let headers = 0;
  if (skbField(arena, skb, 'encapsulation') !== 0) {
    headers = skbField(arena, skb, 'inner_transport_header') - skbField(arena, skb, 'transport_header');
    const inner = skbField(arena, skb, 'head') + skbField(arena, skb, 'inner_transport_header');
    if ((type & SKB_GSO_TCP) !== 0) headers += tcpHdrlen(arena, inner);
  } else if ((type & SKB_GSO_TCP) !== 0) headers = tcpHdrlen(arena, skbHeader(arena, skb, 'transport_header'));
  else if ((type & SKB_GSO_SCTP) !== 0) headers = SCTP_HLEN;
  else if ((type & SKB_GSO_UDP_L4) !== 0) headers = UDP_HLEN;
  return headers + shinfoField(arena, skb, 'gso_size');
}

/** Does every segment fit into `mtu` bytes from its network header on? @kernel skb_gso_validate_network_len */
export function skbGsoValidateNetworkLen(arena: Arena, skb: number, mtu: number): boolean {
  const network = skbField(arena, skb, 'transport_header') - skbField(arena, skb, 'network_header');
  return (network + transportSeglen(arena, skb)) >>> 0 <= mtu;
}
