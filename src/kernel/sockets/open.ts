/** Sockets come and go: socket(2), and the end of their objects. */
import { PERM_READ } from '../../mem/arena.ts';
import { SOCKET_TAG, setSkMember } from '../../net/inetSock.ts';
import { UAPI } from '../../spec/constants.ts';
import { ERRNO } from '../../spec/errno.ts';
import { LAYOUTS } from '../../spec/layouts.ts';
import type { Result } from '../../util/problem.ts';
import { allocSockView, freeSockViews } from '../../vm/ctxView.ts';
import type { KernelCore } from '../core.ts';
import { type AddedSocket, type SocketOptions, setOptions } from './add.ts';
import { netSysctl, setTable } from './call.ts';
import { createSocket, type SocketFamily } from './create.ts';
import { rawKey } from './raw.ts';
import { withBound, withoutSocket, withSocket } from './table.ts';

const { AF_INET, SOCK_RAW, TCP_CLOSE } = UAPI;
/** A struct raw_sock: an inet_sock and what filters ICMP types. */
const RAW_SOCK_SIZE = LAYOUTS.inet_sock.size + 8;

/** What socket(2) and setsockopt(2) are asked for; options that are not given are those of a new socket. */
export type OpenSpec = SocketOptions & { readonly family: SocketFamily } & (
    | { readonly proto: 'tcp' | 'udp' }
    /** IPv4 only: copies of all packets of a protocol. */
    | { readonly proto: 'raw'; readonly protocol: number }
  );

/** @kernel inet_create (SOCK_RAW) */
function createRaw({ arena }: KernelCore, protocol: number): Result<number> {
  const made = arena.alloc({ kind: 'kernel', size: RAW_SOCK_SIZE, perm: PERM_READ, tag: SOCKET_TAG });
  if (!made.ok) return made;
  const sk = made.value;
  const view = allocSockView(arena, sk);
  if (!view.ok) {
    arena.free(sk);
    return view;
  }
  setSkMember(arena, sk, 'sock_common', 'skc_family', AF_INET);
  setSkMember(arena, sk, 'sock_common', 'skc_state', TCP_CLOSE);
  setSkMember(arena, sk, 'sock_common', 'skc_refcnt', 1);
  setSkMember(arena, sk, 'sock_common', 'skc_num', protocol);
  setSkMember(arena, sk, 'sock', 'sk_type', SOCK_RAW);
  setSkMember(arena, sk, 'sock', 'sk_protocol', protocol);
  return made;
}

/** A new socket, bound to nothing; a raw one gets packets at once. Its address or a positive errno. @kernel inet_create, inet6_create */
export function openSocket(kernel: KernelCore, spec: OpenSpec): AddedSocket {
  const raw = spec.proto === 'raw';
  const v6 = spec.family === 'inet6';
  if (raw && (v6 || spec.protocol < 0 || spec.protocol > 255)) return { errno: ERRNO.EPROTONOSUPPORT };
  const made = raw ? createRaw(kernel, spec.protocol) : createSocket(kernel.arena, spec.proto, spec.family);
  if (!made.ok) return { errno: ERRNO.ENOMEM };
  const sk = made.value;
  const v6only = netSysctl(kernel, 'net.ipv6.bindv6only') !== 0;
  setOptions(kernel, sk, v6, { reuseaddr: false, v6only, ...spec });
  const table = withSocket(kernel.world.sockets, sk);
  setTable(kernel, raw ? withBound(table, rawKey(spec.protocol), sk, false) : table);
  return { sk };
}

/** Takes a socket out of all tables and frees its object; what else hangs off it must be gone. @kernel sk_free */
export function freeSocket(kernel: KernelCore, sk: number): void {
  setTable(kernel, withoutSocket(kernel.world.sockets, sk));
  freeSockViews(kernel.arena, sk);
  kernel.arena.free(sk);
}
