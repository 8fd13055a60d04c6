/** Packets for the socket-aware programs, and what shall become of each. */
import type { LayerSpec } from '../../../src/net/proto/protocols.ts';
import { Random } from '../../random.ts';
import { built, payload, text } from '../talk.ts';
import { SERVICES, type Service, TCP } from './maps.ts';
import { CLIENT6, HERE, PEER, PEER_PORT, PORT, REQUEST_PORT, RESOLVER6, THERE } from './world.ts';

export interface Case {
  readonly note: string;
  readonly bytes: Uint8Array;
  /** XDP: so many of the bytes stand before the frame, as metadata. */
  readonly meta?: number;
  /** REASON_* without the prefix, at each hook; empty where the program does not run. */
  readonly tc: string;
  readonly xdp: string;
}

export type Ends = readonly [src: string, sport: number, dst: string, dport: number];

const ip = (src: string, dst: string, more: object = {}): LayerSpec[] => [
  // The loopback has no address, and the stack takes only what is sent to it.
  { layer: 'eth', src: '02:00:00:00:aa:01', dst: '00:00:00:00:00:00' },
  src.includes(':') ? { layer: 'ipv6', src, dst, ...more } : { layer: 'ipv4', src, dst, ...more },
];

export const tcp = ([src, sport, dst, dport]: Ends, flags = 'S', more: object = {}, l4: object = {}): Uint8Array =>
  built([...ip(src, dst, more), { layer: 'tcp', sport, dport, flags, ...l4 }]);

export const udp = ([src, sport, dst, dport]: Ends, data = 'ping', more: object = {}, l4: object = {}): Uint8Array =>
  built([...ip(src, dst, more), { layer: 'udp', sport, dport, ...l4 }, text(data)]);

const cut = (bytes: Uint8Array, size: number): Uint8Array => bytes.slice(0, size);

/** A copy with some bytes changed. */
function patched(bytes: Uint8Array, at: number, ...values: readonly number[]): Uint8Array {
  const out = bytes.slice();
  out.set(values, at);
  return out;
}

const c = (note: string, bytes: Uint8Array, tcReason: string, xdp: string): Case => ({
  note,
  bytes,
  tc: tcReason,
  xdp,
});

/** Of no interest to anybody. */
const ARP = c('ARP', built([{ layer: 'eth', type: 0x0806 }, payload(new Uint8Array(40))]), 'NOT_IP', 'NOT_IP');

const FAMILIES = ['v4', 'v6'] as const;

/** Packets for sockets of this node, in every state. */
function socketCases(): Case[] {
  return FAMILIES.flatMap((family) => {
    const [friend, banned, stranger] = THERE[family];
    const here = HERE[family];
    const peer = PEER[family];
    const local = family === 'v4' ? here : CLIENT6;
    const { connected, closed } = PEER_PORT[family];
    const ssh = (src: string, sport = 40001): Ends => [src, sport, here, PORT.ssh];
    const request: Ends = [friend, REQUEST_PORT, here, PORT.ssh];
    const talk: Ends = [peer, connected, local, PORT.connected];
    const over: Ends = [peer, closed, local, PORT.closed];
    const resolver: Ends =
      family === 'v4'
        ? ['10.0.0.77', PORT.dns, here, PORT.udpConnected]
        : ['2001:db8::77', PORT.dns, RESOLVER6, PORT.udpConnected + 1];
    const reopened = family === 'v4' ? 'ALLOWED' : 'DENIED';
    return [
      c('SYN of a friend', tcp(ssh(friend)), 'ALLOWED', 'LOCAL'),
      c('SYN of somebody banned', tcp(ssh(banned)), 'DENIED', 'LOCAL'),
      c('SYN of a stranger', tcp(ssh(stranger)), 'DENIED', 'LOCAL'),
      ...['S.', 'SF', 'SR', '.', 'F', 'R', ''].map((flags) =>
        c(`flags "${flags}" to a listener`, tcp(ssh(friend), flags), 'NO_SYN', 'LOCAL'),
      ),
      c('SYN with flags nobody asks for', tcp(ssh(friend), 'SEWPU'), 'ALLOWED', 'LOCAL'),
      c('last ACK of a handshake', tcp(request, '.'), 'REQUEST', 'LOCAL'),
      c('data of a connection', tcp(talk, '.'), 'CONNECTED', 'LOCAL'),
      c('SYN into a connection', tcp(talk), 'CONNECTED', 'LOCAL'),
      c('ACK for a closed connection', tcp(over, '.'), 'TIME_WAIT', 'TIME_WAIT'),
      c('the closed connection once more', tcp(over), reopened, 'TIME_WAIT'),
      c('SYN and ACK for a closed connection', tcp(over, 'S.'), 'TIME_WAIT', 'TIME_WAIT'),
      c('other source port', tcp([peer, connected + 1, local, PORT.connected]), 'NO_SOCKET', 'NO_ROUTE'),
      c('other port', tcp([friend, 40001, here, PORT.ssh + 1]), 'NO_SOCKET', 'NO_ROUTE'),
      c('the port, but UDP', udp(ssh(friend)), 'NO_SOCKET', 'NO_ROUTE'),
      c('question of a friend', udp([friend, 40001, here, PORT.dns]), 'ALLOWED', 'LOCAL'),
      c('question of somebody else', udp([stranger, 40001, here, PORT.dns]), 'DENIED', 'LOCAL'),
      c('answer', udp(resolver), 'CONNECTED', 'LOCAL'),
      c('answer of somebody else', udp([stranger, PORT.dns, resolver[2], resolver[3]]), 'NO_SOCKET', 'NO_ROUTE'),
      c('the port, but TCP', tcp([friend, 40001, here, PORT.dns]), 'NO_SOCKET', 'NO_ROUTE'),
    ];
  });
}

/** Packets at the edge of what can be read. */
function edgeCases(): Case[] {
  const [four, six] = [THERE.v4[0], THERE.v6[0]];
  const ssh4: Ends = [four, 40001, HERE.v4, PORT.ssh];
  const ssh6: Ends = [six, 40001, HERE.v6, PORT.ssh];
  const dns4: Ends = [four, 40001, HERE.v4, PORT.dns];
  const dns6: Ends = [six, 40001, HERE.v6, PORT.dns];
  const [t4, t6, u4, u6] = [tcp(ssh4), tcp(ssh6), udp(dns4, ''), udp(dns6, '')];
  const both = (note: string, bytes: Uint8Array, reason: string): Case => c(note, bytes, reason, reason);
  // BPF_PROG_TEST_RUN makes no sk_buff of these.
  const early = (note: string, bytes: Uint8Array): Case => c(note, bytes, '', 'INVALID');
  const whole = (note: string, bytes: Uint8Array): Case => c(note, bytes, 'ALLOWED', 'LOCAL');
  return [
    early('Ethernet alone, IPv4 by its type', cut(t4, 14)),
    early('Ethernet alone, IPv6 by its type', cut(t6, 14)),
    early('IPv4 header without its last byte', cut(t4, 33)),
    early('IPv6 header without its last byte', cut(t6, 53)),
    c('no IP, and too short for it', cut(ARP.bytes, 33), 'NOT_IP', 'INVALID'),
    both('no IP, long enough', cut(ARP.bytes, 34), 'NOT_IP'),
    { ...c('behind metadata', Uint8Array.of(1, 2, 3, 4, ...t4), 'NOT_IP', 'LOCAL'), meta: 4 },
    both('IPv4 header alone', cut(tcp(['10.9.8.7', 1, '10.6.5.4', 2]), 34), 'INVALID'),
    both('IPv6 header alone', cut(tcp(['fd00:9::8', 1, 'fd00:7::6', 2]), 54), 'INVALID'),
    ...(
      [
        ['TCP', t4, t6, 20],
        ['UDP', u4, u6, 8],
      ] as const
    ).flatMap(([name, v4, v6, size]) => [
      both(`${name} header without its last byte, IPv4`, cut(v4, 34 + size - 1), 'INVALID'),
      both(`${name} header without its last byte, IPv6`, cut(v6, 54 + size - 1), 'INVALID'),
      whole(`${name} header alone, IPv4`, cut(v4, 34 + size)),
      whole(`${name} header alone, IPv6`, cut(v6, 54 + size)),
    ]),
    both('version 3', patched(t4, 14, 0x35), 'INVALID'),
    both('version 5', patched(t4, 14, 0x50), 'INVALID'),
    both('IPv4 header of 16 bytes', patched(t4, 14, 0x44), 'INVALID'),
    both('IPv4 in a frame for IPv6', patched(t4, 12, 0x86, 0xdd), 'INVALID'),
    both('version 7', patched(t6, 14, 0x70), 'INVALID'),
    whole('IPv6 with a traffic class', patched(t6, 14, 0x6f, 0xff, 0xff, 0xff)),
    whole(
      'IPv4 options',
      tcp(ssh4, 'S', { options: [{ name: 'nop' }, { name: 'nop' }, { name: 'nop' }, { name: 'eol' }] }),
    ),
    both('first fragment', tcp(ssh4, 'S', { flags: 'MF' }), 'FRAGMENT'),
    ...Array.from({ length: 13 }, (_, bit) =>
      both(`fragment at ${8 << bit}`, tcp(ssh4, 'S', { frag_off: 1 << bit }), 'FRAGMENT'),
    ),
    whole('no fragment, and never to be one', tcp(ssh4, 'S', { flags: 'DF' })),
    whole('the bit that means nothing', tcp(ssh4, 'S', { flags: 'evil' })),
    both('ICMP', built([...ip(four, HERE.v4), { layer: 'icmp', type: 8 }, text('abcd')]), 'OTHER_PROTO'),
    both('ICMPv6', built([...ip(six, HERE.v6), { layer: 'icmp6', type: 128 }, text('abcd')]), 'OTHER_PROTO'),
    both('protocol 5', patched(t4, 23, 5), 'OTHER_PROTO'),
    both('protocol 18', patched(t4, 23, 18), 'OTHER_PROTO'),
    both(
      'IPv6 extension',
      built([...ip(six, HERE.v6), { layer: 'hopopts' }, { layer: 'tcp', dport: 22 }]),
      'OTHER_PROTO',
    ),
  ];
}

/** 60 bytes of IPv4 header. */
const LONGEST = { options: Array.from({ length: 40 }, () => ({ name: 'nop' })) };

/** Packets that pass through, by where the routes lead. */
function routeCases(): Case[] {
  const out = (note: string, bytes: Uint8Array, xdp: string): Case => c(note, bytes, 'NO_SOCKET', xdp);
  const v4 = (dst: string, more: object = {}, src: string = THERE.v4[0]): Uint8Array =>
    tcp([src, 1234, dst, 80], 'S', more);
  const v6 = (dst: string, more: object = {}, src: string = THERE.v6[0]): Uint8Array =>
    tcp([src, 1234, dst, 80], 'S', more);
  return [
    out('through the gateway', v4('198.51.100.9'), 'SENT'),
    out('through the gateway', v6('2001:db8:5::9'), 'SENT'),
    out('to a neighbour', v4('10.0.0.22'), 'SENT'),
    out('to a neighbour', v6('2001:db8::22'), 'SENT'),
    out('UDP to a neighbour', udp([THERE.v4[0], 5, '10.0.0.22', 5]), 'SENT'),
    out('UDP to a neighbour', udp([THERE.v6[0], 5, '2001:db8::22', 5]), 'SENT'),
    out('the longest header', v4('198.51.100.9', LONGEST), 'SENT'),
    out('by type of service', v4('198.51.100.9', { tos: 0x10 }), 'SENT'),
    out('by traffic class', v6('2001:db8:5::9', { tclass: 0x10, flow_lbl: 0xabcde }), 'SENT'),
    out('by source', v4('198.51.100.9', {}, THERE.v4[2]), 'SENT'),
    out('by source', v6('2001:db8:5::9', {}, THERE.v6[2]), 'SENT'),
    out('by incoming interface', v4('198.51.101.9'), 'SENT'),
    out('by incoming interface', v6('2001:db8:55::9'), 'SENT'),
    out('back where it came from', v4('198.18.0.2'), 'SENT'),
    out('back where it came from', v6('2001:db8:18::2'), 'SENT'),
    ...[2, 3, 128, 255].map((ttl) => out(`${ttl} hops`, v4('198.51.100.9', { ttl }), 'SENT')),
    ...[2, 255].map((hop_limit) => out(`${hop_limit} hops`, v6('2001:db8:5::9', { hop_limit }), 'SENT')),
    ...[0, 1].map((ttl) => out(`${ttl} hops`, v4('198.51.100.9', { ttl }), 'TTL')),
    ...[0, 1].map((hop_limit) => out(`${hop_limit} hops`, v6('2001:db8:5::9', { hop_limit }), 'TTL')),
    out('a checksum that overflows', v4('198.51.100.9', { check: 0xffff }), 'SENT'),
    out('a checksum that nearly does', v4('198.51.100.9', { check: 0xfeff }), 'SENT'),
    out('as long as the link takes', v4('198.51.100.9', { tot_len: 1400 }), 'SENT'),
    out('longer than the link takes', v4('198.51.100.9', { tot_len: 1401 }), 'NO_ROUTE'),
    out('as long as the link takes', v6('2001:db8:5::9', { payload_len: 1360 }), 'SENT'),
    out('longer than the link takes', v6('2001:db8:5::9', { payload_len: 1361 }), 'NO_ROUTE'),
    out('no neighbour', v4('10.0.0.98'), 'NO_ROUTE'),
    out('no neighbour', v6('2001:db8::98'), 'NO_ROUTE'),
    out('no route', v4('172.31.0.1'), 'NO_ROUTE'),
    out('no route', v6('2001:db8:77::1'), 'NO_ROUTE'),
    ...['203.0.113.1', '203.0.113.65', '203.0.113.129'].map((dst) => out(`refused ${dst}`, v4(dst), 'UNROUTABLE')),
    ...['2001:db8:dead::1', '2001:db8:dead:1::1', '2001:db8:dead:2::1'].map((dst) =>
      out(`refused ${dst}`, v6(dst), 'UNROUTABLE'),
    ),
  ];
}

/**
 * A packet whose checksum will be zero if it goes to the given backend of the service: UDP writes such a sum ffff, TCP
 * as it is.
 */
function sumsToZero(src: string, service: Service, [backend, port]: readonly [string, number]): Uint8Array {
  const layer = service.proto === TCP ? 'tcp' : 'udp';
  const packet = (dst: string, dport: number, ...data: readonly number[]): Uint8Array =>
    built([...ip(src, dst), { layer, sport: 1234, dport }, payload(Uint8Array.from(data))]);
  const there = packet(backend, port, 0, 0);
  const at = (src.includes(':') ? 54 : 34) + (layer === 'tcp' ? 16 : 6);
  return packet(service.ip, service.port, there[at]!, there[at + 1]!);
}

/** Packets to services. */
function serviceCases(): Case[] {
  const r = new Random(5);
  const out = (note: string, bytes: Uint8Array, xdp: string): Case => c(note, bytes, 'NO_SOCKET', xdp);
  const to = (name: keyof typeof SERVICES): readonly [string, number] => [SERVICES[name].ip, SERVICES[name].port];
  const friend = THERE.v4[0];
  const source4 = (): string => `198.51.100.${r.below(256)}`;
  const source6 = (): string =>
    `2001:db8:${[...r.bytes(6)].map((_, i) => (r.below(65536) + i).toString(16)).join(':')}`;
  const port = (): number => 1 + r.below(65535);
  const flows = (name: keyof typeof SERVICES, count: number): Case[] =>
    Array.from({ length: count }, () => {
      const service = SERVICES[name];
      const ends: Ends = [service.ip.includes(':') ? source6() : source4(), port(), ...to(name)];
      const seq = r.next();
      const bytes = service.proto === TCP ? tcp(ends, '.', {}, { seq }) : udp(ends, `${seq}`);
      return out(`a flow to ${name}`, bytes, 'SENT');
    });
  return [
    ...flows('web4', 40),
    ...flows('dns4', 30),
    ...flows('web6', 40),
    ...flows('dns6', 30),
    ...flows('back', 2),
    out('UDP without checksum', udp([friend, 99, ...to('dns4')], 'x', {}, { check: 0 }), 'SENT'),
    out('UDP without checksum', udp([THERE.v6[0], 99, ...to('dns6')], 'x', {}, { check: 0 }), 'SENT'),
    out('TCP with a checksum of zero', tcp([friend, 99, ...to('web4')], 'S', {}, { check: 0 }), 'SENT'),
    // Which backend a flow gets is for the program to say: one of these is right.
    ...(['web4', 'dns4', 'web6', 'dns6'] as const).flatMap((name) =>
      SERVICES[name].backends.map((backend) =>
        out(
          'a sum of zero',
          sumsToZero(name.endsWith('4') ? '198.51.100.30' : '2001:db8:5::1', SERVICES[name], backend),
          'SENT',
        ),
      ),
    ),
    out('to a service with one hop left', tcp([friend, 99, ...to('web4')], 'S', { ttl: 1 }), 'TTL'),
    out('the port, but UDP', udp([friend, 99, ...to('web4')]), 'NO_ROUTE'),
    out('another port', tcp([friend, 99, SERVICES.web4.ip, 81]), 'NO_ROUTE'),
    out('nobody serves', tcp([friend, 99, ...to('none')]), 'NO_BACKEND'),
    out('the one who did is gone', tcp([friend, 99, ...to('lost')]), 'NO_BACKEND'),
    out('a backend that does not answer ARP', tcp([friend, 99, ...to('far')]), 'NO_ROUTE'),
    out('a backend in a blackhole', tcp([friend, 99, ...to('hole')]), 'UNROUTABLE'),
  ];
}

const UNREADABLE = new Set(['INVALID', 'FRAGMENT', 'OTHER_PROTO']);

/**
 * All of them. IPv4 and IPv6 take turns, and ARP comes behind everything that cannot be read, so that nothing of one
 * packet is left that would do for the next.
 */
export function cases(): Case[] {
  const list = [...socketCases(), ...edgeCases(), ...routeCases(), ...serviceCases()];
  const six = list.filter(({ bytes }) => bytes[12] === 0x86);
  const four = list.filter(({ bytes }) => bytes[12] !== 0x86);
  return Array.from({ length: Math.max(four.length, six.length) }, (_, i) => [four[i], six[i]])
    .flat()
    .filter((one) => one !== undefined)
    .flatMap((one) => (UNREADABLE.has(one.xdp) ? [one, ARP] : [one]));
}
