/** Connected sockets: established ones, and the small sockets that stand for a connection to be or one that was. */
import { PERM_READ } from '../../mem/arena.ts';
import { SOCKET_TAG, setSkMember, skMember } from '../../net/inetSock.ts';
import { UAPI } from '../../spec/constants.ts';
import { ERRNO } from '../../spec/errno.ts';
import { LAYOUTS, type MemberLayout, offsetOf } from '../../spec/layouts.ts';
import { swap16 } from '../../util/bits.ts';
import { allocSockView } from '../../vm/ctxView.ts';
import type { KernelCore } from '../core.ts';
import type { AddedSocket } from './add.ts';
import { LOOPBACK4_IPV6 } from './bind.ts';
import { addressBytes, type SocketSpec } from './spec.ts';
import { boundKey, ehashKey, localWords, remoteWords, withEstablished, withSocket } from './table.ts';

const { AF_INET, AF_INET6, TCP_ESTABLISHED, TCP_NEW_SYN_RECV, TCP_TIME_WAIT } = UAPI;
const DEFAULT_TTL = 64;
const MAPPED_PREFIX = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff);

const AT = {
  daddr: offsetOf('sock_common', 'skc_daddr'),
  rcvSaddr: offsetOf('sock_common', 'skc_rcv_saddr'),
  v6Daddr: offsetOf('sock_common', 'skc_v6_daddr'),
  v6RcvSaddr: offsetOf('sock_common', 'skc_v6_rcv_saddr'),
} as const;

/** Members given by name, in the struct that the state stands for. */
function setFields(kernel: KernelCore, sk: number, struct: keyof typeof STATE_STRUCT, spec: SocketSpec): boolean {
  for (const [name, value] of Object.entries(spec.fields ?? {})) {
    const owner = STATE_STRUCT[struct].find((s) => Object.hasOwn(LAYOUTS[s].members, name));
    if (owner === undefined) return false;
    const place = (LAYOUTS[owner].members as Readonly<Record<string, MemberLayout>>)[name]!;
    if (place[1] === 8 && place.length === 2) {
      kernel.arena.setU64(sk + place[0], value | 0, Math.floor(value / 2 ** 32));
    } else setSkMember(kernel.arena, sk, owner, name as never, value);
  }
  return true;
}

const STATE_STRUCT = {
  established: ['tcp_sock', 'inet_connection_sock', 'inet_sock', 'sock', 'sock_common'],
  time_wait: ['tcp_timewait_sock', 'inet_timewait_sock', 'sock_common'],
  syn_recv: ['tcp_request_sock', 'inet_request_sock', 'request_sock', 'sock_common'],
} as const;

/** Addresses of both ends; of IPv4 TCP also in mapped form. */
function setEnds(kernel: KernelCore, sk: number, spec: SocketSpec, local: Uint8Array, remote: Uint8Array): void {
  const { arena } = kernel;
  setSkMember(arena, sk, 'sock_common', 'skc_dport', swap16(spec.remote!.port));
  setSkMember(arena, sk, 'sock_common', 'skc_num', spec.port);
  if (local.length === 16) {
    arena.put(sk + AT.v6Daddr, remote);
    arena.put(sk + AT.v6RcvSaddr, local);
    arena.setU32(sk + AT.rcvSaddr, LOOPBACK4_IPV6);
    if (spec.accepted) arena.setU32(sk + AT.daddr, LOOPBACK4_IPV6);
    return;
  }
  arena.put(sk + AT.daddr, remote);
  arena.put(sk + AT.rcvSaddr, local);
  if (spec.proto === 'udp' || spec.state === 'time_wait') return;
  for (const [at, address] of [[AT.v6Daddr, remote] as const, [AT.v6RcvSaddr, local] as const]) {
    arena.put(sk + at, MAPPED_PREFIX);
    arena.put(sk + at + MAPPED_PREFIX.length, address);
  }
}

/** The listening socket of a request socket. */
function listenerOf(kernel: KernelCore, spec: SocketSpec, local: Uint8Array): number {
  const { arena, world } = kernel;
  const v6 = local.length === 16;
  const wanted = [...local].join();
  const chain = world.sockets.bound.get(boundKey('tcp', spec.port)) ?? [];
  const bytesOf = (sk: number): string =>
    [...(v6 ? arena.bytes(sk + AT.v6RcvSaddr, 16) : arena.bytes(sk + AT.rcvSaddr, 4))].join();
  const any = v6 ? new Array(16).fill(0).join() : '0,0,0,0';
  return chain.find((sk) => bytesOf(sk) === wanted) ?? chain.find((sk) => bytesOf(sk) === any) ?? 0;
}

const SMALL = { time_wait: 'tcp_timewait_sock', syn_recv: 'tcp_request_sock' } as const;
const STATE = { established: TCP_ESTABLISHED, time_wait: TCP_TIME_WAIT, syn_recv: TCP_NEW_SYN_RECV } as const;

/**
 * Connects a bound socket, or makes the small one of a TIME_WAIT or SYN_RECV state, and hashes it by both ends.
 * @kernel inet_ehash_insert
 */
export function connectSocket(kernel: KernelCore, spec: SocketSpec, local: Uint8Array, bound?: number): AddedSocket {
  const { arena } = kernel;
  const remote = spec.remote && addressBytes(spec.remote.addr);
  if (!remote || remote.length !== local.length) return { errno: ERRNO.EINVAL };
  const state = spec.state === 'time_wait' || spec.state === 'syn_recv' ? spec.state : 'established';
  let sk = bound ?? 0;
  if (state !== 'established') {
    const made = arena.alloc({ kind: 'kernel', size: LAYOUTS[SMALL[state]].size, perm: PERM_READ, tag: SOCKET_TAG });
    const view = made.ok ? allocSockView(arena, made.value) : made;
    if (!made.ok || !view.ok) return { errno: ERRNO.ENOMEM };
    sk = made.value;
    setSkMember(arena, sk, 'sock_common', 'skc_family', local.length === 16 ? AF_INET6 : AF_INET);
    setSkMember(arena, sk, 'sock_common', 'skc_refcnt', state === 'time_wait' ? 3 : 1);
    setSkMember(arena, sk, 'sock_common', 'skc_bound_dev_if', spec.ifindex ?? 0);
    if (local.length === 16) setSkMember(arena, sk, 'sock_common', 'skc_ipv6only', (spec.v6only ?? true) ? 1 : 0);
    const listener = state === 'syn_recv' ? listenerOf(kernel, spec, local) : 0;
    if (listener !== 0) arena.setU64(sk + offsetOf('sock_common', 'skc_listener'), listener, 0);
    kernel.world = { ...kernel.world, sockets: withSocket(kernel.world.sockets, sk) };
  }
  setEnds(kernel, sk, spec, local, remote);
  setSkMember(arena, sk, 'sock_common', 'skc_state', STATE[state]);
  if (spec.proto === 'udp') return { sk };
  if (state === 'established') {
    const refs = skMember(arena, sk, 'sock_common', 'skc_refcnt');
    // One for the hash, one for the timer of who began it.
    setSkMember(arena, sk, 'sock_common', 'skc_refcnt', refs + (spec.accepted ? 0 : 1));
    if (spec.accepted) {
      setSkMember(arena, sk, 'sock_common', 'skc_rx_queue_mapping', 0);
      setSkMember(arena, sk, 'inet_sock', 'mc_ttl', local.length === 4 ? DEFAULT_TTL : 1);
    }
    setSkMember(arena, sk, 'sock_common', 'skc_incoming_cpu', kernel.world.cpu);
  }
  if (!setFields(kernel, sk, state, spec)) return { errno: ERRNO.EINVAL };
  const v6 = local.length === 16;
  const key = ehashKey(localWords(arena, sk, v6), spec.port, remoteWords(arena, sk, v6), spec.remote!.port);
  kernel.world = { ...kernel.world, sockets: withEstablished(kernel.world.sockets, key, sk) };
  return { sk };
}
