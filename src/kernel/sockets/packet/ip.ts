/** IP headers of packets that sockets get and send. */
import { internetChecksum, pseudoHeaderSum } from '../../../net/checksum.ts';
import { UAPI } from '../../../spec/constants.ts';

const { IPPROTO_DSTOPTS, IPPROTO_HOPOPTS, IPPROTO_ROUTING } = UAPI;
const IP_DF = 0x4000;
const IP_MF_OFFSET = 0x3fff;
const V4_HEADER = 20;
const V6_HEADER = 40;

/** A packet as it comes in: the IP header begins at `ipOffset`. */
export interface IpInput {
  readonly bytes: Uint8Array;
  readonly ipOffset: number;
  readonly family: 'inet' | 'inet6';
}

/** What sockets need of an IP header. */
export interface IpView {
  readonly v6: boolean;
  readonly src: Uint8Array;
  readonly dst: Uint8Array;
  readonly protocol: number;
  readonly tos: number;
  /** From the IP header to the packet's end, as the header tells it. */
  readonly packet: Uint8Array;
  /** What the header carries. */
  readonly payload: Uint8Array;
}

/** Big-endian view of bytes. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function readV4(rest: Uint8Array, cut: boolean): IpView | undefined {
  if (rest.length < V4_HEADER || rest[0]! >> 4 !== 4) return undefined;
  const header = (rest[0]! & 15) * 4;
  const dv = viewOf(rest);
  const total = dv.getUint16(2);
  if (header < V4_HEADER || total < header || (total > rest.length && !cut)) return undefined;
  if (rest.length < header || (dv.getUint16(6) & IP_MF_OFFSET) !== 0) return undefined;
  const packet = rest.subarray(0, total);
  const src = rest.slice(12, 16);
  return {
    v6: false,
    src,
    dst: rest.slice(16, 20),
    protocol: rest[9]!,
    tos: rest[1]!,
    packet,
    payload: packet.subarray(header),
  };
}

function readV6(rest: Uint8Array, cut: boolean): IpView | undefined {
  if (rest.length < V6_HEADER || rest[0]! >> 4 !== 6) return undefined;
  const dv = viewOf(rest);
  const total = V6_HEADER + dv.getUint16(4);
  if (total > rest.length && !cut) return undefined;
  const packet = rest.subarray(0, total);
  let protocol = rest[6]!;
  let at = V6_HEADER;
  while (protocol === IPPROTO_HOPOPTS || protocol === IPPROTO_ROUTING || protocol === IPPROTO_DSTOPTS) {
    if (at + 8 > packet.length) return undefined;
    protocol = packet[at]!;
    at += 8 * (packet[at + 1]! + 1);
  }
  if (at > packet.length) return undefined;
  const tos = (dv.getUint16(0) >> 4) & 0xff;
  return {
    v6: true,
    src: rest.slice(8, 24),
    dst: rest.slice(24, 40),
    protocol,
    tos,
    packet,
    payload: packet.subarray(at),
  };
}

/**
 * Reads the IP header; undefined for what is none, too short, or a fragment. `cut`: the packet may end before its length
 * says, as quoted ones do.
 */
export function readIp({ bytes, ipOffset, family }: IpInput, cut = false): IpView | undefined {
  const rest = bytes.subarray(ipOffset);
  return family === 'inet' ? readV4(rest, cut) : readV6(rest, cut);
}

/** What a header is to say. */
export interface IpHeader {
  readonly src: Uint8Array;
  readonly dst: Uint8Array;
  readonly protocol: number;
  readonly ttl: number;
  readonly tos: number;
  /** IPv4 only. */
  readonly id: number;
  readonly df: boolean;
}

/** Puts an IP header in front; the addresses say which. @kernel ip_build_and_send_pkt, ip6_xmit */
export function ipPacket(header: IpHeader, payload: Uint8Array): Uint8Array {
  const { src, dst, protocol, ttl, tos, id, df } = header;
  const v6 = src.length === 16;
  const size = v6 ? V6_HEADER : V4_HEADER;
  const out = new Uint8Array(size + payload.length);
  const dv = viewOf(out);
  out.set(payload, size);
  if (v6) {
    dv.setUint32(0, 0x6000_0000 | (tos << 20));
    dv.setUint16(4, payload.length);
    out[6] = protocol;
    out[7] = ttl;
    out.set(src, 8);
    out.set(dst, 24);
    return out;
  }
  out[0] = 0x45;
  out[1] = tos;
  dv.setUint16(2, out.length);
  dv.setUint16(4, id);
  dv.setUint16(6, df ? IP_DF : 0);
  out[8] = ttl;
  out[9] = protocol;
  out.set(src, 12);
  out.set(dst, 16);
  dv.setUint16(10, internetChecksum(out, 0, V4_HEADER));
  return out;
}

/** The checksum of a transport header with its data, over the pseudo header too; 0 where one that is there is right. */
export function transportChecksum(src: Uint8Array, dst: Uint8Array, protocol: number, body: Uint8Array): number {
  return internetChecksum(body, 0, body.length, pseudoHeaderSum(src, dst, protocol, body.length));
}
