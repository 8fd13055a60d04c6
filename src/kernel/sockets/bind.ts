/** Binding: which addresses a socket may take, and whom it would be in the way of. */
import type { Arena } from '../../mem/arena.ts';
import { setSkMember, skFullsock, skMember } from '../../net/inetSock.ts';
import { UAPI } from '../../spec/constants.ts';
import { ERRNO } from '../../spec/errno.ts';
import { offsetOf } from '../../spec/layouts.ts';
import { swap16 } from '../../util/bits.ts';
import { pinet6 } from './create.ts';
import { isAny, isMapped } from './spec.ts';
import type { SocketProto, SocketTable } from './table.ts';
import { boundKey, localWords } from './table.ts';

const { AF_INET6, IPPROTO_TCP, TCP_LISTEN } = UAPI;
/** What an IPv6 socket with an address of its own shows as its IPv4 address: 127.0.0.6. */
export const LOOPBACK4_IPV6 = 0x0600007f;
/** sk_userlocks: the address, the port was bound. */
const SOCK_BINDADDR_LOCK = 4;
const SOCK_BINDPORT_LOCK = 8;

/** The third word of an IPv4 address in IPv6 form. */
const MAPPED_WORD = 0xffff0000;

const V6_RCV_SADDR = offsetOf('sock_common', 'skc_v6_rcv_saddr');

/** What binding asks of the node. */
export interface NodeAddresses {
  /** Is this one of its addresses? Those of a link count only on their interface, where one is given. */
  isLocal(address: Uint8Array, ifindex: number): boolean;
  hasDevice(ifindex: number): boolean;
}

function multicast(addr: Uint8Array): boolean {
  return addr.length === 4 ? addr[0]! >= 224 && addr[0]! < 240 : addr[0] === 0xff;
}

function broadcast(addr: Uint8Array): boolean {
  return addr.length === 4 && addr.every((b) => b === 255);
}

function mayBindV4(addr: Uint8Array, node: NodeAddresses): number {
  const good = isAny(addr) || multicast(addr) || broadcast(addr) || node.isLocal(addr, 0);
  return good ? 0 : ERRNO.EADDRNOTAVAIL;
}

/** Of a link, so that the interface must be known. @kernel __ipv6_addr_needs_scope_id */
function needsScope(addr: Uint8Array): boolean {
  const linkLocal = addr[0] === 0xfe && (addr[1]! & 0xc0) === 0x80;
  return linkLocal || (addr[0] === 0xff && ((addr[1]! & 0xf) === 1 || (addr[1]! & 0xf) === 2));
}

function mayBindV6(arena: Arena, sk: number, addr: Uint8Array, node: NodeAddresses): number {
  if (isMapped(addr)) {
    const v6only = skMember(arena, sk, 'sock_common', 'skc_ipv6only') !== 0;
    return v6only ? ERRNO.EINVAL : mayBindV4(addr.subarray(12), node);
  }
  if (multicast(addr)) {
    const tcp = skMember(arena, sk, 'sock', 'sk_protocol') === IPPROTO_TCP;
    if (tcp) return ERRNO.EINVAL;
  }
  if (needsScope(addr) && skMember(arena, sk, 'sock_common', 'skc_bound_dev_if') === 0) return ERRNO.EINVAL;
  if (isAny(addr)) return 0;
  const device = skMember(arena, sk, 'sock_common', 'skc_bound_dev_if');
  if (device !== 0 && !node.hasDevice(device)) return ERRNO.ENODEV;
  return multicast(addr) || node.isLocal(addr, device) ? 0 : ERRNO.EADDRNOTAVAIL;
}

/** 0, or the errno (positive) with which bind(2) refuses the address. @kernel __inet_bind, __inet6_bind */
export function addressRefused(arena: Arena, sk: number, addr: Uint8Array, node: NodeAddresses): number {
  return addr.length === 16 ? mayBindV6(arena, sk, addr, node) : mayBindV4(addr, node);
}

/** Gives a socket its local address and port (host order). */
export function setLocal(arena: Arena, sk: number, addr: Uint8Array, port: number): void {
  const v6 = addr.length === 16;
  const at = sk + offsetOf('sock_common', 'skc_rcv_saddr');
  const source = sk + offsetOf('inet_sock', 'inet_saddr');
  if (v6) {
    arena.put(sk + V6_RCV_SADDR, addr);
    if (!multicast(addr)) arena.put(pinet6(arena, sk), addr);
    const v4 = isAny(addr) ? 0 : isMapped(addr) ? arena.getU32(sk + V6_RCV_SADDR + 12) : LOOPBACK4_IPV6;
    // An address of its own shuts IPv4 out.
    if (!isAny(addr) && !isMapped(addr)) setSkMember(arena, sk, 'sock_common', 'skc_ipv6only', 1);
    arena.setU32(at, v4);
    arena.setU32(source, v4);
  } else {
    arena.put(at, addr);
    // Packets do not leave with a group's address.
    if (multicast(addr) || broadcast(addr)) arena.setU32(source, 0);
    else arena.put(source, addr);
  }
  setSkMember(arena, sk, 'sock_common', 'skc_num', port);
  setSkMember(arena, sk, 'inet_sock', 'inet_sport', swap16(port));
  const locks = (isAny(addr) ? 0 : SOCK_BINDADDR_LOCK) | SOCK_BINDPORT_LOCK;
  setSkMember(arena, sk, 'sock', 'sk_userlocks', skMember(arena, sk, 'sock', 'sk_userlocks') | locks);
}

/** The address that a socket is bound to, or `source`, which it then takes: what it sends comes from there. */
export function takeSource(arena: Arena, sk: number, source: Uint8Array): Uint8Array {
  const v6 = source.length === 16;
  const at = sk + (v6 ? V6_RCV_SADDR : offsetOf('sock_common', 'skc_rcv_saddr'));
  const own = arena.bytes(at, source.length).slice();
  if (!isAny(own)) return own;
  if (v6) arena.put(pinet6(arena, sk), source);
  else arena.put(sk + offsetOf('inet_sock', 'inet_saddr'), source);
  return source;
}

type Scope = 'any' | 'mapped' | 'own';

function scopeOf(words: readonly number[]): Scope {
  if (words.every((w) => w === 0)) return 'any';
  return words[0] === 0 && words[1] === 0 && words[2] === MAPPED_WORD ? 'mapped' : 'own';
}

/** Would packets for one of the two also fit the other? Wildcards count, unless `exact`. @kernel inet_rcv_saddr_equal */
function rcvSaddrEqual(arena: Arena, sk: number, other: number, exact: boolean): boolean {
  const only = (s: number): boolean => skMember(arena, s, 'sock_common', 'skc_ipv6only') !== 0;
  const v6 = (s: number): boolean => skMember(arena, s, 'sock_common', 'skc_family') === AF_INET6;
  const v4Equal = (): boolean => {
    if (only(other)) return false;
    const [a, b] = [localWords(arena, sk, false)[0], localWords(arena, other, false)[0]];
    return a === b || (!exact && (a === 0 || b === 0));
  };
  if (!v6(sk)) return v4Equal();
  const mine = localWords(arena, sk, true);
  const theirs = v6(other) ? localWords(arena, other, true) : undefined;
  const [a, b] = [scopeOf(mine), theirs ? scopeOf(theirs) : 'mapped'];
  if (a === 'mapped' && b === 'mapped') return v4Equal();
  if (a === 'any' && b === 'any') return true;
  if (b === 'any' && !exact && !(only(other) && a === 'mapped')) return true;
  if (a === 'any' && !exact && !(only(sk) && b === 'mapped')) return true;
  return theirs?.every((word, i) => word === mine[i]) ?? false;
}

/** May two sockets that both have SO_REUSEPORT share an address? What is in TIME_WAIT has no owner any more. */
function shares(arena: Arena, sk: number, other: number): boolean {
  const set = (s: number): boolean => skMember(arena, s, 'sock_common', 'skc_reuseport') !== 0;
  if (!set(sk) || !set(other)) return false;
  return (
    !skFullsock(arena, other) || skMember(arena, sk, 'sock', 'sk_uid') === skMember(arena, other, 'sock', 'sk_uid')
  );
}

/** Who has the port. */
function holders(table: SocketTable, proto: SocketProto, port: number): readonly number[] {
  if (proto === 'udp') return table.bound.get(boundKey('udp', port)) ?? [];
  return [...(table.ports.get(port)?.keys() ?? [])];
}

/** Is a bound socket in the way of this one? @kernel inet_csk_bind_conflict, udp_lib_lport_inuse */
export function bindConflict(arena: Arena, table: SocketTable, proto: SocketProto, sk: number, port: number): boolean {
  const device = skMember(arena, sk, 'sock_common', 'skc_bound_dev_if');
  const reuse = skMember(arena, sk, 'sock_common', 'skc_reuse') !== 0;
  return holders(table, proto, port).some((other) => {
    if (other === sk) return false;
    const bound = skMember(arena, other, 'sock_common', 'skc_bound_dev_if');
    if (device !== 0 && bound !== 0 && device !== bound) return false;
    const both = reuse && skMember(arena, other, 'sock_common', 'skc_reuse') !== 0;
    // SO_REUSEADDR does not help where the other one listens.
    if (both && (proto === 'udp' || skMember(arena, other, 'sock_common', 'skc_state') !== TCP_LISTEN)) return false;
    return rcvSaddrEqual(arena, sk, other, false) && !shares(arena, sk, other);
  });
}

/** Has nobody the port, so that it can be chosen for a socket? */
export function portIsFree(table: SocketTable, proto: SocketProto, port: number): boolean {
  return proto === 'udp' ? table.bound.get(boundKey('udp', port)) === undefined : table.ports.get(port) === undefined;
}

/** Was the port bound by somebody, not chosen for a connection? @kernel inet_bind_bucket fastreuse */
export function portIsBound(arena: Arena, table: SocketTable, port: number): boolean {
  const bound = (sk: number): boolean =>
    skFullsock(arena, sk) && (skMember(arena, sk, 'sock', 'sk_userlocks') & SOCK_BINDPORT_LOCK) !== 0;
  return holders(table, 'tcp', port).some(bound);
}

/** The socket whose reuseport group this one joins. @kernel inet_reuseport_add_sock, udp_reuseport_add_sock */
export function reuseportPeer(arena: Arena, table: SocketTable, proto: SocketProto, sk: number): number | undefined {
  const same = (other: number, name: 'skc_family' | 'skc_ipv6only' | 'skc_bound_dev_if'): boolean =>
    skMember(arena, sk, 'sock_common', name) === skMember(arena, other, 'sock_common', name);
  const port = skMember(arena, sk, 'sock_common', 'skc_num');
  return (table.bound.get(boundKey(proto, port)) ?? []).find(
    (other) =>
      same(other, 'skc_family') &&
      same(other, 'skc_ipv6only') &&
      same(other, 'skc_bound_dev_if') &&
      shares(arena, sk, other) &&
      rcvSaddrEqual(arena, sk, other, true),
  );
}
