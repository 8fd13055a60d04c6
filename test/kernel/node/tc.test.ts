/** The tc hooks of the node: order, verdicts, redirects, copies. */
import { describe, expect, test } from 'vitest';
import { type Attached, path, play, tc, udp } from './make.ts';

const NODE = {
  sysctls: { 'net.ipv4.ip_forward': 1 },
  devices: [
    { name: 'eth0', mac: '02:00:00:00:00:02', addresses: ['192.0.2.1/24'] },
    { name: 'eth1', mac: '02:00:00:00:00:03', addresses: ['10.0.1.1/24'] },
    { name: 'lxc0', peer: 'pod/eth0', mac: '02:00:00:00:00:04', addresses: ['10.0.2.1/24'] },
    { name: 'down0', up: false },
    { name: 'veth0', peer: 'veth1' },
  ],
  neighbours: [
    { address: '10.0.1.9', mac: '02:00:00:00:01:09', dev: 'eth1' },
    { address: '10.0.2.2', mac: '02:00:00:00:00:0a', dev: 'lxc0' },
    { address: '192.0.2.9', mac: '02:00:00:00:00:09', dev: 'eth0' },
  ],
  routes: [{ to: '198.51.100.0/24', via: '10.0.1.9' }],
  namespaces: {
    pod: {
      devices: [{ name: 'eth0', mac: '02:00:00:00:00:0a', addresses: ['10.0.2.2/24'] }],
      sockets: [{ name: 'log', proto: 'udp', addr: '10.0.2.2', port: 2000 }],
    },
  },
};
const at = (hook: string, dev: string, body: string): Attached => ({
  text: tc(body),
  attach: [{ prog: 'prog', hook, dev }],
});
const run = (programs: Attached[], src = '192.0.2.9', dst = '10.0.1.9'): readonly string[] =>
  path({ node: NODE, programs, steps: [udp('eth0', src, dst)] });
const say = (name: string, verdict: string): Attached => ({
  text: tc(`    r0 = ${verdict}`).replaceAll('prog', name),
  attach: [],
});
const redirect = (ifindex: number, flags: number | string, helper = 'bpf_redirect'): string =>
  `    r1 = ${ifindex}\n    r2 = ${flags}\n    call ${helper}`;
const neigh = (ifindex: number): string =>
  `    r1 = ${ifindex}\n    r2 = 0\n    r3 = 0\n    r4 = 0\n    call bpf_redirect_neigh`;

describe('order and verdicts', () => {
  /** Programs a, b at tcx and c, d at clsact: which of them run, and what becomes of the packet. */
  const chain = (direction: string, ...verdicts: [string, string][]): string[] => {
    const programs = verdicts.map(([hook, verdict], i) => ({
      ...say('abcd'[i]!, verdict),
      attach: [{ prog: 'abcd'[i]!, hook: `${hook}_${direction}`, dev: direction === 'ingress' ? 'eth0' : 'eth1' }],
    }));
    return run(programs).flatMap((line) => {
      const program = / (\w+)_\w+ (\w): (.*)$/.exec(line);
      if (program) return [`${program[1]} ${program[2]} ${program[3]}`];
      return / (dropped|out)/.test(line) ? [line.replace(/:.*$/, '')] : [];
    });
  };

  test.each(['ingress', 'egress'])(
    '%s: tcx before clsact whatever was attached first; what tcx passes clsact does not see',
    (direction) => {
      expect(chain(direction, ['tc', 'TC_ACT_UNSPEC'], ['tcx', 'TC_ACT_UNSPEC'], ['tcx', 'TC_ACT_UNSPEC'])).toEqual([
        'tcx b TC_ACT_UNSPEC',
        'tcx c TC_ACT_UNSPEC',
        'tc a TC_ACT_UNSPEC',
        'eth1 out',
      ]);
      expect(chain(direction, ['tc', 'TC_ACT_SHOT'], ['tcx', 'TC_ACT_OK'])).toEqual(['tcx b TC_ACT_OK', 'eth1 out']);
    },
  );

  test.each([
    ['TC_ACT_OK', 'eth1 out'],
    ['TC_ACT_SHOT', 'eth0 dropped TC_INGRESS'],
    ['TC_ACT_STOLEN', 'eth0 dropped TC_INGRESS'],
    ['TC_ACT_QUEUED', 'eth0 dropped TC_INGRESS'],
    ['TC_ACT_TRAP', 'eth0 dropped TC_INGRESS'],
  ])('clsact: %s ends the chain', (verdict, end) => {
    expect(chain('ingress', ['tc', verdict], ['tc', 'TC_ACT_SHOT'])).toEqual([`tc a ${verdict}`, end]);
  });

  test.each(['TC_ACT_UNSPEC', '9'])('clsact: after %s the next program is asked', (verdict) => {
    expect(chain('egress', ['tc', verdict], ['tc', 'TC_ACT_SHOT'])).toEqual([
      `tc a ${verdict}`,
      'tc b TC_ACT_SHOT',
      'eth1 dropped TC_EGRESS',
    ]);
  });

  test.each([
    'TC_ACT_STOLEN',
    'TC_ACT_QUEUED',
    'TC_ACT_TRAP',
    'TC_ACT_RECLASSIFY',
    'TC_ACT_PIPE',
    'TC_ACT_UNSPEC',
    '99',
  ])('tcx: %s asks the next', (verdict) => {
    expect(chain('ingress', ['tcx', verdict], ['tcx', 'TC_ACT_SHOT']).slice(1)).toEqual([
      'tcx b TC_ACT_SHOT',
      'eth0 dropped TC_INGRESS',
    ]);
  });
});

describe('redirects', () => {
  test('bpf_redirect to egress: tc programs of the other device run', () => {
    expect(
      run([at('tc_ingress', 'eth0', redirect(3, 0)), at('tc_egress', 'eth1', '    r0 = TC_ACT_OK')]),
    ).toMatchInlineSnapshot(`
      [
        "eth0 in: IP 192.0.2.9.1000 > 10.0.1.9.2000: UDP, length 0",
        "eth0 tc_ingress prog: TC_ACT_REDIRECT",
        "host redirect egress -> eth1",
        "eth1 tc_egress prog: TC_ACT_OK",
        "eth1 out: IP 192.0.2.9.1000 > 10.0.1.9.2000: UDP, length 0",
      ]
    `);
  });

  test('bpf_redirect to ingress: as if it came in there', () => {
    expect(
      run([at('tc_ingress', 'eth0', redirect(3, 'BPF_F_INGRESS')), at('tc_ingress', 'eth1', '    r0 = TC_ACT_SHOT')]),
    ).toMatchInlineSnapshot(`
      [
        "eth0 in: IP 192.0.2.9.1000 > 10.0.1.9.2000: UDP, length 0",
        "eth0 tc_ingress prog: TC_ACT_REDIRECT",
        "host redirect ingress -> eth1",
        "eth1 tc_ingress prog: TC_ACT_SHOT",
        "eth1 dropped TC_INGRESS: the tc program at ingress said so",
      ]
    `);
  });

  test('at egress', () => {
    expect(run([at('tc_egress', 'eth1', redirect(4, 0))])).toMatchInlineSnapshot(`
      [
        "eth0 in: IP 192.0.2.9.1000 > 10.0.1.9.2000: UDP, length 0",
        "host route: 10.0.1.9 dev eth1",
        "eth1 tc_egress prog: TC_ACT_REDIRECT",
        "host redirect egress -> lxc0",
        "lxc0 -> pod",
        "pod/eth0 dropped OTHERHOST: its link layer address is somebody else's",
      ]
    `);
  });

  test("bpf_redirect_peer: into the other namespace, past its device's cable", () => {
    const pod = at('tc_ingress', 'pod/eth0', '    r0 = TC_ACT_OK');
    expect(
      run([at('tc_ingress', 'eth0', redirect(4, 0, 'bpf_redirect_peer')), pod], '192.0.2.9', '10.0.2.2'),
    ).toMatchInlineSnapshot(`
      [
        "eth0 in: IP 192.0.2.9.1000 > 10.0.2.2.2000: UDP, length 0",
        "eth0 tc_ingress prog: TC_ACT_REDIRECT",
        "host redirect peer -> pod/eth0",
        "pod/eth0 tc_ingress prog: TC_ACT_OK",
        "pod/eth0 dropped OTHERHOST: its link layer address is somebody else's",
      ]
    `);
    expect(run([at('tc_ingress', 'eth0', redirect(3, 0, 'bpf_redirect_peer'))]).slice(-1)).toMatchInlineSnapshot(`
      [
        "host dropped REDIRECT: eth1 has no other end in another namespace",
      ]
    `);
    expect(run([at('tc_ingress', 'eth0', redirect(6, 0, 'bpf_redirect_peer'))]).slice(-1)).toMatchInlineSnapshot(`
      [
        "host dropped REDIRECT: veth0 has no other end in another namespace",
      ]
    `);
    expect(run([at('tc_egress', 'eth1', redirect(4, 0, 'bpf_redirect_peer'))]).slice(-1)).toMatchInlineSnapshot(`
      [
        "host dropped REDIRECT: bpf_redirect_peer works at ingress only",
      ]
    `);
  });

  test("bpf_redirect_neigh: the route's next hop, or the one that is named", () => {
    expect(run([at('tc_ingress', 'eth0', neigh(3))], '192.0.2.9', '198.51.100.7')).toMatchInlineSnapshot(`
      [
        "eth0 in: IP 192.0.2.9.1000 > 198.51.100.7.2000: UDP, length 0",
        "eth0 tc_ingress prog: TC_ACT_REDIRECT",
        "host redirect neighbour -> eth1",
        "eth1 out: IP 192.0.2.9.1000 > 198.51.100.7.2000: UDP, length 0",
      ]
    `);
    const named = `    *(u64 *)(r10 - 24) = 0
    *(u64 *)(r10 - 16) = 0
    *(u32 *)(r10 - 8) = 0
    *(u32 *)(r10 - 24) = AF_INET
    *(u32 *)(r10 - 20) = htonl(0x0a000109)
    r1 = 3
    r2 = r10
    r2 += -24
    r3 = 20
    r4 = 0
    call bpf_redirect_neigh`;
    expect(run([at('tc_ingress', 'eth0', named)], '192.0.2.9', '203.0.113.1')).toMatchInlineSnapshot(`
      [
        "eth0 in: IP 192.0.2.9.1000 > 203.0.113.1.2000: UDP, length 0",
        "eth0 tc_ingress prog: TC_ACT_REDIRECT",
        "host redirect neighbour -> eth1",
        "eth1 out: IP 192.0.2.9.1000 > 203.0.113.1.2000: UDP, length 0",
      ]
    `);
    expect(run([at('tc_ingress', 'eth0', neigh(3))], '192.0.2.9', '203.0.113.1').slice(-1)).toMatchInlineSnapshot(`
      [
        "host dropped IP_OUTNOROUTES: no route to 203.0.113.1",
      ]
    `);
    expect(run([at('tc_ingress', 'eth0', neigh(99))]).slice(-1)).toMatchInlineSnapshot(`
      [
        "host dropped REDIRECT: there is no interface 99",
      ]
    `);
    const arp = { packet: { in: 'eth0', arp: { op: 1 } } };
    expect(
      path({ node: NODE, programs: [at('tc_ingress', 'eth0', neigh(3))], steps: [arp] }).slice(-1),
    ).toMatchInlineSnapshot(`
      [
        "host dropped REDIRECT: it is no IP packet",
      ]
    `);
  });

  test.each([
    ['a device that is not there', 99],
    ['one that is down', 5],
  ])('to %s', (_what, ifindex) => {
    expect(run([at('tc_ingress', 'eth0', redirect(ifindex, 0))]).slice(-1)).toMatchSnapshot();
  });

  test('TC_ACT_REDIRECT without a target', () => {
    expect(run([at('tc_ingress', 'eth0', '    r0 = TC_ACT_REDIRECT')]).slice(-1)).toMatchInlineSnapshot(`
      [
        "host dropped REDIRECT: the program named no target",
      ]
    `);
  });
});

describe('copies', () => {
  const copy = (ifindex: number, flags: number | string, after = ''): string => `    r6 = r1
    r2 = ${ifindex}
    r3 = ${flags}
    call bpf_clone_redirect
    r7 = r0
${after}
    r0 = TC_ACT_OK
    if r7 == 0 goto out
    r0 = TC_ACT_SHOT
out:`;
  /** Writes 0xee over the last byte of the destination's link layer address. */
  const scribble = `    r1 = r6
    r2 = 5
    *(u8 *)(r10 - 1) = 0xee
    r3 = r10
    r3 += -1
    r4 = 1
    r5 = 0
    call bpf_skb_store_bytes`;

  test('a copy travels as the packet was, the original goes on', () => {
    const { steps } = play({
      node: NODE,
      programs: [at('tc_ingress', 'eth0', copy(3, 0, scribble))],
      steps: [udp('eth0', '192.0.2.9', '10.0.1.9')],
    });
    expect(steps[0]!.path).toMatchInlineSnapshot(`
      [
        "eth0 in: IP 192.0.2.9.1000 > 10.0.1.9.2000: UDP, length 0",
        "eth0 tc_ingress prog: TC_ACT_OK; eth.dst 02:00:00:00:00:02 -> 02:00:00:00:00:ee",
        "host route: 10.0.1.9 dev eth1",
        "eth1 out: IP 192.0.2.9.1000 > 10.0.1.9.2000: UDP, length 0",
        "host redirect egress -> eth1",
        "eth1 out: IP 192.0.2.9.1000 > 10.0.1.9.2000: UDP, length 0",
      ]
    `);
    // Told packet by packet: the original, then its copy, which still has the device's own address.
    expect(steps[0]!.out.map((o) => [o.dev, o.bytes[5]])).toEqual([
      ['eth1', 9],
      ['eth1', 2],
    ]);
  });

  test('to ingress, and into another namespace', () => {
    const there = at('tc_ingress', 'eth1', '    r0 = TC_ACT_SHOT');
    expect(run([at('tc_ingress', 'eth0', copy(3, 'BPF_F_INGRESS')), there])).toMatchInlineSnapshot(`
      [
        "eth0 in: IP 192.0.2.9.1000 > 10.0.1.9.2000: UDP, length 0",
        "eth0 tc_ingress prog: TC_ACT_OK",
        "host route: 10.0.1.9 dev eth1",
        "eth1 out: IP 192.0.2.9.1000 > 10.0.1.9.2000: UDP, length 0",
        "host redirect ingress -> eth1",
        "eth1 tc_ingress prog: TC_ACT_SHOT",
        "eth1 dropped TC_INGRESS: the tc program at ingress said so",
      ]
    `);
    expect(run([at('tc_egress', 'eth1', copy(4, 0))]).filter((l) => l.includes('pod'))).toMatchInlineSnapshot(`
      [
        "lxc0 -> pod",
        "pod/eth0 dropped OTHERHOST: its link layer address is somebody else's",
      ]
    `);
  });

  test('what a device does not take is told to the program', () => {
    expect(run([at('tc_ingress', 'eth0', copy(99, 0))]).slice(1)).toMatchInlineSnapshot(`
      [
        "eth0 tc_ingress prog: TC_ACT_SHOT",
        "eth0 dropped TC_INGRESS: the tc program at ingress said so",
      ]
    `);
    expect(run([at('tc_ingress', 'eth0', copy(5, 0))]).slice(1)).toMatchInlineSnapshot(`
      [
        "eth0 tc_ingress prog: TC_ACT_SHOT",
        "eth0 dropped TC_INGRESS: the tc program at ingress said so",
      ]
    `);
  });

  test('copies of copies end, and all memory is given back', () => {
    const twice = at(
      'tc_ingress',
      'eth0',
      `${copy(2, 'BPF_F_INGRESS').replace('goto out', 'goto more').replace('out:', 'more:')}
    r1 = r6
    r2 = 2
    r3 = BPF_F_INGRESS
    call bpf_clone_redirect
    r0 = TC_ACT_SHOT`,
    );
    const { steps, run: ended } = play({
      node: NODE,
      programs: [twice],
      steps: [udp('eth0', '192.0.2.9', '10.0.1.9')],
    });
    expect(steps[0]!.drops.length).toBeLessThan(5000);
    expect(ended.kernel.world.node).toMatchObject({ work: [], copies: [], copied: 0 });
  }, 60_000);
});
