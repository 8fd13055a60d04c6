/** On the node of programs/sockets/node.yaml: every field of struct bpf_sock as it was read, and where packets are sent. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { Kernel } from '../../src/kernel/kernel.ts';
import { parseNode } from '../../src/kernel/net/file/index.ts';
import { dumpMap } from '../../src/maps/user.ts';
import { formatIpv4, formatIpv6 } from '../../src/net/addr.ts';
import { skMember } from '../../src/net/inetSock.ts';
import { UAPI } from '../../src/spec/constants.ts';
import { problemText } from '../../src/util/problem.ts';
import { type Ends, tcp, udp } from './sockets/packets.ts';
import { programRequest, SOCKET_SEQUENCES } from './sockets/runs.ts';
import { HERE, THERE } from './sockets/world.ts';

const FOLDER = new URL('../../programs/sockets/', import.meta.url);
const FRIEND = { v4: THERE.v4[0], v6: THERE.v6[0] } as const;
const [INSIDE, OUTSIDE] = [2, 3];
const { AF_INET, AF_INET6, SOCK_DGRAM, SOCK_STREAM, XDP_PASS, XDP_REDIRECT, XDP_TX } = UAPI;
const [ESTABLISHED, TIME_WAIT, CLOSE, LISTEN, NEW_SYN_RECV] = [1, 6, 7, 10, 12];

function kernelWith(hook: 'tc' | 'xdp'): Kernel {
  const node = parseNode(parse(readFileSync(new URL('node.yaml', FOLDER), 'utf8')), 'node.yaml');
  if (!node.ok) throw new Error(node.problems.map(problemText).join('\n'));
  const made = Kernel.create({ node: node.value });
  if (!made.ok) throw new Error(made.problems.map(problemText).join('\n'));
  made.value.load(programRequest(SOCKET_SEQUENCES.find((s) => s.hook === hook)!));
  return made.value;
}

const CTX = {
  tc: { size: 192, ifindex: 40 },
  xdp: { size: 24, ifindex: 12 },
} as const;

/** Runs a program on a packet that came in by `ifindex`. */
function run(kernel: Kernel, hook: 'tc' | 'xdp', data: Uint8Array, ifindex: number): number {
  const ctx = new Uint8Array(CTX[hook].size);
  const view = new DataView(ctx.buffer);
  view.setUint32(CTX[hook].ifindex, ifindex, true);
  if (hook === 'xdp') view.setUint32(4, data.length, true);
  const result = kernel.testRun(kernel.prog(`sockets_${hook}`)!, { data, ctx }).finish();
  if (result.state !== 'done') throw new Error(JSON.stringify(result));
  return result.output.retval;
}

interface Record {
  readonly bound_dev_if: number;
  readonly family: number;
  readonly type: number;
  readonly protocol: number;
  readonly mark: number;
  readonly priority: number;
  readonly src: readonly string[];
  readonly src_port: number;
  readonly dst_port: number;
  readonly dst: readonly string[];
  readonly state: number;
  readonly rx_queue_mapping: number;
}

/** The record that the program wrote. */
function lastSocket(kernel: Kernel): Record {
  const map = kernel.world.maps.find((m) => m.name === 'last_socket')!;
  const [element] = [...dumpMap(kernel.maps, map.address)];
  const value = (element as { readonly value: Uint8Array }).value;
  const view = new DataView(value.buffer, value.byteOffset);
  const u32 = (at: number): number => view.getUint32(at, true);
  return {
    bound_dev_if: u32(0),
    family: u32(4),
    type: u32(8),
    protocol: u32(12),
    mark: u32(16),
    priority: u32(20),
    src: [formatIpv4(value.subarray(24, 28)), formatIpv6(value.subarray(28, 44))],
    src_port: u32(44),
    dst_port: view.getUint16(48),
    dst: [formatIpv4(value.subarray(52, 56)), formatIpv6(value.subarray(56, 72))],
    state: u32(72),
    rx_queue_mapping: view.getInt32(76, true),
  };
}

const NOBODY = ['0.0.0.0', '::'] as const;
const four = (addr: string): readonly string[] => [addr, '::'];
const six = (addr: string): readonly string[] => ['0.0.0.0', addr];
/** What a socket has that is not full: nothing beyond addresses and state. */
const SMALL = { bound_dev_if: 0, type: 0, protocol: 0, mark: 0, priority: 0, rx_queue_mapping: 0 } as const;
const TCP4 = { bound_dev_if: 0, family: AF_INET, type: SOCK_STREAM, protocol: 6, rx_queue_mapping: -1 } as const;
const TCP6 = { ...TCP4, family: AF_INET6 } as const;
const UDP4 = { ...TCP4, type: SOCK_DGRAM, protocol: 17 } as const;
const UDP6 = { ...UDP4, family: AF_INET6 } as const;

interface FieldCase {
  readonly name: string;
  readonly packet: Uint8Array;
  readonly tc: Record;
  /** Where the two hooks read different things. */
  readonly xdp?: Record;
}

const from4 = (port: number): Ends => [FRIEND.v4, port, HERE.v4, 22];
const from6 = (port: number): Ends => [FRIEND.v6, port, HERE.v6, 22];
const LISTENER4: Record = {
  ...TCP4,
  bound_dev_if: OUTSIDE,
  mark: 0x01020304,
  priority: 6,
  src: four(HERE.v4),
  src_port: 22,
  dst_port: 0,
  dst: NOBODY,
  state: LISTEN,
};
const LISTENER6: Record = {
  ...TCP6,
  mark: 7,
  priority: 0x0a0b0c0d,
  src: six(HERE.v6),
  src_port: 22,
  dst_port: 0,
  dst: NOBODY,
  state: LISTEN,
};

const CASES: readonly FieldCase[] = [
  { name: 'an IPv4 listener on a device', packet: tcp(from4(1)), tc: LISTENER4 },
  { name: 'an IPv6 listener', packet: tcp(from6(1)), tc: LISTENER6 },
  {
    name: 'an IPv4 session',
    packet: tcp(from4(40000), '.'),
    tc: {
      ...TCP4,
      mark: 8,
      priority: 3,
      src: four(HERE.v4),
      src_port: 22,
      dst_port: 40000,
      dst: four(FRIEND.v4),
      state: ESTABLISHED,
    },
  },
  {
    name: 'what is left of an IPv4 session',
    packet: tcp(from4(40001), '.'),
    tc: {
      ...SMALL,
      bound_dev_if: OUTSIDE,
      family: AF_INET,
      src: four(HERE.v4),
      src_port: 22,
      dst_port: 40001,
      dst: four(FRIEND.v4),
      state: TIME_WAIT,
    },
  },
  {
    name: 'an IPv6 session',
    packet: tcp(from6(40002), '.'),
    tc: {
      ...TCP6,
      mark: 9,
      priority: 0,
      src: six(HERE.v6),
      src_port: 22,
      dst_port: 40002,
      dst: six(FRIEND.v6),
      state: ESTABLISHED,
    },
  },
  {
    name: 'what is left of an IPv6 session',
    packet: tcp(from6(40003), '.'),
    tc: {
      ...SMALL,
      family: AF_INET6,
      src: six(HERE.v6),
      src_port: 22,
      dst_port: 40003,
      dst: six(FRIEND.v6),
      state: TIME_WAIT,
    },
  },
  {
    // bpf_sk_lookup_tcp, which the XDP program asks first, gives the listener instead.
    name: 'an IPv6 session about to begin',
    packet: tcp(from6(40004), '.'),
    tc: {
      ...SMALL,
      family: AF_INET6,
      src: six(HERE.v6),
      src_port: 22,
      dst_port: 40004,
      dst: six(FRIEND.v6),
      state: NEW_SYN_RECV,
    },
    xdp: LISTENER6,
  },
  {
    name: 'a UDP socket on a device',
    packet: udp([FRIEND.v4, 1, HERE.v4, 53]),
    tc: {
      ...UDP4,
      bound_dev_if: OUTSIDE,
      mark: 10,
      priority: 0,
      src: four(HERE.v4),
      src_port: 53,
      dst_port: 0,
      dst: NOBODY,
      state: CLOSE,
    },
  },
  {
    name: 'an IPv6 UDP socket',
    packet: udp([FRIEND.v6, 1, HERE.v6, 53]),
    tc: { ...UDP6, mark: 0, priority: 2, src: six(HERE.v6), src_port: 53, dst_port: 0, dst: NOBODY, state: CLOSE },
  },
  {
    name: 'a connected UDP socket',
    packet: udp(['2001:db8:5::53', 53, HERE.v6, 40005]),
    tc: {
      ...UDP6,
      mark: 11,
      priority: 0,
      src: six(HERE.v6),
      src_port: 40005,
      dst_port: 53,
      dst: six('2001:db8:5::53'),
      state: ESTABLISHED,
    },
  },
];

describe.each(['tc', 'xdp'] as const)('at %s', (hook) => {
  const kernel = kernelWith(hook);
  it.each(CASES)('reads every field of $name', ({ packet, ...expected }) => {
    run(kernel, hook, packet, OUTSIDE);
    expect(lastSocket(kernel)).toEqual((hook === 'xdp' && expected.xdp) || expected.tc);
  });

  it('gives every reference back', () => {
    const { arena, world } = kernel;
    const references = (): number[] =>
      [...world.sockets.all.values()].map((sk) => skMember(arena, sk, 'sock_common', 'skc_refcnt'));
    const before = references();
    for (const { packet } of CASES) run(kernel, hook, packet, OUTSIDE);
    expect(references()).toEqual(before);
  });
});

describe('the device that a socket is bound to', () => {
  it('must be the one that the packet came in by', () => {
    const kernel = kernelWith('xdp');
    expect(run(kernel, 'xdp', tcp(from4(1)), OUTSIDE)).toBe(XDP_PASS);
    expect(lastSocket(kernel).bound_dev_if).toBe(OUTSIDE);
    const other = kernelWith('xdp');
    run(other, 'xdp', tcp(from4(1)), INSIDE);
    expect(lastSocket(other).family).toBe(0);
  });
});

describe('what is forwarded', () => {
  const kernel = kernelWith('xdp');
  it.each([
    ['from outside to a server', ['198.51.100.66', 1, '10.0.0.21', 80], OUTSIDE, XDP_REDIRECT, INSIDE],
    ['from outside to a server', ['2001:db8:5::66', 1, '2001:db8::21', 80], OUTSIDE, XDP_REDIRECT, INSIDE],
    ['from a server to outside', ['10.0.0.21', 80, '198.51.100.66', 1], INSIDE, XDP_REDIRECT, OUTSIDE],
    ['from a server to outside', ['2001:db8::21', 80, '2001:db8:5::66', 1], INSIDE, XDP_REDIRECT, OUTSIDE],
    ['from outside to a service', ['198.51.100.66', 1, '192.0.2.100', 80], OUTSIDE, XDP_REDIRECT, INSIDE],
    ['from server to server', ['10.0.0.21', 80, '10.0.0.22', 1], INSIDE, XDP_TX, undefined],
    ['from server to server', ['2001:db8::21', 80, '2001:db8::22', 1], INSIDE, XDP_TX, undefined],
    ['back to the outside', ['198.51.100.66', 1, '203.0.113.5', 1], OUTSIDE, XDP_TX, undefined],
  ] as const)('%s %j', (_, ends, came, verdict, goes) => {
    const retval = run(kernel, 'xdp', tcp(ends), came);
    expect(retval).toBe(verdict);
    expect(kernel.world.redirect?.ifindex).toBe(goes);
    expect(kernel.world.redirect?.flags ?? 0).toBe(0);
  });
});

it('maps.json holds what the tests put into the maps', () => {
  const json = JSON.parse(readFileSync(new URL('maps.json', FOLDER), 'utf8')) as Readonly<
    globalThis.Record<string, readonly { readonly key: readonly string[]; readonly value: readonly string[] }[]>
  >;
  const bytes = (hex: string): string[] => (hex.match(/../g) ?? []).map((b) => `0x${b}`);
  for (const { hook, settings } of SOCKET_SEQUENCES.slice(0, 2)) {
    expect(settings).toEqual({ netns: 0xffff_ffff, noSocket: 2 });
    for (const { name, updates } of programRequest({ name: '', hook, settings }).maps ?? []) {
      if (!updates || name === undefined || name.endsWith('rodata')) continue;
      expect(json[name]).toEqual(
        updates.map(({ key, value }) => ({ key: bytes(key as string), value: bytes(value as string) })),
      );
    }
  }
});
