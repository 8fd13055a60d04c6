/** Connected sockets: established ones, and the small sockets that stand for a connection to be or one that was. */
import { setSkMember, skMember } from '../../net/inetSock.ts';
import { UAPI } from '../../spec/constants.ts';
import { ERRNO } from '../../spec/errno.ts';
import { LAYOUTS, type MemberLayout, offsetOf } from '../../spec/layouts.ts';
import type { KernelCore } from '../core.ts';
import type { AddedSocket } from './add.ts';
import { ehashOf, setEnds } from './ends.ts';
import { createSmall } from './small.ts';
import { addressBytes, type SocketSpec } from './spec.ts';
import { boundKey, withEstablished } from './table.ts';

const { AF_INET, AF_INET6, TCP_ESTABLISHED } = UAPI;
const DEFAULT_TTL = 64;
const AT = {
  rcvSaddr: offsetOf('sock_common', 'skc_rcv_saddr'),
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
    sk = createSmall(kernel, state, local.length === 16 ? AF_INET6 : AF_INET);
    if (sk === 0) return { errno: ERRNO.ENOMEM };
    setSkMember(arena, sk, 'sock_common', 'skc_bound_dev_if', spec.ifindex ?? 0);
    if (local.length === 16) setSkMember(arena, sk, 'sock_common', 'skc_ipv6only', (spec.v6only ?? true) ? 1 : 0);
    const listener = state === 'syn_recv' ? listenerOf(kernel, spec, local) : 0;
    if (listener !== 0) arena.setU64(sk + offsetOf('sock_common', 'skc_listener'), listener, 0);
  }
  const ends = { local, port: spec.port, remote, remotePort: spec.remote!.port };
  setEnds(arena, sk, ends, { mapped: spec.proto === 'tcp' && state !== 'time_wait', accepted: spec.accepted === true });
  if (state === 'established') setSkMember(arena, sk, 'sock_common', 'skc_state', TCP_ESTABLISHED);
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
  kernel.world = { ...kernel.world, sockets: withEstablished(kernel.world.sockets, ehashOf(arena, sk), sk) };
  return { sk };
}
