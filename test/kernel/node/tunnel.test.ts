/** ipip tunnels: the outer header, what is copied into it, and why packets do not get through. */
import { describe, expect, test } from 'vitest';
import { runSetup } from '../../../src/kernel/net/setup/index.ts';
import { parsePacket } from '../../../src/net/parse.ts';
import { loopbackNetNs } from '../../../src/net/route/link.ts';
import { path, play, tc, udp } from './make.ts';

const tunnel = (remote: string | undefined, more = {}): Record<string, unknown> => ({
  sysctls: { 'net.ipv4.ip_forward': 1 },
  devices: [
    { name: 'eth0', mac: '02:00:00:00:00:02', addresses: ['192.0.2.1/24'] },
    { name: 'eth1', mac: '02:00:00:00:00:03', addresses: ['10.0.0.1/24'] },
    { name: 'tun0', type: 'ipip', local: '192.0.2.1', ...(remote && { remote }), ...more },
  ],
  neighbours: [
    { address: '192.0.2.2', mac: '02:00:00:00:02:02', dev: 'eth0' },
    { address: '10.0.0.9', mac: '02:00:00:00:00:09', dev: 'eth1' },
  ],
  routes: [{ to: '10.9.0.0/16', dev: 'tun0' }],
});

describe('in', () => {
  test('the outer header: ends, TTL of the inner one, DF, congestion', () => {
    const { steps } = play({
      node: tunnel('192.0.2.2'),
      steps: [udp('eth1', '10.0.0.9', '10.9.0.1', { ttl: 33, tos: 0xb9 })],
    });
    expect(steps[0]!.path).toMatchInlineSnapshot(`
      [
        "eth1 in: IP 10.0.0.9.1000 > 10.9.0.1.2000: UDP, length 0",
        "host route: 10.9.0.1 dev tun0",
        "tun0 encapsulated: IP 192.0.2.1 > 192.0.2.2: IP 10.0.0.9.1000 > 10.9.0.1.2000: UDP, length 0",
        "host route: 192.0.2.2 dev eth0",
        "eth0 out: IP 192.0.2.1 > 192.0.2.2: IP 10.0.0.9.1000 > 10.9.0.1.2000: UDP, length 0",
      ]
    `);
    const [, outer, inner] = parsePacket(steps[0]!.out[0]!.bytes).layers;
    expect(outer).toMatchObject({
      layer: 'ipv4',
      src: '192.0.2.1',
      dst: '192.0.2.2',
      ttl: 32,
      tos: 1,
      protocol: 4,
      tot_len: 48,
    });
    expect(inner).toMatchObject({ layer: 'ipv4', ttl: 32, tos: 0xb9 });
    expect(outer).toMatchObject({ flags: 2 });
  });

  test('congestion that was met stays inside', () => {
    const { steps } = play({ node: tunnel('192.0.2.2'), steps: [udp('eth1', '10.0.0.9', '10.9.0.1', { tos: 3 })] });
    expect(parsePacket(steps[0]!.out[0]!.bytes).layers[1]).toMatchObject({ tos: 2 });
  });

  test.each([
    ['without a remote address', tunnel(undefined)],
    ['without a route', tunnel('198.51.100.1')],
    ['into itself', tunnel('10.9.0.2')],
    ['to nobody on the link', tunnel('192.0.2.3')],
  ])('%s', (_what, node) => {
    expect(path({ node, steps: [udp('eth1', '10.0.0.9', '10.9.0.1')] }).slice(2)).toMatchSnapshot();
  });

  test('too long: the sender is told what fits', () => {
    const packet = (size: number) => ({
      packet: {
        in: 'eth1',
        ipv4: { src: '10.0.0.9', dst: '10.9.0.1', flags: 'DF' },
        udp: {},
        payload: 'x'.repeat(size - 28),
      },
    });
    const wide = tunnel('192.0.2.2', { mtu: 2000 });
    expect(path({ node: wide, steps: [packet(1481)] }).slice(1)).toMatchInlineSnapshot(`
      [
        "host route: 10.9.0.1 dev tun0",
        "tun0 dropped PKT_TOO_BIG: the way of the tunnel takes 1480 bytes",
        "host kernel sends: IP 10.0.0.1 > 10.0.0.9: ICMP 10.9.0.1 unreachable - need to frag (mtu 1480), length 556 (IP 10.0.0.9.40000 > 10.9.0.1.53: UDP, length 1453)",
        "host route: 10.0.0.9 dev eth1",
        "eth1 out: IP 10.0.0.1 > 10.0.0.9: ICMP 10.9.0.1 unreachable - need to frag (mtu 1480), length 556 (IP 10.0.0.9.40000 > 10.9.0.1.53: UDP, length 1453)",
      ]
    `);
    expect(path({ node: wide, steps: [packet(1480)] }).at(-1)).toMatch(/^eth0 out/);
  });

  test('IPv6 does not go through', () => {
    const node = {
      ...tunnel('192.0.2.2'),
      setup: ['ip -6 route add 2001:db8::/32 dev tun0', 'sysctl -w net.ipv6.conf.all.forwarding=1'],
    };
    expect(path({ node, steps: [udp('eth1', 'fd00::1', '2001:db8::1')] }).slice(-1)).toMatchInlineSnapshot(`
      [
        "tun0 dropped NOT_SPECIFIED: an ipip tunnel carries IPv4",
      ]
    `);
  });

  test('a tc program of another device sends into it', () => {
    const programs = [
      {
        text: tc('    r1 = 4\n    r2 = 0\n    call bpf_redirect'),
        attach: [{ prog: 'prog', hook: 'tc_ingress', dev: 'eth1' }],
      },
    ];
    expect(
      path({ node: tunnel('192.0.2.2'), programs, steps: [udp('eth1', '10.0.0.9', '203.0.113.1')] }),
    ).toMatchInlineSnapshot(`
      [
        "eth1 in: IP 10.0.0.9.1000 > 203.0.113.1.2000: UDP, length 0",
        "eth1 tc_ingress prog: TC_ACT_REDIRECT",
        "host redirect egress -> tun0",
        "tun0 encapsulated: IP 192.0.2.1 > 192.0.2.2: IP 10.0.0.9.1000 > 203.0.113.1.2000: UDP, length 0",
        "host route: 192.0.2.2 dev eth0",
        "eth0 out: IP 192.0.2.1 > 192.0.2.2: IP 10.0.0.9.1000 > 203.0.113.1.2000: UDP, length 0",
      ]
    `);
  });
});

describe('out', () => {
  const coming = (outer: Record<string, unknown>) => ({
    packet: {
      in: 'eth0',
      layers: [
        { layer: 'ipv4', src: '192.0.2.2', dst: '192.0.2.1', ...outer },
        { layer: 'ipv4', src: '10.9.0.1', dst: '10.0.0.9', ttl: 9 },
        { layer: 'udp', sport: 1000, dport: 2000 },
      ],
    },
  });

  test("the inner packet comes in at the tunnel's device", () => {
    expect(path({ node: tunnel('192.0.2.2'), steps: [coming({})] })).toMatchInlineSnapshot(`
      [
        "eth0 in: IP 192.0.2.2 > 192.0.2.1: IP 10.9.0.1.1000 > 10.0.0.9.2000: UDP, length 0",
        "host route: 192.0.2.1 is local",
        "tun0 decapsulated: IP 10.9.0.1.1000 > 10.0.0.9.2000: UDP, length 0",
        "host route: 10.0.0.9 dev eth1",
        "eth1 out: IP 10.9.0.1.1000 > 10.0.0.9.2000: UDP, length 0",
      ]
    `);
  });

  test('tc programs there see it without a link layer header, and cannot send it to a device that wants one', () => {
    const len = '    r0 = *(u32 *)(r1 + __sk_buff.len)\n    r0 += -26';
    const programs = [{ text: tc(len), attach: [{ prog: 'prog', hook: 'tc_ingress', dev: 'tun0' }] }];
    expect(path({ node: tunnel('192.0.2.2'), programs, steps: [coming({})] })).toContain(
      'tun0 tc_ingress prog: TC_ACT_SHOT',
    );
    const away = [
      {
        text: tc('    r1 = 3\n    r2 = 0\n    call bpf_redirect'),
        attach: [{ prog: 'prog', hook: 'tc_ingress', dev: 'tun0' }],
      },
    ];
    expect(path({ node: tunnel('192.0.2.2'), programs: away, steps: [coming({})] }).slice(-1)).toMatchInlineSnapshot(`
      [
        "host dropped REDIRECT: it has no link layer header, and eth1 wants one",
      ]
    `);
  });

  test('from somebody else: no protocol', () => {
    expect(
      path({ node: tunnel('192.0.2.2'), steps: [coming({ src: '192.0.2.3' })] }).slice(2, 4),
    ).toMatchInlineSnapshot(`
      [
        "eth0 dropped IP_NOPROTO: no ipip device has these addresses",
        "host kernel sends: IP 192.0.2.1 > 192.0.2.3: ICMP 192.0.2.1 protocol 4 unreachable, length 56 (IP 192.0.2.3 > 192.0.2.1: IP 10.9.0.1.1000 > 10.0.0.9.2000: UDP, length 0)",
      ]
    `);
    expect(path({ node: tunnel(undefined), steps: [coming({ src: '192.0.2.3' })] }).at(-1)).toMatch(/^eth1 out/);
  });
});

test('tunnels whose ways lead into each other end', () => {
  const node = {
    ...tunnel('10.8.0.1'),
    setup: [
      'ip link add tun1 type ipip local 192.0.2.1 remote 10.9.0.1',
      'ip link set tun1 up',
      'ip route add 10.8.0.0/16 dev tun1',
    ],
  };
  expect(path({ node, steps: [udp('eth1', '10.0.0.9', '10.9.0.1')] }).slice(-1)).toMatchInlineSnapshot(`
    [
      "tun0 dropped RECURSION_LIMIT: it was sent on and on without getting anywhere",
    ]
  `);
});

test('ip link add', () => {
  const made = (line: string) => {
    const done = runSetup(loopbackNetNs(), [line]);
    if (!('net' in done)) return done.problem.args;
    const { name, type, mtu, tunnel: ends } = done.net.devices.at(-1)!;
    return [name, type, mtu, ends && [ends.local.join('.'), ends.remote.join('.')]];
  };
  expect(made('ip link add t0 type ipip local 10.0.0.1 remote 10.0.0.2')).toEqual([
    't0',
    'ipip',
    1480,
    ['10.0.0.1', '10.0.0.2'],
  ]);
  expect(made('ip link add type ipip remote 10.0.0.2')).toEqual(['tunl0', 'ipip', 1480, ['0.0.0.0', '10.0.0.2']]);
  expect(made('ip link add t0 type ipip local any')).toEqual(['t0', 'ipip', 1480, ['0.0.0.0', '0.0.0.0']]);
  expect(made('ip link add t0 type ipip remote here')).toMatchInlineSnapshot(`
    {
      "cmd": "ip link add t0 type ipip remote here",
      "index": 0,
      "why": "'here' is not understood",
    }
  `);
  expect(made('ip link add t0 type ipip ttl 3')).toMatchInlineSnapshot(`
    {
      "cmd": "ip link add t0 type ipip ttl 3",
      "index": 0,
      "why": "'ttl' is not understood",
    }
  `);
  expect(made('ip link add t0 type ipip; ip link add t1 type ipip')).toMatchInlineSnapshot(`
    {
      "cmd": "ip link add t0 type ipip; ip link add t1 type ipip",
      "errname": "EEXIST",
      "errno": 17,
      "index": 0,
    }
  `);
});
