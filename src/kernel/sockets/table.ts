/** The sockets of a node by where look-ups find them: immutable tables, replaced when a socket comes or goes. */
import type { Arena } from '../../mem/arena.ts';
import { LAYOUTS } from '../../spec/layouts.ts';
import { IntMap } from '../../util/intMap.ts';
import { TextMap } from '../../util/textMap.ts';
import { NEW_LIFE, type SocketLife } from './life.ts';

export type SocketProto = 'tcp' | 'udp';

/** Sockets that share their address: a flow's hash picks one of them. */
export interface ReuseportGroup {
  readonly id: number;
  /** Addresses of the socket objects, in the order in which they joined. */
  readonly socks: readonly number[];
}

/** Where a socket is to be found, and what of its life is not in its kernel object. */
interface SocketRecord {
  /** Its place among all sockets, oldest first. */
  readonly serial: number;
  /** Its keys in `bound` and `established`. */
  readonly bound?: string;
  readonly ehash?: string;
  /** TCP: the port that it holds. */
  readonly port?: number;
  readonly life: SocketLife;
}

/** Addresses are those of kernel objects in linear memory. */
export interface SocketTable {
  /** Listening TCP, bound UDP and raw sockets by `proto:port`, each in the order in which the kernel's hash chain has them. */
  readonly bound: TextMap<readonly number[]>;
  /** Established, TIME_WAIT and request sockets by `ehashKey`. */
  readonly established: TextMap<number>;
  /** TCP sockets by the local port that they hold (the kernel: inet_bind_hashbucket). */
  readonly ports: IntMap<IntMap<true>>;
  readonly groups: readonly ReuseportGroup[];
  /** All sockets by their serial numbers: oldest first. */
  readonly all: IntMap<number>;
  /** What is known of each, by its address. */
  readonly records: IntMap<SocketRecord>;
  /** The last serial number. */
  readonly serial: number;
  /** Counts what is to differ from one socket to the next: ports that are chosen, identifications of packets. */
  readonly drawn: number;
  /** The last cookie that was given to a socket; cookies are given when somebody asks. */
  readonly cookie: number;
  /** Objects of the congestion controls that were asked for. */
  readonly congestion: readonly { readonly name: string; readonly address: number }[];
}

export const NO_SOCKETS: SocketTable = {
  bound: TextMap.EMPTY,
  established: TextMap.EMPTY,
  ports: IntMap.EMPTY,
  groups: [],
  all: IntMap.EMPTY,
  records: IntMap.EMPTY,
  serial: 0,
  drawn: 0,
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

function withRecord(table: SocketTable, sk: number, change: Partial<SocketRecord>): SocketTable {
  const record = table.records.get(sk);
  return record ? { ...table, records: table.records.with(sk, { ...record, ...change }) } : table;
}

/** Adds a socket to its chain: first, or last as IPv6 sockets of reuseport groups are. @kernel __inet_hash */
export function withBound(table: SocketTable, key: string, sk: number, last: boolean): SocketTable {
  const chain = table.bound.get(key) ?? [];
  const bound = table.bound.with(key, last ? [...chain, sk] : [sk, ...chain]);
  return withRecord({ ...table, bound }, sk, { bound: key });
}

/** Hashes a socket by both ends, in place of the one that was there. @kernel inet_ehash_insert */
export function withEstablished(table: SocketTable, key: string, sk: number): SocketTable {
  const before = table.established.get(key);
  const rest = before === undefined ? table : withoutKey(table, before, 'ehash');
  return withRecord({ ...rest, established: rest.established.with(key, sk) }, sk, { ehash: key });
}

export function withSocket(table: SocketTable, sk: number): SocketTable {
  const serial = table.serial + 1;
  const records = table.records.with(sk, { serial, life: NEW_LIFE });
  return { ...table, serial, records, all: table.all.with(serial, sk) };
}

/** A TCP socket takes a port. @kernel inet_bind_hash */
export function withPort(table: SocketTable, port: number, sk: number): SocketTable {
  const holders: IntMap<true> = table.ports.get(port) ?? IntMap.EMPTY;
  return withRecord({ ...table, ports: table.ports.with(port, holders.with(sk, true as const)) }, sk, { port });
}

export function withLife(table: SocketTable, sk: number, life: SocketLife): SocketTable {
  return withRecord(table, sk, { life });
}

/** What of a socket's life is not in its kernel object. */
export function lifeOf(table: SocketTable, sk: number): SocketLife {
  return table.records.get(sk)?.life ?? NEW_LIFE;
}

/** The record without one key. */
function withoutKey(table: SocketTable, sk: number, name: 'bound' | 'ehash' | 'port'): SocketTable {
  const record = table.records.get(sk);
  if (!record) return table;
  const { [name]: _, ...rest } = record;
  return { ...table, records: table.records.with(sk, rest) };
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
export function isHashed(table: SocketTable, sk: number): boolean {
  const record = table.records.get(sk);
  return record?.bound !== undefined || record?.ehash !== undefined;
}

/** Takes a socket out of what look-ups see. @kernel inet_unhash */
export function withoutHashed(table: SocketTable, sk: number): SocketTable {
  const record = table.records.get(sk);
  let now = table;
  if (record?.bound !== undefined) {
    const chain = now.bound.get(record.bound)!.filter((s) => s !== sk);
    const bound = chain.length > 0 ? now.bound.with(record.bound, chain) : now.bound.without(record.bound);
    now = withoutKey({ ...now, bound }, sk, 'bound');
  }
  if (record?.ehash !== undefined) {
    now = withoutKey({ ...now, established: now.established.without(record.ehash) }, sk, 'ehash');
  }
  if (!groupOf(now, sk)) return now;
  const groups = now.groups.map((g) => ({ ...g, socks: g.socks.filter((s) => s !== sk) }));
  return { ...now, groups: groups.filter((g) => g.socks.length > 0) };
}

/** The socket lets go of its port. @kernel inet_put_port */
export function withoutPort(table: SocketTable, sk: number): SocketTable {
  const port = table.records.get(sk)?.port;
  if (port === undefined) return table;
  const rest = table.ports.get(port)!.without(sk);
  const ports = rest.size > 0 ? table.ports.with(port, rest) : table.ports.without(port);
  return withoutKey({ ...table, ports }, sk, 'port');
}

/** Takes a socket out of every table. */
export function withoutSocket(table: SocketTable, sk: number): SocketTable {
  const record = table.records.get(sk);
  const now = withoutPort(withoutHashed(table, sk), sk);
  return record ? { ...now, all: now.all.without(record.serial), records: now.records.without(sk) } : now;
}
