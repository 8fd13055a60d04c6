/** What the maps of the socket-aware programs hold: policy, services, backends, settings. */
import { parseIpv4, parseIpv6 } from '../../../src/net/addr.ts';
import type { MapUpdate } from '../../../src/spec/request.ts';
import { toHex } from '../../../src/util/hex.ts';
import { PORT, THERE } from './world.ts';

export const TCP = 6;
const UDP = 17;

const le = (value: number, size: number): number[] =>
  Array.from({ length: size }, (_, i) => Math.floor(value / 256 ** i) & 0xff);
const be16 = (value: number): number[] => [value >> 8, value & 0xff];

/** 16 bytes; an IPv4 address is mapped. */
function address(text: string): number[] {
  const four = parseIpv4(text);
  if (four) return [...new Array<number>(10).fill(0), 0xff, 0xff, ...four];
  const six = parseIpv6(text);
  if (!six) throw new Error(text);
  return [...six];
}

const hex = (...parts: readonly number[][]): string => toHex(Uint8Array.from(parts.flat()));

/** A rule: bits of the source's prefix, of an IPv4 one without the 96 of the mapping. */
function rule(proto: number, port: number, prefix: string, verdict: number): MapUpdate {
  const [addr, bits] = prefix.split('/') as [string, string];
  const length = 32 + Number(bits) + (addr.includes(':') ? 0 : 96);
  return { key: hex(le(length, 4), be16(port), le(proto, 2), address(addr)), value: hex(le(verdict, 4)) };
}

const POLICY: readonly MapUpdate[] = [
  rule(TCP, PORT.ssh, '198.51.100.0/24', 1),
  rule(TCP, PORT.ssh, '198.51.100.128/25', 0),
  rule(TCP, PORT.ssh, `${THERE.v6[0]}/128`, 1),
  rule(TCP, PORT.ssh, `${THERE.v6[1]}/128`, 0),
  rule(UDP, PORT.dns, `${THERE.v4[0]}/32`, 7),
  rule(UDP, PORT.dns, `${THERE.v6[0]}/64`, 1),
  rule(TCP, PORT.closed, '192.0.2.0/24', 1),
];

export interface Service {
  readonly ip: string;
  readonly port: number;
  readonly proto: number;
  readonly first: number;
  readonly backends: readonly (readonly [ip: string, port: number])[];
  /** Where it is not the number of backends. */
  readonly count?: number;
}

export const SERVICES = {
  web4: {
    ip: '192.0.2.100',
    port: 80,
    proto: TCP,
    first: 10,
    backends: [
      ['10.0.0.21', 8080],
      ['10.0.0.22', 80],
      ['198.51.100.23', 8443],
    ],
  },
  dns4: {
    ip: '192.0.2.100',
    port: 53,
    proto: UDP,
    first: 20,
    backends: [
      ['10.0.0.21', 5353],
      ['10.0.0.22', 53],
    ],
  },
  web6: {
    ip: '2001:db8:100::80',
    port: 80,
    proto: TCP,
    first: 30,
    backends: [
      ['2001:db8::21', 8080],
      ['2001:db8::22', 80],
      ['2001:db8:5:1:2:3:4:5', 8443],
    ],
  },
  dns6: {
    ip: '2001:db8:100::80',
    port: 53,
    proto: UDP,
    first: 40,
    backends: [
      ['2001:db8::21', 5353],
      ['2001:db8::22', 53],
    ],
  },
  /** No backend, or one that nobody put there. */
  none: { ip: '192.0.2.101', port: 80, proto: TCP, first: 50, backends: [] },
  lost: { ip: '192.0.2.102', port: 80, proto: TCP, first: 60, backends: [], count: 1 },
  /** Backends that cannot be reached: no neighbour, a blackhole, and back where the packet came from. */
  far: { ip: '192.0.2.103', port: 80, proto: TCP, first: 70, backends: [['10.0.0.99', 80]] },
  hole: { ip: '192.0.2.104', port: 80, proto: TCP, first: 71, backends: [['203.0.113.1', 80]] },
  back: { ip: '192.0.2.105', port: 80, proto: TCP, first: 72, backends: [['198.18.0.2', 80]] },
} as const satisfies Record<string, Service>;

const SERVICE_LIST: readonly Service[] = Object.values(SERVICES);

/** The settings: where sockets are looked up, and the verdict where nobody listens. */
export interface Settings {
  readonly netns: number;
  readonly noSocket: number;
}

/** All maps filled, by name. */
export function filled({ netns, noSocket }: Settings): Readonly<Record<string, readonly MapUpdate[]>> {
  return {
    config: [{ key: hex(le(0, 4)), value: hex(le(netns, 4), le(noSocket, 4)) }],
    policy: POLICY,
    services: SERVICE_LIST.map(({ ip, port, proto, first, backends, count = backends.length }) => ({
      key: hex(address(ip), be16(port), le(proto, 2)),
      value: hex(le(first, 4), le(count, 4)),
    })),
    backends: SERVICE_LIST.flatMap(({ first, backends }) =>
      backends.map(([ip, port], i) => ({ key: hex(le(first + i, 4)), value: hex(address(ip), be16(port), [0, 0]) })),
    ),
  };
}
