/** Puts the sockets that a request or a node file asks for into the World. */
import { SOCK_FLAG, setSkMember, setSockFlag, skMember } from '../../net/inetSock.ts';
import { UAPI } from '../../spec/constants.ts';
import { ERRNO } from '../../spec/errno.ts';
import { freeSockViews } from '../../vm/ctxView.ts';
import type { KernelCore } from '../core.ts';
import { addressRefused, bindConflict, reuseportPeer, setLocal } from './bind.ts';
import { connectSocket } from './connect.ts';
import { createSocket } from './create.ts';
import { nodeAddresses } from './local.ts';
import { addressBytes, type SocketSpec } from './spec.ts';
import { boundKey, withBound, withGrouped, withoutSocket, withPort, withSocket } from './table.ts';

const { AF_INET6, TCP_LISTEN } = UAPI;
const DEFAULT_BACKLOG = 128;

/** The address of the new socket's object, or why there is none: a positive errno. */
export type AddedSocket = { readonly sk: number } | { readonly errno: number };

/** What setsockopt(2) says of a socket before it is bound. */
export type SocketOptions = Pick<
  SocketSpec,
  'reuseaddr' | 'reuseport' | 'v6only' | 'ifindex' | 'mark' | 'priority' | 'uid'
>;

/** Options that are set between socket(2) and bind(2). */
export function setOptions(kernel: KernelCore, sk: number, v6: boolean, spec: SocketOptions): void {
  const { arena } = kernel;
  setSkMember(arena, sk, 'sock_common', 'skc_reuse', (spec.reuseaddr ?? true) ? 1 : 0);
  setSkMember(arena, sk, 'sock_common', 'skc_reuseport', spec.reuseport ? 1 : 0);
  if (v6) setSkMember(arena, sk, 'sock_common', 'skc_ipv6only', (spec.v6only ?? true) ? 1 : 0);
  setSkMember(arena, sk, 'sock_common', 'skc_bound_dev_if', spec.ifindex ?? 0);
  setSkMember(arena, sk, 'sock', 'sk_mark', spec.mark ?? 0);
  setSkMember(arena, sk, 'sock', 'sk_priority', spec.priority ?? 0);
  setSkMember(arena, sk, 'sock', 'sk_uid', spec.uid ?? 0);
}

/** TCP: listen(2). UDP: what bind(2) does behind the conflict check. */
function hash(kernel: KernelCore, sk: number, spec: SocketSpec): void {
  const { arena } = kernel;
  const { proto, port } = spec;
  const v6 = skMember(arena, sk, 'sock_common', 'skc_family') === AF_INET6;
  const key = boundKey(proto, port);
  let table = kernel.world.sockets;
  if (spec.reuseport) table = withGrouped(table, sk, reuseportPeer(arena, table, proto, sk));
  const hashed = withBound(table, key, sk, v6 && spec.reuseport === true);
  kernel.world = { ...kernel.world, sockets: proto === 'tcp' ? withPort(hashed, port, sk) : hashed };
  setSockFlag(arena, sk, SOCK_FLAG.rcuFree, true);
  if (proto === 'udp') setSkMember(arena, sk, 'sock_common', 'skc_refcnt', 2);
}

/** Makes, binds and hashes one socket. */
export function addSocket(kernel: KernelCore, spec: SocketSpec): AddedSocket {
  const { arena } = kernel;
  const address = addressBytes(spec.addr);
  if (!address) return { errno: ERRNO.EINVAL };
  const v6 = address.length === 16;
  if (spec.state === 'time_wait' || spec.state === 'syn_recv') return connectSocket(kernel, spec, address);
  const made = createSocket(arena, spec.proto, v6 ? 'inet6' : 'inet');
  if (!made.ok) return { errno: ERRNO.ENOMEM };
  const sk = made.value;
  const give = (errno: number): AddedSocket => {
    kernel.world = { ...kernel.world, sockets: withoutSocket(kernel.world.sockets, sk) };
    freeSockViews(arena, sk);
    arena.free(sk);
    return { errno };
  };
  setOptions(kernel, sk, v6, spec);
  const refused = addressRefused(arena, sk, address, nodeAddresses(kernel.world.net));
  if (refused !== 0) return give(refused);
  setLocal(arena, sk, address, spec.port);
  const connected = spec.state === 'established' || spec.remote !== undefined;
  if (!(connected && spec.proto === 'tcp') && bindConflict(arena, kernel.world.sockets, spec.proto, sk, spec.port)) {
    return give(ERRNO.EADDRINUSE);
  }
  kernel.world = { ...kernel.world, sockets: withSocket(kernel.world.sockets, sk) };
  if (spec.proto === 'tcp' && !connected) {
    setSkMember(arena, sk, 'sock_common', 'skc_state', TCP_LISTEN);
    setSkMember(arena, sk, 'sock', 'sk_max_ack_backlog', spec.backlog ?? DEFAULT_BACKLOG);
    hash(kernel, sk, spec);
  } else if (spec.proto === 'udp') hash(kernel, sk, spec);
  if (!connected) return { sk };
  const done = connectSocket(kernel, spec, address, sk);
  return 'errno' in done ? give(done.errno) : done;
}
