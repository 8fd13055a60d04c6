/** Packets at the edge of what can be read: cut at every byte, fragments, options, wrong fields, other protocols, noise. */
import type { Random } from '../../random.ts';
import { dnsQuery } from '../dns.ts';
import { HOSTS, type Host, NODE_MAC, SERVICES } from '../node.ts';
import { built, echo, icmpError, ipv4, payload, text, udp } from '../talk.ts';

const { client, web1, web2, alice, bob, router } = HOSTS;
const ETH = 14;
const IP = 20;

const tcp = (from: Host, to: string, dport: number, more = {}): Uint8Array =>
  built([...ipv4(from, to, more), { layer: 'tcp', sport: 7000, dport, flags: 'S' }]);
const query = (more = {}, udpMore = {}): Uint8Array =>
  built([
    ...ipv4(client, SERVICES.dns.ip, more),
    { layer: 'udp', sport: 53_009, dport: 53, ...udpMore },
    payload(dnsQuery(1, 'a.example')),
  ]);

/** The packet cut to every length from `from` to `to`. */
function cuts(packet: Uint8Array, from: number, to: number): Uint8Array[] {
  return Array.from({ length: to - from + 1 }, (_, i) => packet.slice(0, from + i));
}

function truncated(): Uint8Array[] {
  const lost = udp({ host: client, port: 53_009 }, HOSTS.dns.ip, 53, dnsQuery(1, 'a.example'));
  return [
    ...cuts(tcp(alice, SERVICES.outside.ip, 80), 13, ETH + IP + 20),
    ...cuts(tcp(client, SERVICES.web.ip, 80), ETH, ETH + IP + 20),
    ...cuts(query(), ETH + IP, ETH + IP + 9),
    ...cuts(echo(client, web2.ip, 8, 9, 1), ETH + IP, ETH + IP + 9),
    ...cuts(icmpError(router, client.ip, 3, 3, lost), ETH + IP, ETH + IP + 9),
  ];
}

function fragments(): Uint8Array[] {
  const more = [
    { flags: 'MF' },
    { flags: 'MF', frag_off: 185 },
    { frag_off: 185 },
    { flags: 'DF', frag_off: 1 },
  ] as const;
  return more.flatMap((m) => [
    tcp(client, SERVICES.web.ip, 80, m),
    tcp(alice, SERVICES.outside.ip, 80, m),
    tcp(alice, web1.ip, 8080, m),
    query(m),
  ]);
}

function options(): Uint8Array[] {
  return Array.from({ length: 10 }, (_, i) => {
    const nops = { options: Array.from({ length: 4 * (i + 1) }, () => ({ name: 'nop' as const })) };
    return [tcp(client, SERVICES.web.ip, 80, nops), tcp(bob, SERVICES.outsideNear.ip, 8000, nops), query(nops)];
  }).flat();
}

/** A copy with bytes replaced, from `at` on. */
function patched(packet: Uint8Array, at: number, ...bytes: readonly number[]): Uint8Array {
  const copy = new Uint8Array(packet);
  copy.set(bytes, at);
  return copy;
}

function padded(packet: Uint8Array, size: number): Uint8Array {
  const longer = new Uint8Array(Math.max(size, packet.length));
  longer.set(packet);
  return longer;
}

function fields(): Uint8Array[] {
  const bases = [
    tcp(client, SERVICES.web.ip, 80),
    tcp(alice, SERVICES.outside.ip, 80),
    tcp(bob, SERVICES.outsideNear.ip, 8000),
  ];
  return bases.flatMap((p) => [
    ...[0x00, 0x35, 0x40, 0x44, 0x4f, 0x55, 0x65, 0xf5].map((verIhl) => patched(p, ETH, verIhl)),
    ...[0, 1, 2, 255].map((ttl) => patched(p, ETH + 8, ttl)),
    patched(p, ETH + 2, 0, 0),
    patched(p, ETH + 2, 0xff, 0xff),
    patched(p, ETH + 10, 0, 0),
    patched(p, ETH + 10, 0xff, 0xff),
    patched(p, ETH + IP + 16, 0, 0),
    patched(p, ETH + IP + 16, 0xff, 0xff),
    patched(p, ETH + IP + 12, 0),
    padded(p, 60),
    padded(p, 300),
  ]);
}

function udpSums(): Uint8Array[] {
  const outside = (check: number, size: number): Uint8Array =>
    built([
      ...ipv4(bob, SERVICES.outside.ip),
      { layer: 'udp', sport: 45_004, dport: 80, check },
      text('u'.repeat(size)),
    ]);
  return [
    query({}, { check: 0 }),
    query({}, { check: 0xffff }),
    query({}, { check: 1 }),
    ...[0, 1, 7, 8].flatMap((size) => [outside(0, size), outside(0xffff, size), outside(0x8000, size)]),
    // Sums that a translation brings to zero, or past it.
    ...Array.from({ length: 8 }, (_, i) => query({}, { check: (0x2b0d + 0x2222 * i) & 0xffff })),
  ];
}

/** Other protocols, above and below IPv4. */
function others(): Uint8Array[] {
  const p = tcp(client, SERVICES.web.ip, 80);
  const protocols = [0, 2, 4, 41, 47, 50, 51, 58, 132, 136, 255];
  const tagged = Uint8Array.from([...p.slice(0, 12), 0x81, 0x00, 0x00, 0x05, ...p.slice(12)]);
  const double = Uint8Array.from([...p.slice(0, 12), 0x88, 0xa8, 0x00, 0x07, ...tagged.slice(12)]);
  const v6 = built([
    { layer: 'eth', src: client.mac, dst: NODE_MAC },
    { layer: 'ipv6', src: 'fd00::10', dst: 'fd00::53' },
    { layer: 'udp', sport: 50_000, dport: 53 },
    text('six'),
  ]);
  const arp = built([
    { layer: 'eth', src: client.mac, dst: 'ff:ff:ff:ff:ff:ff' },
    { layer: 'arp', op: 1, sha: client.mac, spa: client.ip, tpa: '10.0.1.1' },
  ]);
  return [
    ...protocols.flatMap((n) => [patched(p, ETH + 9, n), patched(tcp(alice, SERVICES.outside.ip, 80), ETH + 9, n)]),
    tagged,
    double,
    v6,
    arp,
    padded(arp, 60),
    patched(p, 12, 0x86, 0xdd),
    patched(v6, 12, 0x08, 0x00),
    patched(p, 12, 0x00, 0x40),
    patched(p, 12, 0x00, 0x20, 0xff, 0xff),
    patched(p, 12, 0x88, 0xcc),
    patched(p, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
    patched(p, 0, 0x01, 0x00, 0x5e, 0, 0, 1),
    built([
      ...ipv4(client, SERVICES.web.ip),
      { layer: 'tcp', sport: 7000, dport: 80, flags: 'P.' },
      text('m'.repeat(1446)),
    ]),
    built([
      ...ipv4(bob, SERVICES.outside.ip),
      { layer: 'tcp', sport: 7000, dport: 80, flags: 'P.' },
      text('m'.repeat(1400)),
    ]),
  ];
}

export function edges(): Uint8Array[] {
  return [...truncated(), ...fragments(), ...options(), ...fields(), ...udpSums(), ...others()];
}

/** A copy with a few bytes of the headers changed, and sometimes another length. */
export function noise(r: Random, packet: Uint8Array): Uint8Array {
  const copy = r.bool(0.15)
    ? packet.slice(0, ETH + r.below(packet.length - ETH + 1))
    : padded(packet, r.bool(0.1) ? 90 : 0);
  for (let n = 1 + r.below(3); n > 0; n--) {
    const at = r.bool(0.95) ? 12 + r.below(46) : r.below(12);
    if (at < copy.length) copy[at] = r.bool(0.5) ? copy[at]! ^ (1 << r.below(8)) : r.below(256);
  }
  return copy;
}
