/** Socket objects in linear memory, laid out as the profile's BTF says. */
import type { Arena } from '../../mem/arena.ts';
import { PERM_READ } from '../../mem/arena.ts';
import { SOCK_FLAG, SOCKET_TAG, setSkMember, setSockFlag } from '../../net/inetSock.ts';
import { UAPI } from '../../spec/constants.ts';
import { LAYOUTS, offsetOf } from '../../spec/layouts.ts';
import type { Result } from '../../util/problem.ts';
import { allocSockView } from '../../vm/ctxView.ts';
import { BUFFERS, ICSK_INIT, INET_FLAGS, INET_INIT, SOCK_COMMON_INIT, SOCK_INIT, TCP_INIT } from './initial.ts';
import type { SocketProto } from './table.ts';

const { AF_INET, AF_INET6, IPPROTO_TCP, IPPROTO_UDP, SOCK_DGRAM, SOCK_STREAM, TCP_CLOSE } = UAPI;

export type SocketFamily = 'inet' | 'inet6';

const STRUCT = {
  tcp: { inet: 'tcp_sock', inet6: 'tcp6_sock' },
  udp: { inet: 'udp_sock', inet6: 'udp6_sock' },
} as const;

type InitStruct = 'sock_common' | 'sock' | 'inet_sock' | 'inet_connection_sock' | 'tcp_sock' | 'ipv6_pinfo';
type Values = Readonly<Record<string, number | readonly [number, number]>>;

/** Fills members by name; of 64-bit members both halves, of smaller ones the low bits. */
function fillMembers(arena: Arena, at: number, struct: InitStruct, values: Values): void {
  const members = LAYOUTS[struct].members as Readonly<Record<string, readonly number[]>>;
  for (const [name, value] of Object.entries(values)) {
    const offset = members[name]![0]!;
    if (typeof value !== 'number') arena.setU64(at + offset, value[0], value[1]);
    else setSkMember(arena, at, struct, name as never, value);
  }
}

/** Where the IPv6 part of a socket begins. */
export function pinet6(arena: Arena, sk: number): number {
  return arena.getU32(sk + offsetOf('inet_sock', 'pinet6'));
}

/** A fresh socket, closed and bound to nothing, with its view. @kernel inet_create, inet6_create */
export function createSocket(arena: Arena, proto: SocketProto, family: SocketFamily): Result<number> {
  const struct = STRUCT[proto][family];
  const made = arena.alloc({ kind: 'kernel', size: LAYOUTS[struct].size, perm: PERM_READ, tag: SOCKET_TAG });
  if (!made.ok) return made;
  const sk = made.value;
  const view = allocSockView(arena, sk);
  if (!view.ok) {
    arena.free(sk);
    return view;
  }
  fillMembers(arena, sk, 'sock_common', SOCK_COMMON_INIT as Values);
  fillMembers(arena, sk, 'sock', SOCK_INIT as Values);
  fillMembers(arena, sk, 'inet_sock', INET_INIT as Values);
  setSkMember(arena, sk, 'sock_common', 'skc_family', family === 'inet' ? AF_INET : AF_INET6);
  setSkMember(arena, sk, 'sock_common', 'skc_state', TCP_CLOSE);
  setSkMember(arena, sk, 'sock', 'sk_type', proto === 'tcp' ? SOCK_STREAM : SOCK_DGRAM);
  setSkMember(arena, sk, 'sock', 'sk_protocol', proto === 'tcp' ? IPPROTO_TCP : IPPROTO_UDP);
  setSkMember(arena, sk, 'sock', 'sk_rcvbuf', BUFFERS[proto].rcv);
  setSkMember(arena, sk, 'sock', 'sk_sndbuf', BUFFERS[proto].snd);
  setSkMember(arena, sk, 'inet_sock', 'inet_flags', INET_FLAGS[proto][family]);
  setSockFlag(arena, sk, SOCK_FLAG.zapped, true);
  if (proto === 'tcp') {
    setSockFlag(arena, sk, SOCK_FLAG.useWriteQueue, true);
    fillMembers(arena, sk, 'inet_connection_sock', ICSK_INIT as Values);
    fillMembers(arena, sk, 'tcp_sock', TCP_INIT as Values);
    // Three equal samples of the shortest round trip, each a time and a value.
    const rttMin = sk + offsetOf('tcp_sock', 'rtt_min');
    for (let i = 0; i < 3; i++) arena.setU32(rttMin + 8 * i + 4, -1);
  }
  if (family === 'inet6') {
    const at = sk + (proto === 'tcp' ? offsetOf('tcp6_sock', 'inet6') : offsetOf('udp6_sock', 'inet6'));
    arena.setU64(sk + offsetOf('inet_sock', 'pinet6'), at, 0);
  }
  return made;
}
