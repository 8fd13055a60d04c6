/**
 * Members of socket objects, whatever their outermost struct: sock_common, sock, inet_sock, inet_connection_sock and
 * tcp_sock or udp_sock all begin at the same address.
 */
import type { Arena } from '../mem/arena.ts';
import { UAPI } from '../spec/constants.ts';
import type { MemberLayout, MemberName } from '../spec/layouts.ts';
import { LAYOUTS } from '../spec/layouts.ts';
import { readMember, writeMember } from './skbField.ts';

/** The structs that begin where the socket does. */
export type SockStruct =
  | 'sock_common'
  | 'sock'
  | 'inet_sock'
  | 'inet_connection_sock'
  | 'tcp_sock'
  | 'udp_sock'
  | 'request_sock'
  | 'inet_request_sock'
  | 'tcp_request_sock'
  | 'inet_timewait_sock'
  | 'tcp_timewait_sock'
  | 'ipv6_pinfo';

function placeOf(struct: SockStruct, name: string): MemberLayout {
  return (LAYOUTS[struct].members as Readonly<Record<string, MemberLayout>>)[name]!;
}

/** A scalar member, unsigned; of 64 bits the low half. */
export function skMember<S extends SockStruct>(arena: Arena, sk: number, struct: S, name: MemberName<S>): number {
  return readMember(arena, sk, placeOf(struct, name));
}

/** Writes what `skMember` reads; the upper half of 64 bits becomes 0. */
export function setSkMember<S extends SockStruct>(
  arena: Arena,
  sk: number,
  struct: S,
  name: MemberName<S>,
  value: number,
): void {
  writeMember(arena, sk, placeOf(struct, name), value);
}

/** Writes a member of 64 bits. */
export function setSkMember64<S extends SockStruct>(
  arena: Arena,
  sk: number,
  struct: S,
  name: MemberName<S>,
  lo: number,
  hi: number,
): void {
  arena.setU64(sk + placeOf(struct, name)[0], lo, hi);
}

/** Marks the regions of socket objects. */
export const SOCKET_TAG = 1;

/** Bits of sk_flags (enum sock_flags). */
export const SOCK_FLAG = { zapped: 8, useWriteQueue: 9, keepOpen: 3, rcuFree: 23 } as const;

/** @kernel sock_flag */
export function sockFlag(arena: Arena, sk: number, bit: number): boolean {
  return ((skMember(arena, sk, 'sock_common', 'skc_flags') >>> bit) & 1) !== 0;
}

/** @kernel sock_valbool_flag */
export function setSockFlag(arena: Arena, sk: number, bit: number, on: boolean): void {
  const flags = skMember(arena, sk, 'sock_common', 'skc_flags');
  setSkMember(arena, sk, 'sock_common', 'skc_flags', on ? flags | (1 << bit) : flags & ~(1 << bit));
}

const { AF_INET, AF_INET6, IPPROTO_TCP, IPPROTO_UDP, SOCK_DGRAM, SOCK_STREAM, TCP_NEW_SYN_RECV, TCP_TIME_WAIT } = UAPI;

/** Not one of the small sockets of TIME_WAIT and SYN_RECV. @kernel sk_fullsock */
export function skFullsock(arena: Arena, sk: number): boolean {
  const state = skMember(arena, sk, 'sock_common', 'skc_state');
  return state !== TCP_TIME_WAIT && state !== TCP_NEW_SYN_RECV;
}

/** The listener that a request socket belongs to; other sockets themselves. @kernel sk_to_full_sk */
export function skToFullSk(arena: Arena, sk: number): number {
  const request = skMember(arena, sk, 'sock_common', 'skc_state') === TCP_NEW_SYN_RECV;
  return request ? skMember(arena, sk, 'sock_common', 'skc_listener') : sk;
}

/** The full socket behind a socket, of a request its listener; 0 where there is none. */
export function fullSkOf(arena: Arena, sk: number): number {
  const full = sk === 0 ? 0 : skToFullSk(arena, sk);
  return full !== 0 && skFullsock(arena, full) ? full : 0;
}

/** Are references of this socket counted? Those that RCU frees are not. @kernel sk_is_refcounted */
export function skIsRefcounted(arena: Arena, sk: number): boolean {
  return !skFullsock(arena, sk) || !sockFlag(arena, sk, SOCK_FLAG.rcuFree);
}

/** Of a full socket. @kernel sk_is_tcp */
export function skIsTcp(arena: Arena, sk: number): boolean {
  const family = skMember(arena, sk, 'sock_common', 'skc_family');
  return (
    (family === AF_INET || family === AF_INET6) &&
    skMember(arena, sk, 'sock', 'sk_type') === SOCK_STREAM &&
    skMember(arena, sk, 'sock', 'sk_protocol') === IPPROTO_TCP
  );
}

/** Of a full socket. @kernel sk_is_udp */
export function skIsUdp(arena: Arena, sk: number): boolean {
  const family = skMember(arena, sk, 'sock_common', 'skc_family');
  return (
    (family === AF_INET || family === AF_INET6) &&
    skMember(arena, sk, 'sock', 'sk_type') === SOCK_DGRAM &&
    skMember(arena, sk, 'sock', 'sk_protocol') === IPPROTO_UDP
  );
}
