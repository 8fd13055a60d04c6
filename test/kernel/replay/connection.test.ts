/** Notifications in the words of cilium monitor: what they say of packets that are whole, cut short, or no IPv4. */
import { describe, expect, test } from 'vitest';
import { connectionSummary } from '../../../src/kernel/replay/connection.ts';
import { buildPacket } from '../../../src/net/build.ts';
import type { LayerSpec } from '../../../src/net/proto/protocols.ts';

const eth: LayerSpec = { layer: 'eth', dst: '02:00:00:00:00:02', src: '02:00:00:00:00:01' };
const ipv4: LayerSpec = { layer: 'ipv4', src: '10.0.1.10', dst: '10.0.2.30' };

function packet(...layers: readonly LayerSpec[]): Uint8Array {
  const built = buildPacket([eth, ...layers]);
  if (!built.ok) throw new Error('no packet');
  return built.value;
}

const PACKETS: readonly (readonly [name: string, layers: readonly LayerSpec[], summary: string])[] = [
  ['TCP', [ipv4, { layer: 'tcp', sport: 1, dport: 2, flags: 'S.' }], '10.0.1.10:1 -> 10.0.2.30:2 tcp SYN, ACK'],
  [
    'all flags',
    [ipv4, { layer: 'tcp', sport: 1, dport: 2, flags: 0xff }],
    '10.0.1.10:1 -> 10.0.2.30:2 tcp SYN, ACK, RST, FIN',
  ],
  ['no flags', [ipv4, { layer: 'tcp', sport: 1, dport: 2, flags: 0 }], '10.0.1.10:1 -> 10.0.2.30:2 tcp '],
  ['UDP', [ipv4, { layer: 'udp', sport: 5353, dport: 53 }], '10.0.1.10:5353 -> 10.0.2.30:53 udp'],
  ['ping', [ipv4, { layer: 'icmp', type: 8 }], '10.0.1.10 -> 10.0.2.30 EchoRequest'],
  [
    'an error',
    [ipv4, { layer: 'icmp', type: 3, code: 4 }],
    '10.0.1.10 -> 10.0.2.30 DestinationUnreachable(FragmentationNeeded)',
  ],
  ['an unknown code', [ipv4, { layer: 'icmp', type: 11, code: 9 }], '10.0.1.10 -> 10.0.2.30 TimeExceeded(Code: 9)'],
  ['a code too many', [ipv4, { layer: 'icmp', type: 0, code: 1 }], '10.0.1.10 -> 10.0.2.30 EchoReply(Code: 1)'],
  ['an unknown type', [ipv4, { layer: 'icmp', type: 99, code: 1 }], '10.0.1.10 -> 10.0.2.30 99(1)'],
  ['another protocol', [{ ...ipv4, protocol: 47 } as LayerSpec], '10.0.1.10 -> 10.0.2.30'],
  ['short TCP', [ipv4, { layer: 'tcp', cut: 19 }], '10.0.1.10 -> 10.0.2.30'],
  ['short UDP', [ipv4, { layer: 'udp', cut: 7 }], '10.0.1.10 -> 10.0.2.30'],
  ['a fragment', [{ ...ipv4, flags: 'MF' } as LayerSpec, { layer: 'udp' }], '10.0.1.10 -> 10.0.2.30'],
  [
    'options',
    [{ ...ipv4, options: [{ name: 'nop' }] } as LayerSpec, { layer: 'udp', sport: 7, dport: 8 }],
    '10.0.1.10:7 -> 10.0.2.30:8 udp',
  ],
  ['a bad header length', [{ ...ipv4, ihl: 4 } as LayerSpec], '02:00:00:00:00:01 -> 02:00:00:00:00:02 IPv4'],
  ['half a header', [{ ...ipv4, cut: 19 } as LayerSpec], '02:00:00:00:00:01 -> 02:00:00:00:00:02 IPv4'],
  ['ARP', [{ layer: 'arp' }], '02:00:00:00:00:01 -> 02:00:00:00:00:02 ARP'],
];

describe('connectionSummary', () => {
  test.each(PACKETS)('%s', (_, layers, summary) => {
    expect(connectionSummary(packet(...layers))).toBe(summary);
  });

  test('a frame without an Ethernet header, and any beginning of a packet', () => {
    const whole = packet(ipv4, { layer: 'tcp', sport: 1, dport: 2, flags: 'S' });
    expect(connectionSummary(whole.subarray(0, 13))).toBe('[unknown]');
    for (let n = 0; n <= whole.length; n++) expect(connectionSummary(whole.subarray(0, n))).toMatch(/^\[unknown\]|->/);
  });
});
