/** Random Ethernet frames: IPv4 with options, IPv6 with extension headers, tunnels, tags, ARP, and some that are none of these. */
import type { Random } from '../../test/random.ts';

const TCP = 6;
const UDP = 17;
const GRE = 47;
const HEADER = {
  icmp: 1,
  ipip: 4,
  ipv6: 41,
  routing: 43,
  fragment: 44,
  icmpv6: 58,
  dstopts: 60,
  sctp: 132,
  hop: 0,
} as const;
const TRANSPORTS = [TCP, TCP, UDP, UDP, HEADER.icmp, HEADER.icmpv6, HEADER.sctp] as const;

function ipv4(r: Random, payload: readonly number[], protocol: number): number[] {
  const options = r.weighted<number>([
    [8, () => 0],
    [1, () => 1],
    [1, () => r.below(11)],
  ]);
  const length = 20 + 4 * options + payload.length;
  return [
    ...(r.bool(0.97) ? [0x45 + options] : [r.below(256)]),
    r.below(256),
    ...(r.bool(0.95) ? [length >> 8, length & 0xff] : r.bytes(2)),
    ...r.bytes(2),
    ...(r.bool(0.1) ? [0x20 | r.below(8), r.below(256)] : [0x40, 0]),
    64,
    protocol,
    ...(r.bool(0.2) ? [0, 0] : r.bytes(2)),
    ...r.bytes(8 + 4 * options),
    ...payload,
  ];
}

/** Extension headers before a payload: the number of the first one, and the bytes. */
function extensions(r: Random, next: number, payload: readonly number[]): readonly [number, number[]] {
  let first = next;
  let bytes = [...payload];
  for (
    let i = r.weighted<number>([
      [7, () => 0],
      [2, () => 1],
      [1, () => 2],
    ]);
    i > 0;
    i--
  ) {
    const kind = r.pick([HEADER.hop, HEADER.routing, HEADER.fragment, HEADER.dstopts]);
    const words = kind === HEADER.fragment ? 0 : r.below(3);
    bytes = [first, words, ...r.bytes(6 + 8 * words), ...bytes];
    first = kind;
  }
  return [first, bytes];
}

function ipv6(r: Random, payload: readonly number[], protocol: number): number[] {
  const [next, rest] = extensions(r, protocol, payload);
  const word = [r.bool(0.97) ? 0x60 | r.below(16) : r.below(256), r.below(256), ...r.bytes(2)];
  const length = r.bool(0.95) ? [rest.length >> 8, rest.length & 0xff] : [...r.bytes(2)];
  return [...word, ...length, next, 64, ...r.bytes(32), ...rest];
}

function transport(r: Random): number[] {
  const payload = [...r.bytes(r.pick([0, 1, 8, 20, 20, 21, 33, 60, 120, 400, r.below(1500)]))];
  // A checksum of zero matters to UDP, a data offset to TCP.
  if (r.bool(0.2) && payload.length > 8) payload.splice(6, 2, 0, 0);
  if (r.bool(0.5) && payload.length > 12) payload[12] = 0x50 + 16 * r.below(11);
  return payload;
}

/** What an IP header carries: a transport, or another packet. */
function carried(r: Random): readonly [number, number[]] {
  const inner = (): number[] => transport(r);
  return r.weighted<readonly [number, number[]]>([
    [10, () => [r.pick(TRANSPORTS), inner()]],
    [1, () => [HEADER.ipip, ipv4(r, inner(), r.pick(TRANSPORTS))]],
    [1, () => [HEADER.ipv6, ipv6(r, inner(), r.pick(TRANSPORTS))]],
    [1, () => [GRE, [0, 0, 0x08, 0x00, ...ipv4(r, inner(), r.pick(TRANSPORTS))]]],
    [1, () => [r.below(256), inner()]],
  ]);
}

/** A frame of 14 bytes or more, nearly always whole. */
export function randomPacket(r: Random): Uint8Array {
  const [protocol, payload] = carried(r);
  const tags = r.weighted<number[]>([
    [8, () => []],
    [2, () => [0x81, 0, ...r.bytes(2)]],
    [1, () => [0x88, 0xa8, ...r.bytes(2), 0x81, 0, ...r.bytes(2)]],
  ]);
  const body = r.weighted<number[]>([
    [12, () => [0x08, 0, ...ipv4(r, payload, protocol)]],
    [8, () => [0x86, 0xdd, ...ipv6(r, payload, protocol)]],
    [1, () => [0x08, 0x06, 0, 1, 8, 0, 6, 4, 0, 1, ...r.bytes(20)]],
    [1, () => [0, r.below(256), ...payload]],
    [1, () => [...r.bytes(2), ...payload]],
  ]);
  const addresses = r.pick([
    new Uint8Array(12),
    r.bytes(12),
    Uint8Array.of(255, 255, 255, 255, 255, 255, ...r.bytes(6)),
  ]);
  const frame = Uint8Array.from([...addresses, ...tags, ...body]);
  return r.bool(0.03) ? frame.subarray(0, 14 + r.below(Math.min(40, frame.length - 13))) : frame;
}
