/** Sockets: lookup, release, assignment to a packet, cookies. A program's socket pointer leads to a view or to the object. */
import { kindNumber } from '../mem/kinds.ts';
import {
  fullSkOf,
  SOCK_FLAG,
  setSkMember,
  skFullsock,
  skIsRefcounted,
  skIsTcp,
  skMember,
  skToFullSk,
  sockFlag,
} from '../net/inetSock.ts';
import { deviceField } from '../net/netDevice.ts';
import { setSkbField, skbField } from '../net/skb.ts';
import { rxqField, xdpField } from '../net/xdp.ts';
import { UAPI } from '../spec/constants.ts';
import { offsetOf } from '../spec/layouts.ts';
import type { HelperEnv } from './env.ts';
import {
  EAFNOSUPPORT,
  EEXIST,
  EINVAL,
  ENOENT,
  EOPNOTSUPP,
  EPROTOTYPE,
  ESOCKTNOSUPPORT,
  type ImplTable,
} from './impl.ts';

/** Sizes of the two shapes of struct bpf_sock_tuple. */
const TUPLE_SIZE_IPV4 = 12;
const TUPLE_SIZE_IPV6 = 36;

const { AF_INET, BPF_SK_LOOKUP_F_NO_REUSEPORT, BPF_SK_LOOKUP_F_REPLACE, TCP_ESTABLISHED, TCP_LISTEN, TCP_TIME_WAIT } =
  UAPI;
const OVERFLOW_UID = 65534;
const KERNEL_KIND = kindNumber('kernel');

/** The kernel object behind a pointer to a socket: a pointer with BTF is its address, any other leads to a view. */
export function sockAt(env: HelperEnv, pointer: number): number {
  if (pointer === 0) return 0;
  return env.arena.kindAt(pointer) === KERNEL_KIND ? pointer : env.object(pointer);
}

function viewOf(env: HelperEnv, sk: number): number {
  return sk === 0 ? 0 : env.sockets.view(sk, 'bpf_sock');
}

/** Where look-ups start from; the contexts of sockets name no interface. */
function ifindexOf(env: HelperEnv, object: number): number {
  const { arena } = env;
  if (env.progType === 'cgroup_sock_addr') return 0;
  const dev =
    env.progType === 'xdp' ? rxqField(arena, xdpField(arena, object, 'rxq'), 'dev') : skbField(arena, object, 'dev');
  return dev === 0 ? 0 : deviceField(arena, dev, 'ifindex');
}

type LookupArgs = readonly [
  ctx: number,
  tuple: number,
  size: number,
  netns: number,
  netnsHi: number,
  flags: number,
  flagsHi: number,
];

/** 0 for anything it does not understand, as for a socket that is not there. @kernel __bpf_skc_lookup */
function skcLookup(env: HelperEnv, proto: 'tcp' | 'udp', args: LookupArgs): number {
  const [ctx, tuple, size, netns, netnsHi, flags, flagsHi] = args;
  if (size !== TUPLE_SIZE_IPV4 && size !== TUPLE_SIZE_IPV6) return 0;
  if ((flags | flagsHi) !== 0 || (netns >= 0 && netnsHi !== 0)) return 0;
  return env.sockets.lookup({
    proto,
    family: size === TUPLE_SIZE_IPV4 ? 'inet' : 'inet6',
    tuple,
    netns: netns < 0 ? -1 : netns,
    ifindex: ifindexOf(env, env.object(ctx)),
  });
}

/** @kernel __bpf_sk_lookup */
function skLookup(env: HelperEnv, proto: 'tcp' | 'udp', args: LookupArgs): number {
  const sk = skcLookup(env, proto, args);
  if (sk === 0) return 0;
  const full = fullSkOf(env.arena, sk);
  if (full !== sk) env.sockets.release(sk);
  return viewOf(env, full);
}

/** @kernel bpf_sk_assign */
function assignToSkb(env: HelperEnv, skb: number, sk: number, flags: number): number {
  const { arena } = env;
  if (sk === 0 || flags !== 0) return -EINVAL;
  if (skbField(arena, skb, 'tc_at_ingress') === 0 || !env.sockets.hashed(sk)) return -EOPNOTSUPP;
  if (skIsRefcounted(arena, sk)) {
    const refs = skMember(arena, sk, 'sock_common', 'skc_refcnt');
    if (refs === 0) return -ENOENT;
    setSkMember(arena, sk, 'sock_common', 'skc_refcnt', refs + 1);
  }
  setSkbField(arena, skb, 'sk', sk);
  // sock_pfree: whoever has this one got the socket from a program, and not from its sender.
  setSkbField(arena, skb, 'destructor', sk);
  return 0;
}

const LOOKUP = {
  selected: offsetOf('bpf_sk_lookup_kern', 'selected_sk'),
  noReuseport: offsetOf('bpf_sk_lookup_kern', 'no_reuseport'),
  protocol: offsetOf('bpf_sk_lookup_kern', 'protocol'),
  family: offsetOf('bpf_sk_lookup_kern', 'family'),
} as const;

/** May this socket be the result of the look-up that runs the program? 0 or a negative errno. */
function unsuitable(env: HelperEnv, ctx: number, sk: number): number {
  const { arena } = env;
  if (skIsRefcounted(arena, sk)) return -ESOCKTNOSUPPORT;
  if (skMember(arena, sk, 'sock_common', 'skc_state') === TCP_ESTABLISHED) return -ESOCKTNOSUPPORT;
  if (skMember(arena, sk, 'sock', 'sk_protocol') !== arena.getU16(ctx + LOOKUP.protocol)) return -EPROTOTYPE;
  const family = skMember(arena, sk, 'sock_common', 'skc_family');
  const onlyThis = family === AF_INET || skMember(arena, sk, 'sock_common', 'skc_ipv6only') !== 0;
  return family !== arena.getU16(ctx + LOOKUP.family) && onlyThis ? -EAFNOSUPPORT : 0;
}

/** @kernel bpf_sk_lookup_assign */
function assignToLookup(env: HelperEnv, ctx: number, sk: number, flags: number, flagsHi: number): number {
  const { arena } = env;
  const known = BPF_SK_LOOKUP_F_REPLACE | BPF_SK_LOOKUP_F_NO_REUSEPORT;
  if ((flags & ~known) !== 0 || flagsHi !== 0) return -EINVAL;
  const refused = sk === 0 ? 0 : unsuitable(env, ctx, sk);
  if (refused !== 0) return refused;
  const taken = arena.getU32(ctx + LOOKUP.selected) !== 0;
  if (taken && (flags & BPF_SK_LOOKUP_F_REPLACE) === 0) return -EEXIST;
  arena.setU64(ctx + LOOKUP.selected, sk, 0);
  arena.setU8(ctx + LOOKUP.noReuseport, (flags & BPF_SK_LOOKUP_F_NO_REUSEPORT) !== 0 ? 1 : 0);
  return 0;
}

/** Members that hold the socket of a context that is neither packet nor socket. */
const CTX_SK: Readonly<Record<string, number>> = {
  cgroup_sock_addr: offsetOf('bpf_sock_addr_kern', 'sk'),
  sock_ops: offsetOf('bpf_sock_ops_kern', 'sk'),
  cgroup_sockopt: offsetOf('bpf_sockopt_kern', 'sk'),
  sk_msg: offsetOf('sk_msg', 'sk'),
};
/** Types whose programs hand over a socket and not their context. */
const TAKES_SOCK = new Set(['tracing', 'lsm', 'sk_reuseport']);

/** The socket that a context belongs to; 0 for none. */
export function ctxSock(env: HelperEnv, ctx: number): number {
  if (TAKES_SOCK.has(env.progType)) return sockAt(env, ctx);
  const object = env.object(ctx);
  if (env.progType === 'cgroup_sock') return object;
  const at = CTX_SK[env.progType];
  return at === undefined ? skbField(env.arena, object, 'sk') : env.arena.getU32(object + at);
}

export const sockImpls = {
  bpf_sk_lookup_tcp: (env, ...args) => skLookup(env, 'tcp', args),
  bpf_sk_lookup_udp: (env, ...args) => skLookup(env, 'udp', args),
  bpf_skc_lookup_tcp: (env, ...args) => viewOf(env, skcLookup(env, 'tcp', args)),

  bpf_sk_release(env, sock) {
    if (sock !== 0) env.sockets.release(sockAt(env, sock));
    return 0;
  },

  bpf_sk_assign(env, ctx, sock, flags, flagsHi) {
    const sk = sockAt(env, sock);
    if (env.progType === 'sk_lookup') return assignToLookup(env, env.object(ctx), sk, flags, flagsHi);
    return assignToSkb(env, env.object(ctx), sk, flags | flagsHi);
  },

  bpf_sk_fullsock: (env, sock) => (skFullsock(env.arena, sockAt(env, sock)) ? sock : 0),
  bpf_tcp_sock(env, sock) {
    const sk = sockAt(env, sock);
    return skFullsock(env.arena, sk) && skIsTcp(env.arena, sk) ? env.sockets.view(sk, 'bpf_tcp_sock') : 0;
  },
  /** @kernel bpf_get_listener_sock */
  bpf_get_listener_sock(env, sock) {
    const sk = skToFullSk(env.arena, sockAt(env, sock));
    if (sk === 0) return 0;
    const state = skMember(env.arena, sk, 'sock_common', 'skc_state');
    const listens = state !== TCP_TIME_WAIT && state === TCP_LISTEN;
    return listens && sockFlag(env.arena, sk, SOCK_FLAG.rcuFree) ? viewOf(env, sk) : 0;
  },

  bpf_get_socket_cookie(env, ctx) {
    const sk = ctx === 0 ? 0 : ctxSock(env, ctx);
    if (sk === 0) env.ret64(0, 0);
    else env.sockets.cookie(sk);
  },
  bpf_get_socket_uid(env, ctx) {
    const sk = fullSkOf(env.arena, skbField(env.arena, env.object(ctx), 'sk'));
    return sk === 0 ? OVERFLOW_UID : skMember(env.arena, sk, 'sock', 'sk_uid');
  },
  bpf_get_netns_cookie: (env, ctx) => env.netnsCookie(ctx === 0 ? 0 : env.object(ctx)),
} satisfies ImplTable;
