/** The sockets of a node by where look-ups find them: immutable tables, replaced when a socket comes or goes. */
import type { Arena } from '../../mem/arena.ts';
import { skMember } from '../../net/inetSock.ts';
import { LAYOUTS } from '../../spec/layouts.ts';

export type SocketProto = 'tcp' | 'udp';

/** Sockets that share their address: a flow's hash picks one of them. */
export interface ReuseportGroup {
  readonly id: number;
  /** Addresses of the socket objects, in the order in which they joined. */
  readonly socks: readonly number[];
}

/** Addresses are those of kernel objects in linear memory. */
export interface SocketTable {
  /** Listening TCP and bound UDP sockets by `proto:port`, each in the order in which the kernel's hash chain has them. */
  readonly bound: ReadonlyMap<string, readonly number[]>;
  /** Established, TIME_WAIT and request sockets by `ehashKey`. */
  readonly established: ReadonlyMap<string, number>;
  readonly groups: readonly ReuseportGroup[];
  /** All sockets, oldest first. */
  readonly all: readonly number[];
  /** The last cookie that was given to a socket; cookies are given when somebody asks. */
  readonly cookie: number;
  /** Objects of the congestion controls that were asked for. */
  readonly congestion: readonly { readonly name: string; readonly address: number }[];
}

export const NO_SOCKETS: SocketTable = {
  bound: new Map(),
  established: new Map(),
  groups: [],
  all: [],
  cookie: 0,
  congestion: [],
};

const COMMON = LAYOUTS.sock_common.members;
const RCV_SADDR = COMMON.skc_rcv_saddr[0];
const DADDR = COMMON.skc_daddr[0];
const V6_RCV_SADDR = COMMON.skc_v6_rcv_saddr[0];
const V6_DADDR = COMMON.skc_v6_daddr[0];

/** Four words of an address, network order, as a little-endian load gives them; of IPv4 one. */
export type AddressWords = readonly number[];

/** Key of an established socket: local address and port, then remote; ports in host order. */
export function ehashKey(local: AddressWords, port: number, remote: AddressWords, remotePort: number): string {
  return `${local.join(',')}:${port}-${remote.join(',')}:${remotePort}`;
}

export function boundKey(proto: SocketProto, port: number): string {
  return `${proto}:${port}`;
}

/** The four words of an address at an address. */
export function words(arena: Arena, at: number, count: number): AddressWords {
  return Array.from({ length: count }, (_, i) => arena.getU32(at + 4 * i));
}

/** The local address as look-ups of this family compare it. */
export function localWords(arena: Arena, sk: number, v6: boolean): AddressWords {
  return v6 ? words(arena, sk + V6_RCV_SADDR, 4) : words(arena, sk + RCV_SADDR, 1);
}

export function remoteWords(arena: Arena, sk: number, v6: boolean): AddressWords {
  return v6 ? words(arena, sk + V6_DADDR, 4) : words(arena, sk + DADDR, 1);
}

/** Adds a socket to its chain: first, or last as IPv6 sockets of reuseport groups are. @kernel __inet_hash */
export function withBound(table: SocketTable, key: string, sk: number, last: boolean): SocketTable {
  const chain = table.bound.get(key) ?? [];
  const bound = new Map(table.bound).set(key, last ? [...chain, sk] : [sk, ...chain]);
  return { ...table, bound };
}

export function withEstablished(table: SocketTable, key: string, sk: number): SocketTable {
  return { ...table, established: new Map(table.established).set(key, sk) };
}

export function withSocket(table: SocketTable, sk: number): SocketTable {
  return { ...table, all: [...table.all, sk] };
}

/** The group of a socket. */
export function groupOf(table: SocketTable, sk: number): ReuseportGroup | undefined {
  return table.groups.find((g) => g.socks.includes(sk));
}

/** Puts a socket into the group that `peer` is in, or into a new one. @kernel reuseport_add_sock */
export function withGrouped(table: SocketTable, sk: number, peer: number | undefined): SocketTable {
  const found = peer === undefined ? undefined : groupOf(table, peer);
  if (found) {
    const grown = { ...found, socks: [...found.socks, sk] };
    return { ...table, groups: table.groups.map((g) => (g === found ? grown : g)) };
  }
  const id = table.groups.reduce((top, g) => Math.max(top, g.id), 0) + 1;
  return { ...table, groups: [...table.groups, { id, socks: peer === undefined ? [sk] : [peer, sk] }] };
}

/** Whether look-ups can find the socket. @kernel sk_unhashed */
export function isHashed(table: SocketTable, arena: Arena, sk: number): boolean {
  for (const proto of ['tcp', 'udp'] as const) {
    const key = boundKey(proto, skMember(arena, sk, 'sock_common', 'skc_num'));
    if (table.bound.get(key)?.includes(sk)) return true;
  }
  for (const found of table.established.values()) if (found === sk) return true;
  return false;
}

/** Takes a socket out of every table. */
export function withoutSocket(table: SocketTable, sk: number): SocketTable {
  const bound = new Map([...table.bound].map(([key, chain]) => [key, chain.filter((s) => s !== sk)] as const));
  const established = new Map([...table.established].filter(([, s]) => s !== sk));
  const groups = table.groups.map((g) => ({ ...g, socks: g.socks.filter((s) => s !== sk) }));
  return {
    ...table,
    bound,
    established,
    groups: groups.filter((g) => g.socks.length > 0),
    all: table.all.filter((s) => s !== sk),
  };
}
