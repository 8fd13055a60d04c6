/** Options of TCP sockets (SOL_TCP). */
import type { Arena } from '../../mem/arena.ts';
import { setSkMember, skMember } from '../../net/inetSock.ts';
import { UAPI } from '../../spec/constants.ts';
import { LAYOUTS, offsetOf } from '../../spec/layouts.ts';
import { EINVAL } from '../impl.ts';
import type { IntOption, IntTable } from './row.ts';

const { BPF_SOCK_OPS_ALL_CB_FLAGS, TCP_CLOSE, TCP_LISTEN } = UAPI;

const HZ = 250;
const MIN_RCVBUF = 2304;
const MIN_MSS = 88;
const MAX_WINDOW = 32767;
const MAX_SECONDS = 32767;
const MAX_COUNT = 127;
/** Defaults of net.ipv4: tcp_keepalive_time, _intvl, _probes, tcp_syn_retries. */
const DEFAULTS = { keepaliveTime: 7200, keepaliveIntvl: 75, keepaliveProbes: 9, synRetries: 6 } as const;
const NAGLE = { off: 1, push: 4 } as const;
const MAX_DELAY = HZ / 5;
const MIN_DELAY = 2;
const USEC_PER_TICK = 1_000_000 / HZ;

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

/** Options of SOL_TCP. */
export const TCP_OPTIONS: IntTable = {
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
