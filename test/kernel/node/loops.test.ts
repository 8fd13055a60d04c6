/** What would go on for ever ends, with a reason and soon. */
import { describe, expect, test } from 'vitest';
import { type Attached, open, play, rest, tc, udp, xdp } from './make.ts';

const NODE = {
  sysctls: { 'net.ipv4.ip_forward': 1 },
  devices: [
    { name: 'eth0', mac: '02:00:00:00:00:02', addresses: ['192.0.2.1/24'] },
    { name: 'a', peer: 'b', mac: '02:00:00:00:00:0a' },
    { name: 'b', mac: '02:00:00:00:00:0b' },
    { name: 'lxc0', peer: 'pod/eth0', mac: '02:00:00:00:00:03', addresses: ['10.0.0.1/24'] },
  ],
  routes: [{ to: '198.51.100.0/24', via: '10.0.0.2' }],
  namespaces: {
    pod: {
      sysctls: { 'net.ipv4.ip_forward': 1 },
      devices: [{ name: 'eth0', mac: '02:00:00:00:00:04', addresses: ['10.0.0.2/24'] }],
      routes: [{ to: 'default', via: '10.0.0.1' }],
    },
  },
};
const IN = [udp('eth0', '192.0.2.9', '192.0.2.1')];
const redirect = (ifindex: number, flags: number | string = 0): string =>
  `    r1 = ${ifindex}\n    r2 = ${flags}\n    call bpf_redirect`;
const at = (hook: string, dev: string, ifindex: number, flags: number | string = 0): Attached => ({
  text: hook === 'xdp' ? xdp(redirect(ifindex, flags)) : tc(redirect(ifindex, flags)),
  attach: [{ prog: 'prog', hook, dev }],
});
const end = (programs: Attached[], steps: Record<string, unknown>[] = IN) => {
  const { steps: seen, run } = play({ node: NODE, programs, steps });
  expect(run.kernel.world.node.work).toEqual([]);
  return { last: seen[0]!.path.at(-1), length: seen[0]!.path.length };
};

describe('redirects', () => {
  test('of a device to its own ingress', () => {
    expect(end([at('tc_ingress', 'eth0', 2, 'BPF_F_INGRESS')])).toMatchInlineSnapshot(`
      {
        "last": "host dropped RECURSION_LIMIT: it was sent on and on without getting anywhere",
        "length": 2000,
      }
    `);
  });

  test("of a device's egress to itself", () => {
    expect(end([at('tc_ingress', 'eth0', 2), at('tc_egress', 'eth0', 2)])).toMatchInlineSnapshot(`
      {
        "last": "eth0 dropped RECURSION_LIMIT: it was sent on and on without getting anywhere",
        "length": 20,
      }
    `);
  });

  test("of two devices' egress to each other", () => {
    expect(end([at('tc_ingress', 'eth0', 3), at('tc_egress', 'a', 4), at('tc_egress', 'b', 3)])).toMatchInlineSnapshot(`
      {
        "last": "a dropped RECURSION_LIMIT: it was sent on and on without getting anywhere",
        "length": 20,
      }
    `);
  });

  test('of two ends of a cable to each other', () => {
    expect(
      end([at('tc_ingress', 'eth0', 3), at('tc_ingress', 'b', 4), at('tc_ingress', 'a', 3)]),
    ).toMatchInlineSnapshot(`
      {
        "last": "host dropped RECURSION_LIMIT: it was sent on and on without getting anywhere",
        "length": 1001,
      }
    `);
  });

  test('of XDP, over a cable', () => {
    expect(end([at('xdp', 'eth0', 3), at('xdp', 'b', 4), at('xdp', 'a', 3)])).toMatchInlineSnapshot(`
      {
        "last": "host dropped RECURSION_LIMIT: it was sent on and on without getting anywhere",
        "length": 3002,
      }
    `);
    const back = (dev: string): Attached => ({
      text: xdp('    r0 = XDP_TX'),
      attach: [{ prog: 'prog', hook: 'xdp', dev }],
    });
    expect(end([at('xdp', 'eth0', 3), back('a'), back('b')]).last).toContain('RECURSION_LIMIT');
  });

  test('of XDP to all devices of a map, each of which has such a program', () => {
    const all = `
.map targets, type=devmap, key=u32, value=u32, max_entries=4
.section "xdp"
prog:
    r1 = targets ll
    r2 = 0
    r3 = BPF_F_BROADCAST
    call bpf_redirect_map
    exit
`;
    const programs = [{ text: all, attach: ['eth0', 'a', 'b'].map((dev) => ({ prog: 'prog', hook: 'xdp', dev })) }];
    const maps = { targets: [3, 4].map((ifindex, i) => ({ key: [i, 0, 0, 0], value: [ifindex, 0, 0, 0] })) };
    const { steps, run } = play({ node: NODE, programs, maps, steps: IN });
    expect(steps[0]!.drops).toContain('RECURSION_LIMIT');
    expect(run.kernel.world.node).toMatchObject({ work: [], copied: 0 });
  }, 60_000);
});

test('routes that lead into each other: the time to live', () => {
  const { last, length } = end([], [udp('eth0', '192.0.2.9', '198.51.100.1')]);
  expect(last).toMatch(/^pod\/eth0 dropped|^eth0 dropped NEIGH_FAILED/);
  expect(length).toBeLessThan(300);
});

test("tail calls that never end: the kernel's limit", () => {
  const text = `
.map jumps, type=prog_array, key=u32, value=u32, max_entries=1
.section "tc"
prog:
    r2 = jumps ll
    r3 = 0
    call bpf_tail_call
    r0 = TC_ACT_SHOT
    exit
`;
  const programs = [{ text, attach: [{ prog: 'prog', hook: 'tc_ingress', dev: 'eth0' }] }];
  const { steps } = play({
    node: NODE,
    programs,
    steps: [{ update: { jumps: [{ key: [0, 0, 0, 0], value: 'prog' }] } }, ...IN],
  });
  expect(steps[1]!.drops).toEqual(['TC_INGRESS']);
});

test('a program that never ends: the limit of insns', () => {
  const programs = [
    { text: tc('again:\n    r0 = 0\n    goto again'), attach: [{ prog: 'prog', hook: 'tc_ingress', dev: 'eth0' }] },
  ];
  expect(rest(open({ node: NODE, programs, steps: IN }))).toMatchInlineSnapshot(`
    [
      "stopped after 10000000 insns without reaching exit",
    ]
  `);
}, 60_000);

test('two applications that answer each other', () => {
  const sockets = [7, 8].map((port) => ({ name: `s${port}`, proto: 'udp', addr: '192.0.2.1', port, serve: 'echo' }));
  const first = {
    packet: { in: 'lo', ipv4: { src: '127.0.0.1', dst: '192.0.2.1' }, udp: { sport: 7, dport: 8 }, payload: 'x' },
  };
  const call = [
    { connect: { socket: 'c', proto: 'udp', to: '192.0.2.1:7', serve: 'echo' } },
    { send: { socket: 'c', data: 'x' } },
  ];
  const { steps, run } = play({ node: { ...NODE, sockets }, steps: [first, ...call, { advance: '1s' }] });
  expect(steps[2]!.drops).toEqual(['RECURSION_LIMIT']);
  expect(run.kernel.world.node.work).toEqual([]);
}, 120_000);
