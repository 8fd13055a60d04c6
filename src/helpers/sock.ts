/** Sockets: lookup, release, assignment to a packet, cookies, casts. A socket pointer is the address of its view. */
import { deviceField, setSockField, sockField } from '../net/netDevice.ts';
import { setSkbField, skbField } from '../net/skb.ts';
import { rxqField, xdpField } from '../net/xdp.ts';
import { UAPI } from '../spec/constants.ts';
import type { HelperEnv } from './env.ts';
import { EINVAL, EOPNOTSUPP, type ImplTable } from './impl.ts';

/** Sizes of the two shapes of struct bpf_sock_tuple. */
const TUPLE_SIZE_IPV4 = 12;
const TUPLE_SIZE_IPV6 = 36;

const { AF_INET, AF_INET6, IPPROTO_TCP, SOCK_STREAM, TCP_LISTEN, TCP_NEW_SYN_RECV, TCP_TIME_WAIT } = UAPI;
/** SOCK_RCU_FREE: the bit in sk_flags of sockets that are not counted. */
const SOCK_RCU_FREE = 1 << 25;
const OVERFLOW_UID = 65534;

function ifindexOf(env: HelperEnv, object: number): number {
  const { arena } = env;
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
function lookup(env: HelperEnv, proto: 'tcp' | 'udp', full: boolean, args: LookupArgs): number {
  const [ctx, tuple, size, netns, netnsHi, flags, flagsHi] = args;
  if (size !== TUPLE_SIZE_IPV4 && size !== TUPLE_SIZE_IPV6) return 0;
  if ((flags | flagsHi) !== 0 || (netns >= 0 && netnsHi !== 0)) return 0;
  return env.sockets.lookup({
    proto,
    family: size === TUPLE_SIZE_IPV4 ? 'inet' : 'inet6',
    tuple,
    netns: netns < 0 ? -1 : netns,
    ifindex: ifindexOf(env, env.object(ctx)),
    full,
  });
}

/** Is a socket neither a request nor in TIME_WAIT? @kernel sk_fullsock */
export function isFullSock(env: HelperEnv, sk: number): boolean {
  const state = sockField(env.arena, sk, 'skc_state');
  return state !== TCP_TIME_WAIT && state !== TCP_NEW_SYN_RECV;
}

function isTcp(env: HelperEnv, sk: number): boolean {
  const family = sockField(env.arena, sk, 'skc_family');
  return (
    (family === AF_INET || family === AF_INET6) &&
    sockField(env.arena, sk, 'sk_type') === SOCK_STREAM &&
    sockField(env.arena, sk, 'sk_protocol') === IPPROTO_TCP
  );
}

export const sockImpls = {
  bpf_sk_lookup_tcp: (env, ...args) => lookup(env, 'tcp', true, args),
  bpf_sk_lookup_udp: (env, ...args) => lookup(env, 'udp', true, args),
  bpf_skc_lookup_tcp: (env, ...args) => lookup(env, 'tcp', false, args),

  bpf_sk_release(env, sock) {
    if (sock !== 0) env.sockets.release(env.object(sock));
    return 0;
  },

  bpf_sk_assign(env, ctx, sock, flags, flagsHi) {
    const { arena } = env;
    if (sock === 0 || (flags | flagsHi) !== 0) return -EINVAL;
    const skb = env.object(ctx);
    if (skbField(arena, skb, 'tc_at_ingress') === 0) return -EOPNOTSUPP;
    const sk = env.object(sock);
    setSockField(arena, sk, 'skc_refcnt', sockField(arena, sk, 'skc_refcnt') + 1);
    setSkbField(arena, skb, 'sk', sk);
    return 0;
  },

  bpf_sk_fullsock: (env, sock) => (isFullSock(env, env.object(sock)) ? sock : 0),
  bpf_tcp_sock(env, sock) {
    const sk = env.object(sock);
    return isFullSock(env, sk) && isTcp(env, sk) ? sock : 0;
  },
  bpf_get_listener_sock(env, sock) {
    const sk = env.object(sock);
    const listens = sockField(env.arena, sk, 'skc_state') === TCP_LISTEN;
    return listens && (sockField(env.arena, sk, 'skc_flags') & SOCK_RCU_FREE) !== 0 ? sock : 0;
  },

  bpf_get_socket_cookie(env, ctx) {
    const sk = skbField(env.arena, env.object(ctx), 'sk');
    if (sk === 0) env.ret64(0, 0);
    else env.sockets.cookie(sk);
  },
  bpf_get_socket_uid(env, ctx) {
    const sk = skbField(env.arena, env.object(ctx), 'sk');
    return sk === 0 || !isFullSock(env, sk) ? OVERFLOW_UID : sockField(env.arena, sk, 'sk_uid');
  },
  bpf_get_netns_cookie: (env, ctx) => env.netnsCookie(ctx === 0 ? 0 : env.object(ctx)),
} satisfies ImplTable;
