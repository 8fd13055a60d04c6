/** IP in the node: routes, neighbours, what is told to senders, and why packets are dropped. */
import { describe, expect, test } from 'vitest';
import { path, udp } from './make.ts';

const NODE = {
  sysctls: { 'net.ipv4.ip_forward': 1, 'net.ipv6.conf.all.forwarding': 1, 'net.ipv4.conf.eth3.forwarding': 0 },
  devices: [
    { name: 'eth0', mac: '02:00:00:00:00:02', addresses: ['192.0.2.1/24', '2001:db8::1/64'] },
    { name: 'eth1', mac: '02:00:00:00:00:03', mtu: 1300, addresses: ['10.0.1.1/24', '2001:db8:1::1/64'] },
    { name: 'lxc0', peer: 'pod/eth0', mac: '02:00:00:00:00:04', addresses: ['10.0.2.1/24'] },
    { name: 'eth3', addresses: ['10.0.3.1/24'] },
  ],
  neighbours: [
    { address: '192.0.2.9', mac: '02:00:00:00:00:09', dev: 'eth0' },
    { address: '2001:db8::9', mac: '02:00:00:00:00:09', dev: 'eth0' },
    { address: '10.0.1.9', mac: '02:00:00:00:01:09', dev: 'eth1' },
    { address: '10.0.1.8', mac: '02:00:00:00:01:08', dev: 'eth1', state: 'failed' },
    { address: '2001:db8:1::9', mac: '02:00:00:00:01:09', dev: 'eth1' },
  ],
  routes: [
    { to: '198.51.100.0/24', via: '10.0.1.9' },
    { to: '203.0.113.0/26', type: 'blackhole' },
    { to: '203.0.113.64/26', type: 'unreachable' },
    { to: '203.0.113.128/26', type: 'prohibit' },
    { to: '2001:db8:dead::/48', type: 'unreachable' },
    { to: '2001:db8:b1ac::/48', type: 'blackhole' },
    { to: '2001:db8:bad::/48', type: 'prohibit' },
  ],
  namespaces: { pod: { devices: [{ name: 'eth0', mac: '02:00:00:00:00:0a', addresses: ['10.0.2.2/24'] }] } },
};
const one = (...steps: Record<string, unknown>[]): readonly string[] => path({ node: NODE, steps });
const long = (size: number, flags = ''): Record<string, unknown> => ({
  packet: {
    in: 'eth0',
    ipv4: { src: '192.0.2.9', dst: '10.0.1.9', flags },
    udp: { sport: 1000, dport: 2000 },
    payload: 'x'.repeat(size - 28),
  },
});

describe('forwarded', () => {
  test('to a neighbour and through a gateway, both families', () => {
    expect(
      one(
        udp('eth0', '192.0.2.9', '10.0.1.9'),
        udp('eth0', '192.0.2.9', '198.51.100.1'),
        udp('eth0', '2001:db8::9', '2001:db8:1::9'),
      ),
    ).toMatchInlineSnapshot(`
      [
        "eth0 in: IP 192.0.2.9.1000 > 10.0.1.9.2000: UDP, length 0",
        "host route: 10.0.1.9 dev eth1",
        "eth1 out: IP 192.0.2.9.1000 > 10.0.1.9.2000: UDP, length 0",
        "eth0 in: IP 192.0.2.9.1000 > 198.51.100.1.2000: UDP, length 0",
        "host route: 198.51.100.1 via 10.0.1.9 dev eth1",
        "eth1 out: IP 192.0.2.9.1000 > 198.51.100.1.2000: UDP, length 0",
        "eth0 in: IP6 2001:db8::9.1000 > 2001:db8:1::9.2000: UDP, length 0",
        "host route: 2001:db8:1::9 dev eth1",
        "eth1 out: IP6 2001:db8::9.1000 > 2001:db8:1::9.2000: UDP, length 0",
      ]
    `);
  });

  test('a neighbour at the far end of a cable is found once', () => {
    expect(
      one(udp('eth0', '192.0.2.9', '10.0.2.2'), udp('eth0', '192.0.2.9', '10.0.2.2')).filter((l) =>
        l.includes('neighbour'),
      ),
    ).toEqual(['lxc0 neighbour: 10.0.2.2 is at 02:00:00:00:00:0a']);
  });

  test.each(['10.0.2.7', '10.0.1.7', '10.0.1.8'])('%s answers nobody', (dst) => {
    expect(one(udp('eth0', '192.0.2.9', dst)).slice(-1)).toMatchSnapshot();
  });
});

describe('not forwarded', () => {
  test.each([
    ['no route', udp('eth0', '192.0.2.9', '100.64.0.1')],
    ['no IPv6 route', udp('eth0', '2001:db8::9', '2001:db8:eeee::1')],
    ['a blackhole', udp('eth0', '192.0.2.9', '203.0.113.1')],
    ['an unreachable route', udp('eth0', '192.0.2.9', '203.0.113.65')],
    ['no route where nothing is forwarded', udp('eth3', '10.0.3.9', '100.64.0.1')],
    ['an IPv6 blackhole', udp('eth0', '2001:db8::9', '2001:db8:b1ac::1')],
    ['a prohibited IPv6 route', udp('eth0', '2001:db8::9', '2001:db8:bad::1')],
    ['a prohibited route', udp('eth0', '192.0.2.9', '203.0.113.129')],
    ['an unreachable IPv6 route', udp('eth0', '2001:db8::9', '2001:db8:dead::1')],
    ['the last hop', udp('eth0', '192.0.2.9', '10.0.1.9', { ttl: 1 })],
    ['the last IPv6 hop', udp('eth0', '2001:db8::9', '2001:db8:1::9', { hop_limit: 1 })],
    ['a device that does not forward', udp('eth3', '10.0.3.9', '10.0.1.9')],
    ['a source of this node', udp('eth0', '10.0.1.1', '10.0.1.9')],
    ['a loopback source', udp('eth0', '127.0.0.1', '10.0.1.9')],
    ['a wrong header checksum', udp('eth0', '192.0.2.9', '10.0.1.9', { check: 1 })],
    ['a length that is more than there is', udp('eth0', '192.0.2.9', '10.0.1.9', { tot_len: 100 })],
    ['a length that is less than the header', udp('eth0', '192.0.2.9', '10.0.1.9', { tot_len: 19 })],
    ['a header that is too short', udp('eth0', '192.0.2.9', '10.0.1.9', { ihl: 4 })],
    ['an IPv6 length that is more than there is', udp('eth0', '2001:db8::9', '2001:db8:1::9', { payload_len: 99 })],
    [
      "somebody else's link layer address",
      {
        packet: {
          in: 'eth0',
          eth: { dst: '02:00:00:00:00:99' },
          ipv4: { src: '192.0.2.9', dst: '192.0.2.1' },
          udp: {},
        },
      },
    ],
    ['what is too long and must not be cut', long(1301, 'DF')],
    ['what is too long and may be cut', long(1301)],
  ])('%s', (_what, step) => {
    expect(one(step).slice(1)).toMatchSnapshot();
  });

  test('the longest that fits', () => {
    expect(one(long(1300, 'DF')).slice(-1)).toEqual(['eth1 out: IP 192.0.2.9.1000 > 10.0.1.9.2000: UDP, length 1272']);
  });
});

describe('for the node', () => {
  const to = (layers: Record<string, unknown>): readonly string[] =>
    one({ packet: { in: 'eth0', ...layers } }).slice(1);
  const v4 = { src: '192.0.2.9', dst: '192.0.2.1' };

  test('echo requests of both families', () => {
    expect(to({ ipv4: v4, icmp: { type: 8, id: 7, seq: 1 }, payload: 'ping' })).toMatchInlineSnapshot(`
      [
        "host route: 192.0.2.1 is local",
        "host kernel gets the echo request",
        "host kernel sends: IP 192.0.2.1 > 192.0.2.9: ICMP echo reply, id 7, seq 1, length 12",
        "host route: 192.0.2.9 dev eth0",
        "eth0 out: IP 192.0.2.1 > 192.0.2.9: ICMP echo reply, id 7, seq 1, length 12",
      ]
    `);
    expect(
      to({ ipv6: { src: '2001:db8::9', dst: '2001:db8::1' }, icmp6: { type: 128, id: 7, seq: 1 } }),
    ).toMatchInlineSnapshot(`
      [
        "host route: 2001:db8::1 is local",
        "host kernel gets the echo request",
        "host kernel sends: IP6 2001:db8::1 > 2001:db8::9: ICMP6, echo reply, id 7, seq 1, length 8",
        "host route: 2001:db8::9 dev eth0",
        "eth0 out: IP6 2001:db8::1 > 2001:db8::9: ICMP6, echo reply, id 7, seq 1, length 8",
      ]
    `);
  });

  test.each([
    ['an echo request with a wrong checksum', { ipv4: v4, icmp: { type: 8, check: 1 } }],
    ['an ICMP message that is cut', { ipv4: v4, icmp: { type: 8, cut: 7 } }],
    ['an ICMP message', { ipv4: v4, icmp: { type: 0 } }],
    ['a port that nobody has', { ipv4: v4, udp: { sport: 1, dport: 2 } }],
    ['an IPv6 port that nobody has', { ipv6: { src: '2001:db8::9', dst: '2001:db8::1' }, udp: { sport: 1, dport: 2 } }],
    ['a TCP port that nobody has', { ipv4: v4, tcp: { sport: 1, dport: 2, flags: 'S' } }],
    ['a protocol that nobody has', { ipv4: { ...v4, protocol: 200 }, payload: 'what?' }],
    ['a fragment', { ipv4: { ...v4, flags: 'MF' }, udp: { sport: 1, dport: 2 } }],
    ['UDP with a wrong checksum', { ipv4: v4, udp: { sport: 1, dport: 2, check: 1 } }],
    ['a packet to all of the link', { ipv4: { src: '192.0.2.9', dst: '192.0.2.255' }, udp: { sport: 1, dport: 2 } }],
    ['TCP to all of the link', { ipv4: { ...v4, dst: '192.0.2.255' }, tcp: { sport: 1, dport: 2, flags: 'S' } }],
    ['an echo request to all of the link', { ipv4: { ...v4, dst: '192.0.2.255' }, icmp: { type: 8 } }],
    ['an IPv6 echo request to all of the link', { ipv6: { src: '2001:db8::9', dst: 'ff02::1' }, icmp6: { type: 128 } }],
    ['an unknown protocol to all of the link', { ipv4: { ...v4, dst: '192.0.2.255', protocol: 200 } }],
    ['ARP', { arp: { op: 1 } }],
  ])('%s', (_what, layers) => {
    expect(to(layers)).toMatchSnapshot();
  });
});
