/** One packet of every kind that net/ knows, as layers: what the recorded captures are made of. */

import { buildPacket } from '../../src/net/build.ts';
import type { LayerSpec } from '../../src/net/proto/protocols.ts';
import { problemText } from '../../src/util/problem.ts';

/** The packet of layers that are known to be good. */
export function built(...layers: LayerSpec[]): Uint8Array {
  const result = buildPacket(layers);
  if (!result.ok) throw new Error(result.problems.map(problemText).join('\n'));
  return result.value;
}

const text = (s: string): LayerSpec => ({ layer: 'payload', bytes: new TextEncoder().encode(s) });
const eth: LayerSpec = { layer: 'eth' };
const v4 = (more: Partial<LayerSpec<'ipv4'>> = {}): LayerSpec => ({
  layer: 'ipv4',
  id: 1,
  ...more,
  src: '10.0.0.1',
  dst: more.dst ?? '10.96.0.10',
});
const v6 = (more: Partial<LayerSpec<'ipv6'>> = {}): LayerSpec => ({
  layer: 'ipv6',
  ...more,
  src: 'fd00::1',
  dst: more.dst ?? 'fd00::a:0:0:10',
});

/** A TCP SYN and a UDP packet that errors quote. */
const syn4 = built(v4({ flags: 'DF' }), { layer: 'tcp', sport: 4242, dport: 80, seq: 1 });
const udp4 = built(v4(), { layer: 'udp', sport: 4242, dport: 7777 }, text('question'));
const udp6 = built(v6(), { layer: 'udp', sport: 4242, dport: 7777 }, text('question'));
const quote = (bytes: Uint8Array, length = bytes.length): LayerSpec => ({
  layer: 'payload',
  bytes: bytes.slice(0, length),
});

const SYN_OPTIONS = [
  { name: 'mss', values: [1460] },
  { name: 'sackOK' },
  { name: 'TS', values: [100, 0] },
  { name: 'nop' },
  { name: 'wscale', values: [7] },
];

const DATA_CHUNK = '00000001' + '0002' + '0003' + '00000000' + '68656c6c6f';
const INIT_CHUNK = '0000002a' + '0000ffff' + '000a' + '000a' + '00000001';
const FROM_ROUTER = { src: '10.0.0.254', dst: '10.0.0.1', id: 9 } as const;
const FROM_ROUTER6 = { src: 'fd00::fe', dst: 'fd00::1' } as const;
const error4 = (icmp: Partial<LayerSpec<'icmp'>>, quoted = quote(udp4)): LayerSpec[] => [
  eth,
  { layer: 'ipv4', ...FROM_ROUTER },
  { layer: 'icmp', ...icmp },
  quoted,
];
const error6 = (icmp: Partial<LayerSpec<'icmp6'>>): LayerSpec[] => [
  eth,
  { layer: 'ipv6', ...FROM_ROUTER6 },
  { layer: 'icmp6', ...icmp },
  quote(udp6),
];
const nd = (icmp: Partial<LayerSpec<'icmp6'>>, options = ''): LayerSpec[] => [
  eth,
  { layer: 'ipv6', src: 'fe80::1', dst: 'ff02::1', hop_limit: 255 },
  { layer: 'icmp6', ...icmp },
  ...(options === '' ? [] : [{ layer: 'payload', bytes: options } as const]),
];

const SPECS: Readonly<Record<string, readonly LayerSpec[]>> = {
  'tcp syn': [eth, v4({ flags: 'DF' }), { layer: 'tcp', sport: 4242, dport: 80, seq: 1, options: SYN_OPTIONS }],
  'tcp synack': [
    eth,
    { layer: 'ipv4', src: '10.96.0.10', dst: '10.0.0.1' },
    {
      layer: 'tcp',
      sport: 80,
      dport: 4242,
      seq: 7,
      ack_seq: 2,
      flags: 'S.',
      options: [{ name: 'mss', values: [1400] }],
    },
  ],
  'tcp data': [
    eth,
    v4(),
    {
      layer: 'tcp',
      sport: 4242,
      dport: 8000,
      seq: 2,
      ack_seq: 8,
      flags: 'P.',
      options: [{ name: 'nop' }, { name: 'nop' }, { name: 'TS', values: [101, 100] }],
    },
    text('GET / now'),
  ],
  'tcp sack': [
    eth,
    v4(),
    {
      layer: 'tcp',
      sport: 4242,
      dport: 80,
      seq: 2,
      ack_seq: 8,
      flags: '.',
      options: [{ name: 'nop' }, { name: 'nop' }, { name: 'sack', values: [20, 30, 40, 50] }],
    },
  ],
  'tcp fin': [eth, v4(), { layer: 'tcp', sport: 4242, dport: 80, seq: 11, ack_seq: 8, flags: 'F.' }],
  'tcp rst padded': [
    eth,
    v4(),
    { layer: 'tcp', sport: 4242, dport: 80, seq: 12, flags: 'R', window: 0 },
    { layer: 'padding', bytes: '000000000000' },
  ],
  'tcp urg ece cwr': [
    eth,
    v4({ tos: 2 }),
    { layer: 'tcp', sport: 4242, dport: 80, seq: 12, ack_seq: 8, flags: '.UEW', urg_ptr: 3 },
    text('abc'),
  ],
  udp: [eth, v4(), { layer: 'udp', sport: 4242, dport: 7777 }, text('question')],
  'udp empty': [eth, v4(), { layer: 'udp', sport: 4242, dport: 7777 }],
  'udp without checksum': [eth, v4(), { layer: 'udp', sport: 4242, dport: 7777, check: 0 }, text('odd')],
  'udp with ip options': [
    eth,
    v4({ options: [{ name: 'ra', values: [0] }, { name: 'nop' }] }),
    { layer: 'udp', sport: 4242, dport: 7777 },
    text('question'),
  ],
  udp6: [eth, v6({ flow_lbl: 0x12345 }), { layer: 'udp', sport: 4242, dport: 7777 }, text('question')],
  'tcp6 syn': [eth, v6(), { layer: 'tcp', sport: 4242, dport: 80, seq: 1, options: SYN_OPTIONS }],
  vlan: [eth, { layer: 'vlan', vid: 5 }, v4(), { layer: 'udp', sport: 4242, dport: 7777 }, text('question')],
  qinq: [
    eth,
    { layer: 'vlan', vid: 100, pcp: 3 },
    { layer: 'vlan', vid: 5 },
    v6(),
    { layer: 'udp', sport: 4242, dport: 7777 },
    text('question'),
  ],
  'arp request': [eth, { layer: 'arp' }],
  'arp reply': [
    eth,
    { layer: 'arp', op: 2, sha: '02:00:00:00:00:02', spa: '10.0.0.2', tha: '02:00:00:00:00:01', tpa: '10.0.0.1' },
  ],
  'echo request': [eth, v4({ flags: 'DF' }), { layer: 'icmp', id: 7, seq: 1 }, text('x'.repeat(56))],
  'echo reply': [eth, v4(), { layer: 'icmp', type: 0, id: 7, seq: 1 }, text('x'.repeat(56))],
  'port unreachable': error4({ type: 3, code: 3 }),
  'host unreachable': error4({ type: 3, code: 1 }),
  'net unreachable': error4({ type: 3, code: 0 }),
  'protocol unreachable': error4({ type: 3, code: 2 }),
  'admin prohibited': error4({ type: 3, code: 13 }),
  'need to frag': error4({ type: 3, code: 4, mtu: 1400 }, quote(syn4)),
  'time exceeded': error4({ type: 11 }, quote(syn4, 28)),
  'reassembly time exceeded': error4({ type: 11, code: 1 }),
  'parameter problem': error4({ type: 12, pointer: 20 }),
  redirect: error4({ type: 5, code: 1, gateway: '10.0.0.253' }),
  'icmp timestamp': [
    eth,
    v4(),
    { layer: 'icmp', type: 13, id: 1, seq: 2 },
    { layer: 'payload', bytes: '00'.repeat(12) },
  ],
  'echo6 request': [eth, v6(), { layer: 'icmp6', id: 7, seq: 1 }, text('x'.repeat(56))],
  'echo6 reply': [eth, v6(), { layer: 'icmp6', type: 129, id: 7, seq: 1 }, text('x'.repeat(56))],
  'port unreachable 6': error6({ type: 1, code: 4 }),
  'no route 6': error6({ type: 1, code: 0 }),
  'prohibited 6': error6({ type: 1, code: 1 }),
  'address unreachable 6': error6({ type: 1, code: 3 }),
  'packet too big': error6({ type: 2, mtu: 1280 }),
  'time exceeded 6': error6({ type: 3 }),
  'parameter problem 6': error6({ type: 4, code: 1, pointer: 6 }),
  'router solicitation': nd({ type: 133 }),
  'router advertisement': nd({ type: 134, lifetime: 1800 }),
  'neighbor solicitation': nd({ type: 135, target: 'fe80::2' }, '0101020000000001'),
  'neighbor advertisement': nd({ type: 136, target: 'fe80::1', flags: 0x60 }, '0201020000000001'),
  'hop-by-hop mld': [
    eth,
    { layer: 'ipv6', src: 'fe80::1', dst: 'ff02::16', hop_limit: 1 },
    { layer: 'hopopts', options: '050200000100' },
    { layer: 'icmp6', type: 143, rest: 1 },
    { layer: 'payload', bytes: `04000000${'ff02'}${'00'.repeat(13)}fb` },
  ],
  'destination options tcp': [
    eth,
    v6(),
    { layer: 'dstopts', options: '010400000000' },
    { layer: 'tcp', sport: 4242, dport: 80, seq: 1 },
  ],
  'segment routing udp': [
    eth,
    v6({ dst: 'fd00::b' }),
    { layer: 'routing', type: 4, segleft: 1, data: `01000000fd00${'00'.repeat(13)}0cfd00${'00'.repeat(13)}0b` },
    { layer: 'udp', sport: 4242, dport: 7777 },
    text('question'),
  ],
  'authentication header': [
    eth,
    v6(),
    { layer: 'ah', spi: 0x100, seq: 1, icv: '00'.repeat(12) },
    { layer: 'udp', sport: 4242, dport: 7777 },
    text('question'),
  ],
  'fragment 6 first': [
    eth,
    v6(),
    { layer: 'fragment', id: 0xabc, more: 1, nexthdr: 17 },
    { layer: 'udp', sport: 4242, dport: 7777, len: 24, check: 0x88fb },
    text('question'),
  ],
  'fragment 6 last': [eth, v6(), { layer: 'fragment', id: 0xabc, frag_off: 2, nexthdr: 17 }, text('question')],
  'fragment first': [
    eth,
    v4({ flags: 'MF' }),
    { layer: 'udp', sport: 4242, dport: 7777, len: 24, check: 0x1234 },
    text('question'),
  ],
  'fragment last': [eth, v4({ frag_off: 2, protocol: 17 }), text('question')],
  'sctp init': [
    eth,
    v4(),
    { layer: 'sctp', sport: 4242, dport: 5000 },
    { layer: 'sctp_chunk', type: 1, body: INIT_CHUNK },
  ],
  'sctp data': [
    eth,
    v4(),
    { layer: 'sctp', sport: 4242, dport: 5000, vtag: 42 },
    { layer: 'sctp_chunk', flags: 3, body: DATA_CHUNK },
  ],
  'sctp cookie ack': [
    eth,
    v6(),
    { layer: 'sctp', sport: 4242, dport: 5000, vtag: 42 },
    { layer: 'sctp_chunk', type: 11 },
  ],
  '4in4': [
    eth,
    { layer: 'ipv4', src: '192.168.0.1', dst: '192.168.0.2' },
    v4(),
    { layer: 'tcp', sport: 4242, dport: 80, seq: 1 },
  ],
  '6in4': [
    eth,
    { layer: 'ipv4', src: '192.168.0.1', dst: '192.168.0.2' },
    v6(),
    { layer: 'udp', sport: 4242, dport: 7777 },
    text('question'),
  ],
  '4in6': [eth, v6(), v4(), { layer: 'icmp', id: 7, seq: 1 }, text('x'.repeat(8))],
  '6in6': [eth, v6(), v6(), { layer: 'icmp6', id: 7, seq: 1 }, text('x'.repeat(8))],
  'unknown protocol': [eth, v4({ protocol: 253 }), text('question')],
  'unknown ethertype': [eth, text('0123456789')],
};

/** Name and bytes of every sample, in a fixed order. */
export const SAMPLES: readonly { readonly name: string; readonly bytes: Uint8Array }[] = Object.entries(SPECS).map(
  ([name, layers]) => ({ name, bytes: built(...layers) }),
);

const BAD_SPECS: Readonly<Record<string, readonly LayerSpec[]>> = {
  'bad ipv4': [eth, v4({ check: 0x1111 }), { layer: 'udp', dport: 7777 }, text('question')],
  'bad tcp': [eth, v4(), { layer: 'tcp', check: 0x1111 }],
  'bad udp': [eth, v6(), { layer: 'udp', dport: 7777, check: 0x1111 }, text('question')],
  'bad icmp': [eth, v4(), { layer: 'icmp', check: 0x1111 }],
  'bad icmp6': [eth, v6(), { layer: 'icmp6', check: 0x1111 }],
  'bad sctp': [eth, v4(), { layer: 'sctp', check: 0x1111 }, { layer: 'sctp_chunk', type: 11 }],
  'bad inner ipv4': [eth, v4(), v4({ check: 0x1111 }), { layer: 'udp', dport: 7777 }, text('question')],
};

/** Packets with one wrong checksum each. */
export const BAD_SAMPLES: typeof SAMPLES = Object.entries(BAD_SPECS).map(([name, layers]) => ({
  name,
  bytes: built(...layers),
}));
