/** Socket options that programs may get and set: what each one keeps where, and which values it takes. */
import type { Arena } from '../mem/arena.ts';
import { SOCK_FLAG, setSkMember, setSkMember64, setSockFlag, skFullsock, skMember, sockFlag } from '../net/inetSock.ts';
import { UAPI } from '../spec/constants.ts';
import { LAYOUTS, offsetOf } from '../spec/layouts.ts';
import type { HelperEnv } from './env.ts';
import { bpfSockOpsGetSyn } from './hdrOpt.ts';
import { EBUSY, EINVAL, ENODEV, ENOENT, ENOPROTOOPT, ENOSPC, ENOTSUPP, type ImplTable } from './impl.ts';
import { ctxSock, sockAt } from './sock.ts';
import { bpfBind } from './sockBind.ts';

const {
  AF_INET,
  AF_INET6,
  BPF_SOCK_OPS_ALL_CB_FLAGS,
  IPPROTO_TCP,
  IPV6_AUTOFLOWLABEL,
  IPV6_TCLASS,
  IP_TOS,
  SOCK_STREAM,
  SOL_IP,
  SOL_IPV6,
  SOL_SOCKET,
  SOL_TCP,
  SO_BINDTODEVICE,
  TCP_BPF_SYN,
  TCP_BPF_SYN_MAC,
  TCP_CLOSE,
  TCP_CONGESTION,
  TCP_LISTEN,
  TCP_SAVED_SYN,
} = UAPI;

const INT = 4;
const INT_MAX = 0x7fffffff;
const HZ = 250;
const IFNAMSIZ = 16;
const CA_NAME_MAX = 16;
/** net.core.wmem_max and rmem_max. */
const BUFFER_MAX = 212992;
const MIN_SNDBUF = 4608;
const MIN_RCVBUF = 2304;
/** net.ipv4.tcp_rmem, the largest of the three. */
const TCP_RMEM_MAX = 6291456;
const LOCK = { sndbuf: 1, rcvbuf: 2 } as const;
const MIN_MSS = 88;
const MAX_WINDOW = 32767;
const MAX_SECONDS = 32767;
const MAX_COUNT = 127;
/** Defaults of net.ipv4: tcp_keepalive_time, _intvl, _probes, tcp_syn_retries. */
const DEFAULTS = { keepaliveTime: 7200, keepaliveIntvl: 75, keepaliveProbes: 9, synRetries: 6 } as const;
const NAGLE = { off: 1, push: 4 } as const;
const ECN_MASK = 3;
/** Bits of inet_flags. */
const INET_FLAG = { autoflowlabelSet: 23, autoflowlabel: 24 } as const;
const MAX_DELAY = HZ / 5;
const MIN_DELAY = 2;
const USEC_PER_TICK = 1_000_000 / HZ;
/** Priority by the four bits of the type of service. */
const TOS_PRIORITY = [0, 0, 0, 0, 2, 2, 2, 2, 6, 6, 6, 6, 4, 4, 4, 4] as const;

/** A 32-bit option of one level; `set` gives 0 or a negative errno. An option without `get` or `set` is EINVAL. */
interface IntOption {
  readonly get?: (arena: Arena, sk: number) => number;
  readonly set?: (arena: Arena, sk: number, value: number) => number;
}

type IntTable = Readonly<Record<number, IntOption>>;

const lock = (arena: Arena, sk: number, bit: number): void => {
  setSkMember(arena, sk, 'sock', 'sk_userlocks', skMember(arena, sk, 'sock', 'sk_userlocks') | bit);
};

/** Twice what was asked for, for the kernel's own use. */
function buffer(name: 'sk_sndbuf' | 'sk_rcvbuf', bit: number, least: number): IntOption {
  return {
    get: (arena, sk) => skMember(arena, sk, 'sock', name),
    set(arena, sk, value) {
      lock(arena, sk, bit);
      setSkMember(arena, sk, 'sock', name, Math.max(2 * Math.min(value >>> 0, BUFFER_MAX), least));
      return 0;
    },
  };
}

/** A member that holds the value as it is. */
function plain(name: 'sk_mark' | 'sk_priority', range: (value: number) => boolean = () => true): IntOption {
  return {
    get: (arena, sk) => skMember(arena, sk, 'sock', name),
    set(arena, sk, value) {
      if (!range(value)) return -EINVAL;
      setSkMember(arena, sk, 'sock', name, value);
      return 0;
    },
  };
}

const isTcp = (arena: Arena, sk: number): boolean => skMember(arena, sk, 'sock', 'sk_protocol') === IPPROTO_TCP;

/** @kernel tcp_set_rcvlowat */
function setRcvlowat(arena: Arena, sk: number, value: number): number {
  const wanted = value < 0 ? INT_MAX : value;
  if (!isTcp(arena, sk)) {
    setSkMember(arena, sk, 'sock', 'sk_rcvlowat', wanted || 1);
    return 0;
  }
  const locked = (skMember(arena, sk, 'sock', 'sk_userlocks') & LOCK.rcvbuf) !== 0;
  const room = locked ? skMember(arena, sk, 'sock', 'sk_rcvbuf') : TCP_RMEM_MAX;
  const low = Math.min(wanted, room >> 1);
  setSkMember(arena, sk, 'sock', 'sk_rcvlowat', low || 1);
  if (locked) return 0;
  const ratio = skMember(arena, sk, 'tcp_sock', 'scaling_ratio') || 1;
  const space = Math.floor((low * 256) / ratio);
  if (space <= skMember(arena, sk, 'sock', 'sk_rcvbuf')) return 0;
  setSkMember(arena, sk, 'sock', 'sk_rcvbuf', space);
  const clamp = skMember(arena, sk, 'tcp_sock', 'window_clamp');
  if (clamp !== 0 && clamp < low) setSkMember(arena, sk, 'tcp_sock', 'window_clamp', low);
  return 0;
}

const RATE = LAYOUTS.sock.members;

/** Bytes per second; all ones is no limit. */
function setMaxPacingRate(arena: Arena, sk: number, value: number): number {
  const unlimited = value === -1;
  if (!unlimited && skMember(arena, sk, 'sock', 'sk_pacing_status') === 0) {
    setSkMember(arena, sk, 'sock', 'sk_pacing_status', 1);
  }
  setSkMember64(arena, sk, 'sock', 'sk_max_pacing_rate', value, unlimited ? -1 : 0);
  const at = sk + RATE.sk_pacing_rate[0];
  const lower = !unlimited && (arena.getU32(at + 4) !== 0 || arena.getU32(at) > value >>> 0);
  if (lower) setSkMember64(arena, sk, 'sock', 'sk_pacing_rate', value, 0);
  return 0;
}

const SOCKET_OPTIONS: IntTable = {
  [UAPI.SO_REUSEADDR]: {
    get: (arena, sk) => skMember(arena, sk, 'sock_common', 'skc_reuse'),
    set(arena, sk, value) {
      setSkMember(arena, sk, 'sock_common', 'skc_reuse', value !== 0 ? 1 : 0);
      return 0;
    },
  },
  [UAPI.SO_REUSEPORT]: {
    get: (arena, sk) => skMember(arena, sk, 'sock_common', 'skc_reuseport'),
    set(arena, sk, value) {
      setSkMember(arena, sk, 'sock_common', 'skc_reuseport', value !== 0 ? 1 : 0);
      return 0;
    },
  },
  [UAPI.SO_SNDBUF]: buffer('sk_sndbuf', LOCK.sndbuf, MIN_SNDBUF),
  [UAPI.SO_RCVBUF]: buffer('sk_rcvbuf', LOCK.rcvbuf, MIN_RCVBUF),
  [UAPI.SO_KEEPALIVE]: {
    get: (arena, sk) => (sockFlag(arena, sk, SOCK_FLAG.keepOpen) ? 1 : 0),
    set(arena, sk, value) {
      setSockFlag(arena, sk, SOCK_FLAG.keepOpen, value !== 0);
      return 0;
    },
  },
  [UAPI.SO_PRIORITY]: plain('sk_priority'),
  [UAPI.SO_MARK]: plain('sk_mark'),
  [UAPI.SO_RCVLOWAT]: { get: (arena, sk) => skMember(arena, sk, 'sock', 'sk_rcvlowat'), set: setRcvlowat },
  [UAPI.SO_MAX_PACING_RATE]: {
    get: (arena, sk) =>
      arena.getU32(sk + RATE.sk_max_pacing_rate[0] + 4) !== 0 ? -1 : skMember(arena, sk, 'sock', 'sk_max_pacing_rate'),
    set: setMaxPacingRate,
  },
  [UAPI.SO_BINDTOIFINDEX]: {
    get: (arena, sk) => skMember(arena, sk, 'sock_common', 'skc_bound_dev_if'),
    set(arena, sk, value) {
      if (value < 0) return -EINVAL;
      setSkMember(arena, sk, 'sock_common', 'skc_bound_dev_if', value);
      return 0;
    },
  },
  [UAPI.SO_TXREHASH]: {
    get: (arena, sk) => skMember(arena, sk, 'sock', 'sk_txrehash'),
    set(arena, sk, value) {
      if (value < -1 || value > 1) return -EINVAL;
      // net.core.txrehash is what -1 stands for.
      setSkMember(arena, sk, 'sock', 'sk_txrehash', value === -1 ? 1 : value);
      return 0;
    },
  },
};

/** Seconds that an object keeps in ticks, or the default where it has none. */
function seconds(name: 'keepalive_time' | 'keepalive_intvl', otherwise: number): IntOption {
  return {
    get: (arena, sk) => Math.floor((skMember(arena, sk, 'tcp_sock', name) || otherwise * HZ) / HZ),
    set(arena, sk, value) {
      if (value < 1 || value > MAX_SECONDS) return -EINVAL;
      setSkMember(arena, sk, 'tcp_sock', name, value * HZ);
      return 0;
    },
  };
}

/** @kernel tcp_set_window_clamp */
function setWindowClamp(arena: Arena, sk: number, value: number): number {
  if (value === 0) {
    if (skMember(arena, sk, 'sock_common', 'skc_state') !== TCP_CLOSE) return -EINVAL;
    setSkMember(arena, sk, 'tcp_sock', 'window_clamp', 0);
    return 0;
  }
  const old = skMember(arena, sk, 'tcp_sock', 'window_clamp');
  const clamp = Math.max(value >>> 0, MIN_RCVBUF / 2);
  if (clamp === old) return 0;
  setSkMember(arena, sk, 'tcp_sock', 'window_clamp', clamp);
  const threshold = skMember(arena, sk, 'tcp_sock', 'rcv_ssthresh');
  const room = Math.min(clamp < old ? threshold : skMember(arena, sk, 'tcp_sock', 'rcv_wnd'), clamp);
  setSkMember(arena, sk, 'tcp_sock', 'rcv_ssthresh', clamp < old ? room : Math.max(room, threshold));
  return 0;
}

const USER_MSS = offsetOf('tcp_sock', 'rx_opt') + LAYOUTS.tcp_options_received.members.user_mss[0];

/** A tick for each four milliseconds that began. @kernel usecs_to_jiffies */
function delay(name: 'icsk_delack_max' | 'icsk_rto_min'): NonNullable<IntOption['set']> {
  return (arena, sk, value) => {
    const ticks = Math.ceil((value >>> 0) / USEC_PER_TICK);
    if (ticks > MAX_DELAY || ticks < MIN_DELAY) return -EINVAL;
    setSkMember(arena, sk, 'inet_connection_sock', name, ticks);
    return 0;
  };
}

const TCP_OPTIONS: IntTable = {
  [UAPI.TCP_NODELAY]: {
    get: (arena, sk) => skMember(arena, sk, 'tcp_sock', 'nonagle') & NAGLE.off,
    set(arena, sk, value) {
      const old = skMember(arena, sk, 'tcp_sock', 'nonagle');
      const next = value !== 0 ? old | NAGLE.off | NAGLE.push : old & ~NAGLE.off;
      setSkMember(arena, sk, 'tcp_sock', 'nonagle', next);
      return 0;
    },
  },
  [UAPI.TCP_MAXSEG]: {
    get(arena, sk) {
      const own = arena.getU16(sk + USER_MSS);
      const state = skMember(arena, sk, 'sock_common', 'skc_state');
      return own !== 0 && (state === TCP_CLOSE || state === TCP_LISTEN)
        ? own
        : skMember(arena, sk, 'tcp_sock', 'mss_cache');
    },
    set(arena, sk, value) {
      if (value !== 0 && (value < MIN_MSS || value > MAX_WINDOW)) return -EINVAL;
      arena.setU16(sk + USER_MSS, value);
      return 0;
    },
  },
  [UAPI.TCP_KEEPIDLE]: seconds('keepalive_time', DEFAULTS.keepaliveTime),
  [UAPI.TCP_KEEPINTVL]: seconds('keepalive_intvl', DEFAULTS.keepaliveIntvl),
  [UAPI.TCP_KEEPCNT]: {
    get: (arena, sk) => skMember(arena, sk, 'tcp_sock', 'keepalive_probes') || DEFAULTS.keepaliveProbes,
    set(arena, sk, value) {
      if (value < 1 || value > MAX_COUNT) return -EINVAL;
      setSkMember(arena, sk, 'tcp_sock', 'keepalive_probes', value);
      return 0;
    },
  },
  [UAPI.TCP_SYNCNT]: {
    get: (arena, sk) => skMember(arena, sk, 'inet_connection_sock', 'icsk_syn_retries') || DEFAULTS.synRetries,
    set(arena, sk, value) {
      if (value < 1 || value > MAX_COUNT) return -EINVAL;
      setSkMember(arena, sk, 'inet_connection_sock', 'icsk_syn_retries', value);
      return 0;
    },
  },
  [UAPI.TCP_WINDOW_CLAMP]: {
    get: (arena, sk) => skMember(arena, sk, 'tcp_sock', 'window_clamp'),
    set: setWindowClamp,
  },
  [UAPI.TCP_THIN_LINEAR_TIMEOUTS]: {
    get: (arena, sk) => skMember(arena, sk, 'tcp_sock', 'thin_lto'),
    set(arena, sk, value) {
      if (value < 0 || value > 1) return -EINVAL;
      setSkMember(arena, sk, 'tcp_sock', 'thin_lto', value);
      return 0;
    },
  },
  [UAPI.TCP_USER_TIMEOUT]: {
    get: (arena, sk) => skMember(arena, sk, 'inet_connection_sock', 'icsk_user_timeout'),
    set(arena, sk, value) {
      if (value < 0) return -EINVAL;
      setSkMember(arena, sk, 'inet_connection_sock', 'icsk_user_timeout', value);
      return 0;
    },
  },
  [UAPI.TCP_NOTSENT_LOWAT]: {
    get: (arena, sk) => skMember(arena, sk, 'tcp_sock', 'notsent_lowat'),
    set(arena, sk, value) {
      setSkMember(arena, sk, 'tcp_sock', 'notsent_lowat', value);
      return 0;
    },
  },
  [UAPI.TCP_SAVE_SYN]: {
    get: (arena, sk) => skMember(arena, sk, 'tcp_sock', 'save_syn'),
    set(arena, sk, value) {
      if (value < 0 || value > 2) return -EINVAL;
      setSkMember(arena, sk, 'tcp_sock', 'save_syn', value);
      return 0;
    },
  },
  [UAPI.TCP_BPF_SOCK_OPS_CB_FLAGS]: {
    get: (arena, sk) => skMember(arena, sk, 'tcp_sock', 'bpf_sock_ops_cb_flags'),
    set(arena, sk, value) {
      if ((value & ~BPF_SOCK_OPS_ALL_CB_FLAGS) !== 0) return -EINVAL;
      setSkMember(arena, sk, 'tcp_sock', 'bpf_sock_ops_cb_flags', value);
      return 0;
    },
  },
  [UAPI.TCP_BPF_IW]: {
    set(arena, sk, value) {
      const sent = skMember(arena, sk, 'tcp_sock', 'data_segs_out');
      if (value <= 0 || sent > skMember(arena, sk, 'tcp_sock', 'syn_data')) return -EINVAL;
      setSkMember(arena, sk, 'tcp_sock', 'snd_cwnd', value);
      return 0;
    },
  },
  [UAPI.TCP_BPF_SNDCWND_CLAMP]: {
    set(arena, sk, value) {
      if (value <= 0) return -EINVAL;
      setSkMember(arena, sk, 'tcp_sock', 'snd_cwnd_clamp', value);
      setSkMember(arena, sk, 'tcp_sock', 'snd_ssthresh', value);
      return 0;
    },
  },
  [UAPI.TCP_BPF_DELACK_MAX]: { set: delay('icsk_delack_max') },
  [UAPI.TCP_BPF_RTO_MIN]: { set: delay('icsk_rto_min') },
};

const keepEcn = (arena: Arena, sk: number, value: number, old: number): number =>
  skMember(arena, sk, 'sock', 'sk_type') === SOCK_STREAM ? (value & ~ECN_MASK) | (old & ECN_MASK) : value;

const IP_OPTIONS: IntTable = {
  [IP_TOS]: {
    get: (arena, sk) => skMember(arena, sk, 'inet_sock', 'tos'),
    /** @kernel __ip_sock_set_tos */
    set(arena, sk, value) {
      const old = skMember(arena, sk, 'inet_sock', 'tos');
      const tos = keepEcn(arena, sk, value, old);
      if (tos === old) return 0;
      setSkMember(arena, sk, 'inet_sock', 'tos', tos);
      setSkMember(arena, sk, 'sock', 'sk_priority', TOS_PRIORITY[(tos >> 1) & 15]!);
      return 0;
    },
  },
};

const PINET6 = offsetOf('inet_sock', 'pinet6');
const TCLASS = offsetOf('ipv6_pinfo', 'tclass');
const INET_FLAGS = offsetOf('inet_sock', 'inet_flags');

function setInetFlag(arena: Arena, sk: number, bit: number, on: boolean): void {
  const flags = arena.getU32(sk + INET_FLAGS);
  arena.setU32(sk + INET_FLAGS, on ? flags | (1 << bit) : flags & ~(1 << bit));
}

const inetFlag = (arena: Arena, sk: number, bit: number): boolean =>
  ((arena.getU32(sk + INET_FLAGS) >>> bit) & 1) !== 0;

const IPV6_OPTIONS: IntTable = {
  [IPV6_TCLASS]: {
    get: (arena, sk) => arena.u8[arena.getU32(sk + PINET6) + TCLASS]!,
    set(arena, sk, value) {
      if (value < -1 || value > 0xff) return -EINVAL;
      const at = arena.getU32(sk + PINET6) + TCLASS;
      arena.setU8(at, keepEcn(arena, sk, value === -1 ? 0 : value, arena.u8[at]!));
      return 0;
    },
  },
  [IPV6_AUTOFLOWLABEL]: {
    // Without an own setting, net.ipv6.auto_flowlabels makes labels.
    get: (arena, sk) =>
      inetFlag(arena, sk, INET_FLAG.autoflowlabelSet) && !inetFlag(arena, sk, INET_FLAG.autoflowlabel) ? 0 : 1,
    set(arena, sk, value) {
      setInetFlag(arena, sk, INET_FLAG.autoflowlabel, value !== 0);
      setInetFlag(arena, sk, INET_FLAG.autoflowlabelSet, true);
      return 0;
    },
  },
};

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
