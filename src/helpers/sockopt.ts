/** Socket options that programs may get and set. */
import type { Arena } from '../mem/arena.ts';
import { setSkMember, skFullsock, skMember } from '../net/inetSock.ts';
import { UAPI } from '../spec/constants.ts';
import { LAYOUTS, offsetOf } from '../spec/layouts.ts';
import type { HelperEnv } from './env.ts';
import { bpfSockOpsGetSyn } from './hdrOpt.ts';
import { EBUSY, EINVAL, ENODEV, ENOENT, ENOPROTOOPT, ENOSPC, ENOTSUPP, type ImplTable } from './impl.ts';
import { ctxSock, sockAt } from './sock.ts';
import { bpfBind } from './sockBind.ts';
import { IP_OPTIONS, IPV6_OPTIONS } from './sockopt/ip.ts';
import { type IntTable, isTcp } from './sockopt/row.ts';
import { SOCKET_OPTIONS } from './sockopt/socket.ts';
import { TCP_OPTIONS } from './sockopt/tcp.ts';

const {
  AF_INET,
  AF_INET6,
  SOL_IP,
  SOL_IPV6,
  SOL_SOCKET,
  SOL_TCP,
  SO_BINDTODEVICE,
  TCP_BPF_SYN,
  TCP_BPF_SYN_MAC,
  TCP_CONGESTION,
  TCP_SAVED_SYN,
} = UAPI;

const INT = 4;
const IFNAMSIZ = 16;
const CA_NAME_MAX = 16;

/** A text of at most `size` bytes that ends at a NUL. */
function textAt(arena: Arena, at: number, size: number): string {
  const bytes = arena.bytes(at, size);
  const end = bytes.indexOf(0);
  return String.fromCharCode(...bytes.subarray(0, end < 0 ? size : end));
}

/** @kernel sol_tcp_sockopt_congestion, tcp_set_congestion_control */
function setCongestion(env: HelperEnv, sk: number, optval: number, optlen: number): number {
  const { arena } = env;
  if (optlen < 2) return -EINVAL;
  const cdg = 'cdg'.padEnd(optlen, '\0');
  const given = arena.bytes(optval, Math.min(optlen, 4));
  if (optlen >= 3 && given.every((byte, i) => byte === cdg.charCodeAt(i))) return -ENOTSUPP;
  if (skMember(arena, sk, 'tcp_sock', 'bpf_chg_cc_inprogress') !== 0) return -EBUSY;
  const name = textAt(arena, optval, Math.min(CA_NAME_MAX - 1, optlen));
  const ops = env.sockets.congestion(name);
  if (ops === 0) return -ENOENT;
  arena.setU64(sk + offsetOf('inet_connection_sock', 'icsk_ca_ops'), ops, 0);
  setSkMember(arena, sk, 'inet_connection_sock', 'icsk_ca_setsockopt', 1);
  return 0;
}

const DEFAULT_CONGESTION = 'cubic';
const CA_NAME = LAYOUTS.tcp_congestion_ops.members.name[0];

/** Writes the name and zeros behind it. */
function getCongestion(env: HelperEnv, sk: number, optval: number, optlen: number): number {
  const { arena } = env;
  if (optlen < 2) return -EINVAL;
  const ops = skMember(arena, sk, 'inet_connection_sock', 'icsk_ca_ops');
  const name = ops === 0 ? DEFAULT_CONGESTION : textAt(arena, ops + CA_NAME, CA_NAME_MAX);
  const room = Math.min(optlen - 1, CA_NAME_MAX);
  arena.fill(optval, 0, optlen);
  for (let i = 0; i < Math.min(name.length, room); i++) arena.setU8(optval + i, name.charCodeAt(i));
  return 0;
}

/** @kernel sock_setbindtodevice */
function bindToDevice(env: HelperEnv, sk: number, optval: number, optlen: number): number {
  const name = textAt(env.arena, optval, Math.min(optlen, IFNAMSIZ - 1));
  const ifindex = name === '' ? 0 : env.sockets.ifindexOf(name);
  if (name !== '' && ifindex === 0) return -ENODEV;
  setSkMember(env.arena, sk, 'sock_common', 'skc_bound_dev_if', ifindex);
  return 0;
}

/** Is it an IPv6 socket that IPv4 can come to? */
function speaksIpv4(arena: Arena, sk: number): boolean {
  const v6 = skMember(arena, sk, 'sock_common', 'skc_family') === AF_INET6;
  return v6 && skMember(arena, sk, 'sock_common', 'skc_ipv6only') === 0;
}

/** The options of a level that this socket has; undefined for none. */
function tableOf(arena: Arena, sk: number, level: number): IntTable | undefined {
  const family = skMember(arena, sk, 'sock_common', 'skc_family');
  if (level === SOL_SOCKET) return SOCKET_OPTIONS;
  if (level === SOL_IP) return family === AF_INET || speaksIpv4(arena, sk) ? IP_OPTIONS : undefined;
  if (level === SOL_IPV6) return family === AF_INET6 ? IPV6_OPTIONS : undefined;
  return level === SOL_TCP && isTcp(arena, sk) ? TCP_OPTIONS : undefined;
}

/** @kernel __bpf_setsockopt */
function setsockopt(env: HelperEnv, sk: number, level: number, name: number, optval: number, optlen: number): number {
  const { arena } = env;
  if (sk === 0 || !skFullsock(arena, sk)) return -EINVAL;
  if (level === SOL_SOCKET && name === SO_BINDTODEVICE) return bindToDevice(env, sk, optval, optlen);
  const table = tableOf(arena, sk, level);
  if (level === SOL_TCP && table && name === TCP_CONGESTION) return setCongestion(env, sk, optval, optlen);
  if (level === SOL_TCP && table && name === TCP_SAVED_SYN) return optlen < INT ? -EINVAL : -ENOPROTOOPT;
  const set = table?.[name]?.set;
  return set && optlen === INT ? set(arena, sk, arena.getU32(optval) | 0) : -EINVAL;
}

/** On an error the value becomes zeros. @kernel __bpf_getsockopt */
function getsockopt(env: HelperEnv, sk: number, level: number, name: number, optval: number, optlen: number): number {
  const { arena } = env;
  const refuse = (errno: number): number => {
    arena.fill(optval, 0, optlen);
    return errno;
  };
  if (sk === 0 || !skFullsock(arena, sk)) return refuse(-EINVAL);
  const table = tableOf(arena, sk, level);
  if (level === SOL_TCP && table && name === TCP_CONGESTION) {
    const errno = getCongestion(env, sk, optval, optlen);
    return errno < 0 ? refuse(errno) : errno;
  }
  const get = table?.[name]?.get;
  if (!get || optlen !== INT) return refuse(-EINVAL);
  arena.setU32(optval, get(arena, sk));
  return 0;
}

/** The SYN's headers; zeros behind them. @kernel bpf_sock_ops_getsockopt */
function getSyn(env: HelperEnv, ops: number, name: number, optval: number, optlen: number): number {
  const { arena } = env;
  const syn = bpfSockOpsGetSyn(env, ops, name);
  const bytes = Math.min(syn?.bytes ?? 0, optlen);
  arena.fill(optval, 0, optlen);
  if (!syn) return -ENOENT;
  arena.copy(optval, syn.start, bytes);
  return syn.bytes > optlen ? -ENOSPC : bytes;
}

/** Types whose programs name the socket by their context. */
const BY_CONTEXT = new Set(['cgroup_sock_addr', 'sock_ops']);

function optionSock(env: HelperEnv, pointer: number): number {
  return BY_CONTEXT.has(env.progType) ? ctxSock(env, pointer) : sockAt(env, pointer);
}

export const sockoptImpls = {
  bpf_setsockopt: (env, ctx, level, name, optval, optlen) =>
    setsockopt(env, ctx === 0 ? 0 : optionSock(env, ctx), level, name, optval, optlen),
  bpf_getsockopt(env, ctx, level, name, optval, optlen) {
    if (env.progType === 'sock_ops' && level === SOL_TCP && name >= TCP_BPF_SYN && name <= TCP_BPF_SYN_MAC) {
      return getSyn(env, env.object(ctx), name, optval, optlen);
    }
    return getsockopt(env, ctx === 0 ? 0 : optionSock(env, ctx), level, name, optval, optlen);
  },
  bpf_bind: (env, ctx, addr, length) => bpfBind(env, ctxSock(env, ctx), addr, length),
} satisfies ImplTable;
