/** Random frames: Ethernet with VLAN tags, IPv4 or IPv6, TCP, UDP or ICMP, and some that are none of these. */
import type { Random } from '../../test/random.ts';

function ipv4(r: Random, payload: readonly number[], protocol: number): number[] {
  const options = r.bool(0.1) ? 1 : 0;
  const length = 20 + 4 * options + payload.length;
  return [
    0x45 + options,
    r.below(256),
    length >> 8,
    length & 0xff,
    ...r.bytes(2),
    r.bool(0.1) ? 0x20 : 0x40,
    0,
    64,
    protocol,
    ...(r.bool(0.2) ? [0, 0] : r.bytes(2)),
    ...r.bytes(8 + 4 * options),
    ...payload,
  ];
}

function ipv6(r: Random, payload: readonly number[], next: number): number[] {
  const word = [0x60 | r.below(16), r.below(256), ...r.bytes(2)];
  return [...word, payload.length >> 8, payload.length & 0xff, next, 64, ...r.bytes(32), ...payload];
}

export function randomPacket(r: Random): Uint8Array {
  const payload = [...r.bytes(r.pick([0, 1, 8, 20, 21, 33, 60, 120, 400]))];
  // A checksum of zero matters to UDP.
  if (r.bool(0.2) && payload.length > 8) payload.splice(6, 2, 0, 0);
  const protocol = r.pick([6, 17, 1, 58, 132]);
  const tags = r.weighted<number[]>([
    [8, () => []],
    [2, () => [0x81, 0, ...r.bytes(2)]],
    [1, () => [0x88, 0xa8, ...r.bytes(2), 0x81, 0, ...r.bytes(2)]],
  ]);
  const body = r.weighted<number[]>([
    [6, () => [0x08, 0, ...ipv4(r, payload, protocol)]],
    [4, () => [0x86, 0xdd, ...ipv6(r, payload, protocol)]],
    [1, () => [0x08, 0x06, ...payload]],
    [1, () => [0, r.below(256), ...payload]],
  ]);
  const addresses = r.bool(0.5) ? new Uint8Array(12) : r.bytes(12);
  return Uint8Array.from([...addresses, ...tags, ...body]);
}
