/** The node of the socket-aware programs: links, routes and sockets, here and on a real kernel. */
import type { SocketRequest } from '../../../src/spec/request.ts';

/** Addresses of this node; no byte of the IPv6 one is zero. */
export const HERE = { v4: '10.0.0.1', v6: '2001:db8:a1b2:c3d4:e5f6:1728:394a:5b6c' } as const;
/** Who talks to it: the first may, the second is in a prefix that may not, the third is in none. */
export const THERE = {
  v4: ['198.51.100.66', '198.51.100.166', '172.16.1.2'],
  v6: ['2001:db8:5a6b:7c8d:9eaf:b1c2:d3e4:f516', '2001:db8:5:7:7:8:9:a', '2001:db8:6:6:7:8:9:a'],
} as const;
/** Peers of connections: addresses of this node too, so that a kernel can open both ends by itself. */
export const PEER = { v4: '192.0.2.7', v6: '2001:db8:2::7' } as const;

export const PORT = { ssh: 22, dns: 53, connected: 44000, closed: 44001, udpConnected: 40000 } as const;
/** Ports of the peers. */
export const PEER_PORT = { v4: { connected: 80, closed: 81 }, v6: { connected: 90, closed: 91 } } as const;
/** Source port of the SYN that waits for the last ACK of its handshake. */
export const REQUEST_PORT = 50000;

/** Commands that both understand. Devices: lo 1, d0 2, d1 3. */
export const SETUP: readonly string[] = [
  'ip link add d0 type dummy',
  'ip link set d0 address 02:00:00:00:00:d0',
  'ip link add d1 type dummy',
  'ip link set d1 address 02:00:00:00:11:d1',
  'ip link set d1 mtu 1400',
  'sysctl -w net.ipv4.ip_forward=1',
  'sysctl -w net.ipv6.conf.all.forwarding=1',
  'ip addr add 10.0.0.1/24 dev d0',
  'ip -6 addr add 2001:db8::1/64 dev d0',
  'ip addr add 192.0.2.1/24 dev d1',
  'ip -6 addr add 2001:db8:1::1/64 dev d1',
  'ip link set d0 up',
  'ip link set d1 up',
  `ip -6 addr add ${HERE.v6}/128 dev lo`,
  `ip addr add ${PEER.v4}/32 dev lo`,
  `ip -6 addr add ${PEER.v6}/128 dev lo`,
  // Connections to the peer come from this node's address.
  `ip route replace local ${PEER.v4} dev lo src ${HERE.v4} table local`,
  // Backends, and the way out.
  'neigh 10.0.0.21 02:00:00:00:00:21 d0',
  'neigh 10.0.0.22 02:00:00:00:22:22 d0',
  'neigh 2001:db8::21 02:00:00:00:06:21 d0',
  'neigh 2001:db8::22 02:00:00:06:06:22 d0',
  'neigh 192.0.2.9 02:09:00:00:00:09 d1',
  'neigh 2001:db8:1::9 02:09:00:00:06:09 d1',
  'ip route add 198.51.100.0/24 via 192.0.2.9',
  'ip -6 route add 2001:db8:5::/48 via 2001:db8:1::9',
  'ip -6 route add 2001:db8:5a6b::/48 via 2001:db8:1::9',
  'ip route add blackhole 203.0.113.0/26',
  'ip route add unreachable 203.0.113.64/26',
  'ip route add prohibit 203.0.113.128/26',
  'ip -6 route add blackhole 2001:db8:dead::/64',
  'ip -6 route add unreachable 2001:db8:dead:1::/64',
  'ip -6 route add prohibit 2001:db8:dead:2::/64',
  // Back where it came from: test runs arrive at the loopback.
  'ip route add 198.18.0.0/24 dev lo',
  'ip -6 route add 2001:db8:18::/64 dev lo',
  'neigh 2001:db8:18::2 02:10:00:00:06:02 lo',
  // What more than the destination decides: type of service, source, incoming interface.
  'ip route add 198.51.100.0/24 via 10.0.0.21 table 100',
  'ip rule add tos 0x10 table 100 pref 100',
  'ip route add 198.51.100.0/24 via 10.0.0.22 table 101',
  'ip rule add from 172.16.1.0/24 table 101 pref 101',
  'ip route add 198.51.101.0/24 via 192.0.2.9 table 102',
  'ip rule add iif lo table 102 pref 102',
  'ip -6 route add 2001:db8:5::/48 via 2001:db8::21 table 100',
  'ip -6 rule add tos 0x10 table 100 pref 100',
  'ip -6 route add 2001:db8:5::/48 via 2001:db8::22 table 101',
  'ip -6 rule add from 2001:db8:6:6:7:8:9:a table 101 pref 101',
  'ip -6 route add 2001:db8:55::/48 via 2001:db8:1::9 table 102',
  'ip -6 rule add iif lo table 102 pref 102',
];

/** Run last: with such a neighbour the loopback's own packets are another host's. */
export const LAST: readonly string[] = ['neigh 0.0.0.0 02:10:00:00:00:01 lo'];

/** Starts `command` where the only local port that connect(2) can choose is `port`. */
const from = (port: number, command: string): string =>
  `sysctl -w 'net.ipv4.ip_local_port_range=${port} ${port}'; (${command} >/dev/null 2>&1 &); sleep 0.3`;

/** How a kernel comes by connections: both ends are its own. One of the second pair closes first. */
export const CONNECT: readonly string[] = (['v4', 'v6'] as const).flatMap((family) => {
  const { connected, closed } = PEER_PORT[family];
  const peer = PEER[family];
  return [
    `(sleep 500 | nc -l -p ${connected} >/dev/null 2>&1 &); sleep 0.3`,
    from(PORT.connected, `sleep 500 | nc ${peer} ${connected}`),
    `(sleep 0.6 | nc -l -p ${closed} >/dev/null 2>&1 &); sleep 0.3`,
    `${from(PORT.closed, `nc ${peer} ${closed} </dev/null`)}; sleep 0.8`,
    // Asks a name server that nobody is, for as long as the test takes.
    from(
      family === 'v4' ? PORT.udpConnected : PORT.udpConnected + 1,
      `nslookup -timeout=300 x.y ${family === 'v4' ? '10.0.0.77' : '2001:db8::77'}`,
    ),
  ];
});

/** Sockets that the recorder opens. */
export const LISTEN: readonly SocketRequest[] = [
  { proto: 'tcp', addr: HERE.v4, port: PORT.ssh },
  { proto: 'tcp', addr: HERE.v6, port: PORT.ssh },
  { proto: 'udp', addr: HERE.v4, port: PORT.dns },
  { proto: 'udp', addr: HERE.v6, port: PORT.dns },
];

/** Local addresses that the kernel chooses: of the IPv6 connections the peer's, which is its own; of the question d0's. */
export const CLIENT6 = PEER.v6;
export const RESOLVER6 = '2001:db8::1';

/** The sockets that CONNECT and the SYNs of the recorder leave. */
export const STATES: readonly SocketRequest[] = (['v4', 'v6'] as const).flatMap((family): SocketRequest[] => {
  const addr = family === 'v4' ? HERE.v4 : CLIENT6;
  const { connected, closed } = PEER_PORT[family];
  const remote = (port: number): NonNullable<SocketRequest['remote']> => ({ addr: PEER[family], port });
  return [
    { proto: 'tcp', addr, port: PORT.connected, remote: remote(connected) },
    { proto: 'tcp', addr, port: PORT.closed, remote: remote(closed), state: 'time_wait' },
    family === 'v4'
      ? { proto: 'udp', addr: HERE.v4, port: PORT.udpConnected, remote: { addr: '10.0.0.77', port: PORT.dns } }
      : {
          proto: 'udp',
          addr: RESOLVER6,
          port: PORT.udpConnected + 1,
          remote: { addr: '2001:db8::77', port: PORT.dns },
        },
    {
      proto: 'tcp',
      addr: HERE[family],
      port: PORT.ssh,
      remote: { addr: THERE[family][0], port: REQUEST_PORT },
      state: 'syn_recv',
    },
  ];
});
