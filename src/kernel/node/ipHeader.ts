/** The IP header of a sk_buff, read where its network header is. */
import type { Arena } from '../../mem/arena.ts';
import { formatIpv4, formatIpv6 } from '../../net/addr.ts';
import { internetChecksum } from '../../net/checksum.ts';
import { skbField, skbSetHeader, skbTrim } from '../../net/skb.ts';
import { UAPI } from '../../spec/constants.ts';
import type { DropReason } from './dropReasons.ts';

const { IPPROTO_FRAGMENT } = UAPI;

/** What routing and the transports want to know of a packet. */
export interface IpHeader {
  /** Address of the header in linear memory, and bytes of it. */
  readonly at: number;
  readonly size: number;
  /** 4 or 16 bytes each. */
  readonly src: Uint8Array;
  readonly dst: Uint8Array;
  readonly tos: number;
  readonly ttl: number;
  /** Number of the protocol that follows. */
  readonly protocol: number;
  /** Only a part of a packet. */
  readonly fragment: boolean;
  /** It must not be cut into fragments. */
  readonly df: boolean;
  /** Bytes with the header. */
  readonly length: number;
}

/** An address of 4 or 16 bytes as people write it. */
export const addressText = (address: Uint8Array): string =>
  address.length === 4 ? formatIpv4(address) : formatIpv6(address);

const V4_SIZE = 20;
const V6_SIZE = 40;
const IP_DF = 0x4000;
const IP_PARTS = 0x3fff;

function word(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

/** @kernel ip_rcv_core */
function readV4(bytes: Uint8Array, at: number): IpHeader | DropReason {
  const size = 4 * (bytes[0]! & 15);
  if (size < V4_SIZE) return 'IP_INHDR';
  if (bytes.length < size) return 'PKT_TOO_SMALL';
  if (internetChecksum(bytes, 0, size) !== 0) return 'IP_CSUM';
  const length = word(bytes, 2);
  if (length < size) return 'IP_INHDR';
  if (length > bytes.length) return 'PKT_TOO_SMALL';
  const parts = word(bytes, 6);
  return {
    at,
    size,
    src: bytes.slice(12, 16),
    dst: bytes.slice(16, 20),
    tos: bytes[1]!,
    ttl: bytes[8]!,
    protocol: bytes[9]!,
    fragment: (parts & IP_PARTS) !== 0,
    df: (parts & IP_DF) !== 0,
    length,
  };
}

/** Extension headers are not walked: what follows the fixed header is the protocol. @kernel ip6_rcv_core */
function readV6(bytes: Uint8Array, at: number): IpHeader | DropReason {
  if (bytes.length < V6_SIZE) return 'PKT_TOO_SMALL';
  const length = V6_SIZE + word(bytes, 4);
  if (length > bytes.length) return 'PKT_TOO_SMALL';
  return {
    at,
    size: V6_SIZE,
    src: bytes.slice(8, 24),
    dst: bytes.slice(24, 40),
    tos: ((bytes[0]! & 15) << 4) | (bytes[1]! >> 4),
    ttl: bytes[7]!,
    protocol: bytes[6]!,
    fragment: bytes[6] === IPPROTO_FRAGMENT,
    df: true,
    length,
  };
}

/** Reads the header that the data begin with; what is behind the packet is cut off. */
export function readIp(arena: Arena, skb: number): IpHeader | DropReason {
  const at = skbField(arena, skb, 'data');
  const bytes = arena.bytes(at, skbField(arena, skb, 'len'));
  if (bytes.length < V4_SIZE) return 'PKT_TOO_SMALL';
  const version = bytes[0]! >> 4;
  const header = version === 4 ? readV4(bytes, at) : version === 6 ? readV6(bytes, at) : 'IP_INHDR';
  if (typeof header === 'string') return header;
  skbTrim(arena, skb, header.length);
  skbSetHeader(arena, skb, 'network_header');
  skbSetHeader(arena, skb, 'transport_header', header.size);
  return header;
}

/** One hop less to live; of IPv4 the checksum follows. @kernel ip_decrease_ttl */
export function decreaseTtl(arena: Arena, { at, ttl, dst }: IpHeader): void {
  if (dst.length === 16) {
    arena.setU8(at + 7, ttl - 1);
    return;
  }
  arena.setU8(at + 8, ttl - 1);
  const sum = ((arena.u8[at + 10]! << 8) | arena.u8[at + 11]!) + 0x100;
  const folded = (sum & 0xffff) + (sum >> 16);
  arena.setU8(at + 10, folded >> 8);
  arena.setU8(at + 11, folded & 0xff);
}
