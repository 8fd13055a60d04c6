/** The node as a whole: going back gives the same again, runs are alike, and nothing is left behind. */
import { describe, expect, test } from 'vitest';
import type { Arena } from '../../../src/mem/arena.ts';
import { skMember } from '../../../src/net/inetSock.ts';
import { type Attached, open, rest, type Small, tc, udp } from './make.ts';

const COUNT = (section: string, verdict: string): string => `
.map seen_${verdict.toLowerCase()}, type=hash, key=u32, value=u64, max_entries=8
.section "${section}"
prog:
    r6 = r1
    *(u32 *)(r10 - 4) = 7
    *(u64 *)(r10 - 16) = 1
    r1 = seen_${verdict.toLowerCase()} ll
    r2 = r10
    r2 += -4
    r3 = r10
    r3 += -16
    r4 = BPF_ANY
    call bpf_map_update_elem
    r0 = ${verdict}
    exit
`;
const CLONE = tc('    r2 = 3\n    r3 = 0\n    call bpf_clone_redirect\n    r0 = TC_ACT_OK');
const at = (text: string, hook: string, dev: string): Attached => ({ text, attach: [{ prog: 'prog', hook, dev }] });

/** A little of everything: XDP, tc, a copy, a tunnel, TCP over a cable, UDP, an ICMP error, time. */
const SMALL: Small = {
  node: {
    cpus: 2,
    sysctls: { 'net.ipv4.ip_forward': 1 },
    devices: [
      { name: 'eth0', mac: '02:00:00:00:00:02', addresses: ['192.0.2.1/24'] },
      { name: 'lxc0', peer: 'pod/eth0', mac: '02:00:00:00:00:03', addresses: ['10.0.0.1/24'] },
      { name: 'tun0', type: 'ipip', local: '192.0.2.1', remote: '192.0.2.2' },
    ],
    neighbours: [{ address: '192.0.2.2', mac: '02:00:00:00:02:02', dev: 'eth0' }],
    routes: [{ to: '10.9.0.0/16', dev: 'tun0' }],
    sockets: [{ name: 'web', proto: 'tcp', addr: '10.0.0.1', port: 80, serve: { reply: 'hello' } }],
    namespaces: {
      pod: {
        devices: [{ name: 'eth0', mac: '02:00:00:00:00:0a', addresses: ['10.0.0.2/24'] }],
        routes: [{ to: 'default', via: '10.0.0.1' }],
        sockets: [{ name: 'log', proto: 'udp', addr: '10.0.0.2', port: 2000, serve: 'echo' }],
      },
    },
  },
  programs: [
    at(COUNT('xdp', 'XDP_PASS'), 'xdp', 'eth0'),
    at(CLONE, 'tc_ingress', 'eth0'),
    at(COUNT('tc', 'TC_ACT_OK'), 'tc_egress', 'lxc0'),
  ],
  steps: [
    { connect: { socket: 'c', netns: 'pod', to: '10.0.0.1:80', from: ':4000' } },
    { send: { socket: 'c', data: 'GET' } },
    udp('eth0', '192.0.2.2', '10.0.0.2'),
    udp('eth0', '192.0.2.2', '10.9.0.1'),
    udp('eth0', '192.0.2.2', '10.0.0.9', { ttl: 1 }),
    { close: 'c' },
    { advance: '70s' },
  ],
};

const plain = (value: unknown): string =>
  JSON.stringify(value, (_key, v: unknown) =>
    typeof v === 'bigint' ? `${v}n` : v instanceof Uint8Array ? [...v].join() : v,
  );

test('the same scenario twice gives the same observations', () => {
  expect(plain(rest(open(SMALL)))).toBe(plain(rest(open(SMALL))));
});

test('in slices of one tick, too', () => {
  expect(plain(rest(open(SMALL), 1))).toBe(plain(rest(open(SMALL))));
});

test('going back to any tick gives the same rest, with all that follows in memory', () => {
  const whole = rest(open(SMALL)).map(plain);
  const run = open(SMALL);
  let seen = 0;
  let ticks = 0;
  for (; ; ticks++) {
    const snapshot = run.kernel.snapshot();
    const state = run.save();
    // From here to the end, at every 23rd tick: each of them is the beginning of the others.
    if (ticks % 23 === 0) {
      expect(rest(run).map(plain)).toEqual(whole.slice(seen));
      run.kernel.restore(snapshot);
      run.restore(state);
    }
    // And some steps on and back again, at every one.
    run.advance(7);
    run.kernel.restore(snapshot);
    run.restore(state);
    expect(run.save().ticks).toBe(state.ticks);
    const status = run.advance(1);
    if (status === 'paused') continue;
    if (status.state !== 'step') break;
    if (status.report.step) {
      expect(plain(status.report.observed)).toBe(whole[seen]);
      seen++;
    }
  }
  expect(seen).toBe(whole.length);
  expect(ticks).toBeGreaterThan(300);
}, 120_000);

/** Regions of linear memory that are allocated. */
function regionCount(arena: Arena): number {
  const found = new Set<number>();
  for (let at = 0; at < arena.u8.length; at += 4096) if (arena.regionAt(at) !== 0) found.add(arena.regionAt(at));
  return found.size;
}

describe('nothing is left behind', () => {
  /** Regions that are allocated after the steps, each of which has come to its end. */
  const regions = (steps: Small['steps']): number => {
    const run = open({ ...SMALL, steps });
    for (const seen of rest(run)) expect(seen).not.toBeTypeOf('string');
    return regionCount(run.kernel.arena);
  };
  const again = (steps: Small['steps']): void => {
    // The first time makes what stays: neighbours, objects of devices.
    expect(regions([...steps, ...steps, ...steps])).toBe(regions([...steps, ...steps]));
  };

  test.each([
    ['a packet that is delivered', [udp('eth0', '192.0.2.2', '10.0.0.2')]],
    ['one that goes through the tunnel', [udp('eth0', '192.0.2.2', '10.9.0.1')]],
    ['one that dies, and the message about it', [udp('eth0', '192.0.2.2', '10.0.0.2', { ttl: 1 })]],
    ['one for nobody', [udp('eth0', '192.0.2.2', '192.0.2.1')]],
    ['one that is no frame', [{ packet: { in: 'eth0', bytes: '0011' } }]],
    ['one that is for somebody else', [{ packet: { in: 'eth0', eth: { dst: '02:00:00:00:00:99' }, ipv4: {} } }]],
    [
      'a connection, when its time is over',
      [
        { connect: { socket: 'c', netns: 'pod', to: '10.0.0.1:80' } },
        { send: { socket: 'c', data: 'GET' } },
        { close: 'c' },
        { advance: '130s' },
      ],
    ],
    ['a connection that is refused', [{ connect: { socket: 'c', netns: 'pod', to: '10.0.0.1:81' } }, { close: 'c' }]],
  ])('of %s', (_what, steps) => again(steps));

  test('references of sockets balance', () => {
    const lookup = tc(`    r6 = r1
    *(u32 *)(r10 - 12) = htonl(0x0a000002)
    *(u32 *)(r10 - 8) = htonl(0x0a000001)
    *(u16 *)(r10 - 4) = htons(4000)
    *(u16 *)(r10 - 2) = htons(80)
    r2 = r10
    r2 += -12
    r3 = 12
    r4 = -1
    r5 = 0
    call bpf_sk_lookup_tcp
    if r0 == 0 goto out
    r1 = r0
    call bpf_sk_release
out:
    r0 = TC_ACT_OK`);
    const refs = (times: number): number => {
      const more = Array.from({ length: times }, () => ({ send: { socket: 'c', data: 'GET' } }));
      const run = open({
        ...SMALL,
        programs: [at(lookup, 'tc_ingress', 'lxc0')],
        steps: [...SMALL.steps.slice(0, 1), ...more],
      });
      rest(run);
      const { arena, world } = run.kernel;
      const { sk } = world.node.apps.find((a) => a.name === 'web#1')!;
      return skMember(arena, sk, 'sock_common', 'skc_refcnt');
    };
    expect(refs(5)).toBe(refs(1));
  });
});
