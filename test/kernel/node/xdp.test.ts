/** XDP verdicts in the node: what becomes of a frame. */
import { describe, expect, test } from 'vitest';
import { type Attached, path, play, type Small, tc, udp, xdp } from './make.ts';

const NODE = {
  cpus: 2,
  devices: [
    { name: 'eth0', mac: '02:00:00:00:00:02', addresses: ['192.0.2.1/24'] },
    { name: 'eth1', mac: '02:00:00:00:00:03', addresses: ['10.0.1.1/24'] },
    { name: 'lxc0', peer: 'pod/eth0', mac: '02:00:00:00:00:04', addresses: ['10.0.2.1/24'] },
    { name: 'lxc1', peer: 'pod/eth1', mac: '02:00:00:00:00:05' },
    { name: 'down0', up: false },
    { name: 'dummy0', type: 'dummy' },
    { name: 'small0', mtu: 100 },
  ],
  namespaces: {
    pod: {
      devices: [
        { name: 'eth0', mac: '02:00:00:00:00:0a', addresses: ['10.0.2.2/24'] },
        { name: 'eth1', mac: '02:00:00:00:00:0b' },
      ],
    },
  },
};
const EXIT = '    r0 = XDP_PASS';
const at = (dev: string, body: string, more = {}): Attached => ({
  text: xdp(body),
  attach: [{ prog: 'prog', hook: 'xdp', dev, ...more }],
});
const run = (...programs: Attached[]): readonly string[] =>
  path({ node: NODE, programs, steps: [udp('eth0', '192.0.2.9', '192.0.2.1')] });
const redirect = (ifindex: number): string => `    r1 = ${ifindex}\n    r2 = 0\n    call bpf_redirect`;
/** Maps of devices have no BTF: their keys and values are bytes. */
const u32 = (n: number): number[] => [n, 0, 0, 0];
const toMap = (type: string, index: number, flags: string): string => `
.map targets, type=${type}, key=u32, value=u32, max_entries=8
.section "xdp"
prog:
    r1 = targets ll
    r2 = ${index}
    r3 = ${flags}
    call bpf_redirect_map
    exit
`;
const mapped = (type: string, index: number, flags: string, entries: Record<number, number>): readonly string[] =>
  path({
    node: NODE,
    programs: [
      { text: toMap(type, index, flags), attach: [{ prog: 'prog', hook: 'xdp', dev: 'eth0' }] },
      at('pod/eth0', EXIT),
    ],
    maps: { targets: Object.entries(entries).map(([key, value]) => ({ key: u32(Number(key)), value: u32(value) })) },
    steps: [udp('eth0', '192.0.2.9', '192.0.2.1')],
  });

describe('verdicts', () => {
  test.each(['XDP_DROP', 'XDP_ABORTED', '9'])('%s drops', (verdict) => {
    expect(run(at('eth0', `    r0 = ${verdict}`)).slice(1)).toMatchSnapshot();
  });

  test('XDP_PASS goes on with what the program left', () => {
    const short = '    r6 = r1\n    r2 = -8\n    call bpf_xdp_adjust_tail\n    r0 = XDP_PASS';
    expect(run(at('eth0', short))).toMatchInlineSnapshot(`
      [
        "eth0 in: IP 192.0.2.9.1000 > 192.0.2.1.2000: UDP, length 0",
        "eth0 xdp prog: XDP_PASS; - udp sport 1000, dport 2000",
        "eth0 dropped PKT_TOO_SMALL: it is cut short",
      ]
    `);
  });

  test('metadata before the packet is there for tc', () => {
    const meta = `    r6 = r1
    r2 = -4
    call bpf_xdp_adjust_meta
    r2 = *(u32 *)(r6 + xdp_md.data_meta)
    r3 = *(u32 *)(r6 + xdp_md.data)
    r1 = r2
    r1 += 4
    if r1 > r3 goto out
    *(u32 *)(r2 + 0) = 0x11223344
out:
    r0 = XDP_PASS`;
    const seen = `    r2 = *(u32 *)(r1 + __sk_buff.data_meta)
    r3 = *(u32 *)(r1 + __sk_buff.data)
    r4 = r2
    r4 += 4
    r0 = TC_ACT_OK
    if r4 > r3 goto out
    r2 = *(u32 *)(r2 + 0)
    if r2 != 0x11223344 goto out
    r0 = TC_ACT_SHOT
out:`;
    const tcx = { text: tc(seen), attach: [{ prog: 'prog', hook: 'tc_ingress', dev: 'eth0' }] };
    expect(run(at('eth0', meta), tcx)).toContain('eth0 tc_ingress prog: TC_ACT_SHOT');
    expect(run(at('eth0', meta, { mode: 'generic' }), tcx)).toContain('eth0 tc_ingress prog: TC_ACT_SHOT');
    expect(run(tcx)).toContain('eth0 tc_ingress prog: TC_ACT_OK');
  });

  test('XDP_TX goes back where it came from: out of the node, or over the cable', () => {
    expect(run(at('eth0', '    r0 = XDP_TX'))).toMatchInlineSnapshot(`
      [
        "eth0 in: IP 192.0.2.9.1000 > 192.0.2.1.2000: UDP, length 0",
        "eth0 xdp prog: XDP_TX",
        "eth0 out: IP 192.0.2.9.1000 > 192.0.2.1.2000: UDP, length 0",
      ]
    `);
    const over: Small = {
      node: {
        ...NODE,
        neighbours: [{ address: '10.0.2.9', mac: '02:00:00:00:00:0a', dev: 'lxc0' }],
        sysctls: { 'net.ipv4.ip_forward': 1 },
      },
      programs: [at('pod/eth0', '    r0 = XDP_TX')],
      steps: [udp('eth0', '192.0.2.9', '10.0.2.9')],
    };
    expect(path(over)).toMatchInlineSnapshot(`
      [
        "eth0 in: IP 192.0.2.9.1000 > 10.0.2.9.2000: UDP, length 0",
        "host route: 10.0.2.9 dev lxc0",
        "lxc0 -> pod",
        "pod/eth0 xdp prog: XDP_TX",
        "pod/eth0 -> host",
        "lxc0 dropped OTHERHOST: its link layer address is somebody else's",
      ]
    `);
  });
});

describe('redirects by ifindex', () => {
  test('to a device that leads out of the node', () => {
    expect(run(at('eth0', redirect(3)))).toMatchInlineSnapshot(`
      [
        "eth0 in: IP 192.0.2.9.1000 > 192.0.2.1.2000: UDP, length 0",
        "eth0 xdp prog: XDP_REDIRECT",
        "host redirect xdp -> eth1",
        "eth1 out: IP 192.0.2.9.1000 > 192.0.2.1.2000: UDP, length 0",
      ]
    `);
  });

  test('to a veth whose far end has a program, and to one without', () => {
    expect(run(at('eth0', redirect(4)), at('pod/eth0', EXIT))).toMatchInlineSnapshot(`
      [
        "eth0 in: IP 192.0.2.9.1000 > 192.0.2.1.2000: UDP, length 0",
        "eth0 xdp prog: XDP_REDIRECT",
        "host redirect xdp -> lxc0",
        "lxc0 -> pod",
        "pod/eth0 xdp prog: XDP_PASS",
        "pod/eth0 dropped OTHERHOST: its link layer address is somebody else's",
      ]
    `);
    expect(run(at('eth0', redirect(4))).slice(-1)).toMatchInlineSnapshot(`
      [
        "lxc0 dropped XDP_REDIRECT: a veth takes XDP frames only when its other end has an XDP program",
      ]
    `);
    expect(run(at('eth0', redirect(4)), at('pod/eth0', EXIT, { mode: 'generic' })).slice(-1)).toMatchInlineSnapshot(`
      [
        "lxc0 dropped XDP_REDIRECT: a veth takes XDP frames only when its other end has an XDP program",
      ]
    `);
  });

  test.each([
    ['nothing', 99],
    ['a device that is down', 6],
    ['a dummy', 7],
    ['the loopback', 1],
  ])('to %s', (_what, ifindex) => {
    expect(run(at('eth0', redirect(ifindex))).slice(-1)).toMatchSnapshot();
  });

  test('of what is too long for the device', () => {
    const long = {
      packet: { in: 'eth0', ipv4: { src: '192.0.2.9', dst: '192.0.2.1' }, udp: {}, payload: 'x'.repeat(80) },
    };
    const small = path({ node: NODE, programs: [at('eth0', redirect(8))], steps: [long] });
    expect(small.slice(-1)).toMatchInlineSnapshot(`
      [
        "small0 dropped XDP_REDIRECT: it is longer than the MTU of 100",
      ]
    `);
  });

  test('without a target', () => {
    expect(run(at('eth0', '    r0 = XDP_REDIRECT')).slice(-1)).toMatchInlineSnapshot(`
      [
        "eth0 dropped XDP_REDIRECT: the program named no target",
      ]
    `);
  });

  test('in generic mode every device takes them', () => {
    expect(run(at('eth0', redirect(3), { mode: 'generic' }))).toMatchInlineSnapshot(`
      [
        "eth0 in: IP 192.0.2.9.1000 > 192.0.2.1.2000: UDP, length 0",
        "eth0 xdp prog: XDP_REDIRECT",
        "host redirect xdp -> eth1",
        "eth1 out: IP 192.0.2.9.1000 > 192.0.2.1.2000: UDP, length 0",
      ]
    `);
    expect(run(at('eth0', redirect(4), { mode: 'generic' })).at(-1)).toBe(
      "pod/eth0 dropped OTHERHOST: its link layer address is somebody else's",
    );
  });
});

describe('redirects by map', () => {
  test.each(['devmap', 'devmap_hash'])('%s', (type) => {
    expect(mapped(type, 2, '0', { 2: 3 })).toEqual([
      'eth0 in: IP 192.0.2.9.1000 > 192.0.2.1.2000: UDP, length 0',
      'eth0 xdp prog: XDP_REDIRECT',
      'host redirect xdp -> eth1',
      'eth1 out: IP 192.0.2.9.1000 > 192.0.2.1.2000: UDP, length 0',
    ]);
    expect(mapped(type, 5, 'XDP_PASS', { 2: 3 })[1]).toBe('eth0 xdp prog: XDP_PASS');
    expect(mapped(type, 5, 'XDP_DROP', { 2: 3 })[1]).toBe('eth0 xdp prog: XDP_DROP');
  });

  test('broadcast: a copy for each device, but for the one it came from if that is asked for', () => {
    const entries = { 0: 2, 1: 3, 2: 4, 3: 6 };
    expect(mapped('devmap', 0, 'BPF_F_BROADCAST', entries)).toMatchInlineSnapshot(`
      [
        "eth0 in: IP 192.0.2.9.1000 > 192.0.2.1.2000: UDP, length 0",
        "eth0 xdp prog: XDP_REDIRECT",
        "host redirect xdp -> eth0",
        "eth0 out: IP 192.0.2.9.1000 > 192.0.2.1.2000: UDP, length 0",
        "host redirect xdp -> eth1",
        "eth1 out: IP 192.0.2.9.1000 > 192.0.2.1.2000: UDP, length 0",
        "host redirect xdp -> lxc0",
        "lxc0 -> pod",
        "pod/eth0 xdp prog: XDP_PASS",
        "pod/eth0 dropped OTHERHOST: its link layer address is somebody else's",
        "down0 dropped XDP_REDIRECT: the device is down",
      ]
    `);
    expect(mapped('devmap_hash', 0, 'BPF_F_BROADCAST | BPF_F_EXCLUDE_INGRESS', entries)).toMatchInlineSnapshot(`
      [
        "eth0 in: IP 192.0.2.9.1000 > 192.0.2.1.2000: UDP, length 0",
        "eth0 xdp prog: XDP_REDIRECT",
        "host redirect xdp -> eth1",
        "eth1 out: IP 192.0.2.9.1000 > 192.0.2.1.2000: UDP, length 0",
        "host redirect xdp -> lxc0",
        "lxc0 -> pod",
        "pod/eth0 xdp prog: XDP_PASS",
        "pod/eth0 dropped OTHERHOST: its link layer address is somebody else's",
        "down0 dropped XDP_REDIRECT: the device is down",
      ]
    `);
  });

  test('cpumap: another CPU goes on with it', () => {
    const { steps, run: ended } = play({
      node: NODE,
      programs: [
        { text: toMap('cpumap', 1, '0'), attach: [{ prog: 'prog', hook: 'xdp', dev: 'eth0' }] },
        {
          text: tc('    call bpf_get_smp_processor_id\n    r0 += TC_ACT_SHOT'),
          attach: [{ prog: 'prog', hook: 'tc_ingress', dev: 'eth0' }],
        },
      ],
      maps: { targets: [{ key: u32(1), value: u32(192) }] },
      steps: [udp('eth0', '192.0.2.9', '192.0.2.1')],
    });
    expect(steps[0]!.path).toMatchInlineSnapshot(`
      [
        "eth0 in: IP 192.0.2.9.1000 > 192.0.2.1.2000: UDP, length 0",
        "eth0 xdp prog: XDP_REDIRECT",
        "host redirect xdp -> cpu 1",
        "eth0 tc_ingress prog: TC_ACT_PIPE",
        "host route: 192.0.2.1 is local",
        "eth0 dropped NO_SOCKET: no socket wants it",
        "host kernel sends: IP 192.0.2.1 > 192.0.2.9: ICMP 192.0.2.1 udp port 2000 unreachable, length 36 (IP 192.0.2.9.1000 > 192.0.2.1.2000: UDP, length 0)",
        "host route: 192.0.2.9 dev eth0",
        "eth0 dropped NEIGH_FAILED: nobody answers for 192.0.2.9 on eth0",
      ]
    `);
    expect(ended.kernel.world.node.work).toEqual([]);
  });

  test('xskmap: nobody reads it', () => {
    expect(mapped('xskmap', 0, 'XDP_DROP', {}).slice(-1)).toMatchInlineSnapshot(`
      [
        "eth0 dropped XDP: the XDP program said so",
      ]
    `);
  });
});

test('frames that are no frames, devices that are down', () => {
  const bytes = (dev: string, hex: string): readonly string[] =>
    path({ node: NODE, steps: [{ packet: { in: dev, bytes: hex } }] }).slice(-1);
  expect(bytes('eth0', '00'.repeat(13))).toMatchInlineSnapshot(`
    [
      "eth0 dropped DEV_HDR: there is no whole link layer header",
    ]
  `);
  expect(bytes('down0', '00'.repeat(60))).toMatchInlineSnapshot(`
    [
      "down0 dropped DEV_READY: the device is down or does not lead anywhere",
    ]
  `);
  expect(bytes('eth0', `020000000002${'00'.repeat(6)}1234${'00'.repeat(46)}`)).toMatchInlineSnapshot(`
    [
      "eth0 dropped UNHANDLED_PROTO: nobody here handles its protocol",
    ]
  `);
});
