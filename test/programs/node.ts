/** The node of the demo: its pods, services, identities and policy, and the maps that an agent would fill with them. */
import { parseIpv4, parseMac } from '../../src/net/addr.ts';

export const NODE_MAC = '02:00:00:00:01:01';
const GATEWAY_MAC = '02:00:00:00:00:fe';

export interface Host {
  readonly ip: string;
  readonly mac: string;
  /** Number of a pod of this node. */
  readonly lxc?: number;
}

/** Pods of this node are 10.0.1.x; what is elsewhere is reached through the gateway. */
export const HOSTS = {
  client: { ip: '10.0.1.10', mac: '02:00:00:00:00:10', lxc: 10 },
  web1: { ip: '10.0.1.20', mac: '02:00:00:00:00:20', lxc: 20 },
  web2: { ip: '10.0.2.30', mac: GATEWAY_MAC },
  dns: { ip: '10.0.2.53', mac: GATEWAY_MAC },
  alice: { ip: '203.0.113.7', mac: GATEWAY_MAC },
  bob: { ip: '203.0.113.8', mac: GATEWAY_MAC },
  router: { ip: '10.0.0.254', mac: GATEWAY_MAC },
} as const satisfies Record<string, Host>;

/** What pods reach themselves through when a service leads back to them. */
export const LOOPBACK = '169.254.42.1';

const IDENTITY = { world: 2, client: 1010, web: 1020, dns: 1053 } as const;

const BACKENDS = [
  { id: 1, ip: HOSTS.web1.ip, port: 8080 },
  { id: 2, ip: HOSTS.web2.ip, port: 8080 },
  { id: 3, ip: HOSTS.dns.ip, port: 53 },
] as const;

export const SERVICES = {
  /** Served elsewhere. */
  web: { ip: '10.96.0.80', port: 80, revNat: 1, backends: [2] },
  dns: { ip: '10.96.0.10', port: 53, revNat: 2, backends: [3] },
  /** Served by a pod of this node, which may call it itself. */
  near: { ip: '10.96.0.81', port: 80, revNat: 3, backends: [1] },
  /** Two backends: the dice decide. */
  both: { ip: '10.96.0.90', port: 80, revNat: 4, backends: [1, 2] },
  /** Nobody serves it. */
  empty: { ip: '10.96.0.99', port: 443, revNat: 5, backends: [] },
  /** For clients outside. */
  outside: { ip: '192.0.2.80', port: 80, revNat: 6, backends: [2] },
  outsideNear: { ip: '192.0.2.80', port: 8000, revNat: 7, backends: [1] },
  outsideBoth: { ip: '192.0.2.90', port: 80, revNat: 8, backends: [1, 2] },
} as const satisfies Record<string, Service>;

export interface Service {
  readonly ip: string;
  readonly port: number;
  readonly revNat: number;
  readonly backends: readonly number[];
}

export const backend = (id: number): { readonly ip: string; readonly port: number } => BACKENDS[id - 1]!;

const TCP = 6;
const UDP = 17;
const ICMP = 1;

/** [pod, egress, peer's identity or 0, port or 0, protocol or 0] */
const POLICY: readonly (readonly [lxc: number, egress: 0 | 1, peer: number, port: number, protocol: number])[] = [
  [10, 1, IDENTITY.web, 8080, TCP],
  [10, 1, 0, 53, UDP],
  [10, 1, IDENTITY.web, 0, ICMP],
  [20, 0, IDENTITY.client, 8080, TCP],
  [20, 0, IDENTITY.world, 8080, TCP],
  [20, 1, 0, 0, 0],
];

/** Bytes of numbers of a given size, little-endian; texts are addresses. */
function bytes(...parts: readonly (readonly [number | string, number])[]): number[] {
  return parts.flatMap(([value, size]) => {
    const address = typeof value === 'string' ? (value.includes(':') ? parseMac(value) : parseIpv4(value)) : undefined;
    if (address) return [...address, ...new Array<number>(size - address.length).fill(0)];
    return Array.from({ length: size }, (_, i) => Math.floor(Number(value) / 256 ** i) & 0xff);
  });
}

const be16 = (value: number): readonly [number, number] => [((value & 0xff) << 8) | (value >> 8), 2];

type Entry = readonly [key: number[], value: number[]];

function services(): Entry[] {
  return Object.values<Service>(SERVICES).flatMap(({ ip, port, revNat, backends }) => {
    const key = (slot: number): number[] => bytes([ip, 4], be16(port), [slot, 2], [0, 4]);
    const frontend: Entry = [key(0), bytes([0, 4], [backends.length, 2], [revNat, 2], [0, 4])];
    const slots = backends.map((id, i): Entry => [key(i + 1), bytes([id, 4], [0, 2], [revNat, 2], [0, 4])]);
    return [frontend, ...slots];
  });
}

const ipcacheKey = (ip: string, bits: number): number[] => bytes([32 + bits, 4], [0, 3], [1, 1], [ip, 4], [0, 12]);
const identity = (label: number): number[] => bytes([label, 4], [0, 4], [0, 4]);

/** What the agent puts into the maps, by map. */
function agentMaps(): Record<string, Entry[]> {
  const pods = Object.values<Host>(HOSTS).filter((h) => h.lxc !== undefined);
  return {
    cilium_lb4_services_v2: services(),
    cilium_lb4_backends: BACKENDS.map(({ id, ip, port }) => [bytes([id, 2]), bytes([ip, 4], be16(port), [0, 2])]),
    cilium_lb4_reverse_nat: Object.values<Service>(SERVICES).map(({ ip, port, revNat }) => [
      bytes([revNat, 2]),
      bytes([ip, 4], be16(port)),
    ]),
    cilium_lxc: pods.map(({ ip, mac, lxc }) => [
      bytes([ip, 4], [0, 12], [1, 1], [0, 3]),
      bytes([lxc! + 90, 4], [0, 2], [lxc!, 2], [0, 8], [mac, 8], [NODE_MAC, 8], [0, 16]),
    ]),
    cilium_ipcache: [
      [ipcacheKey(HOSTS.client.ip, 32), identity(IDENTITY.client)],
      [ipcacheKey(HOSTS.web1.ip, 32), identity(IDENTITY.web)],
      [ipcacheKey(HOSTS.web2.ip, 32), identity(IDENTITY.web)],
      [ipcacheKey(HOSTS.dns.ip, 32), identity(IDENTITY.dns)],
    ],
    cilium_policy: POLICY.map(([lxc, egress, peer, port, protocol]) => [
      bytes([lxc, 2], [0, 2], [peer, 4], be16(port), [protocol, 1], [egress, 1]),
      bytes([0, 24]),
    ]),
    cilium_nodeport_neigh4: [HOSTS.web2, HOSTS.dns].map(({ ip, mac }) => [bytes([ip, 4]), bytes([mac, 8])]),
  };
}

const hexBytes = (of: readonly number[]): string[] => of.map((b) => `0x${b.toString(16).padStart(2, '0')}`);

export type MapDump = Record<string, { readonly key: string[]; readonly value: string[] }[]>;

/** The maps as `bpftool map dump -j` prints each of them. */
export function nodeMaps(): MapDump {
  return Object.fromEntries(
    Object.entries(agentMaps()).map(([name, entries]) => [
      name,
      entries.map(([key, value]) => ({ key: hexBytes(key), value: hexBytes(value) })),
    ]),
  );
}
