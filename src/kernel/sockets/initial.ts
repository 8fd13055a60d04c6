/** What a new socket's members hold, as socket(2) leaves them. Members that are not named are 0. */
import type { MemberName } from '../../spec/layouts.ts';

/** A 64-bit member is given as two halves. */
type Init<S extends 'sock_common' | 'sock' | 'inet_sock' | 'inet_connection_sock' | 'tcp_sock' | 'ipv6_pinfo'> = {
  readonly [M in MemberName<S>]?: number | readonly [lo: number, hi: number];
};

const MAX_SCHEDULE_TIMEOUT = [-1, 0x7fffffff] as const;
const ALL_ONES = [-1, -1] as const;
/** Minus one second in nanoseconds: there is no time stamp yet. */
const SK_DEFAULT_STAMP = [0xc4653600, -1] as const;
const GFP_KERNEL = 0xcc0;

/** @kernel sock_init_data, inet_create */
export const SOCK_COMMON_INIT: Init<'sock_common'> = {
  skc_net_refcnt: 1,
  skc_tx_queue_mapping: 0xffff,
  skc_rx_queue_mapping: 0xffff,
  skc_incoming_cpu: -1,
  skc_refcnt: 1,
};

export const SOCK_INIT: Init<'sock'> = {
  sk_peek_off: -1,
  sk_rcvtimeo: MAX_SCHEDULE_TIMEOUT,
  sk_sndtimeo: MAX_SCHEDULE_TIMEOUT,
  sk_rcvlowat: 1,
  sk_wmem_alloc: 1,
  sk_pacing_rate: ALL_ONES,
  sk_max_pacing_rate: ALL_ONES,
  sk_allocation: GFP_KERNEL,
  sk_pacing_shift: 10,
  sk_use_task_frag: 1,
  sk_stamp: SK_DEFAULT_STAMP,
  sk_txrehash: 1,
};

export const INET_INIT: Init<'inet_sock'> = { uc_ttl: 0xffff, mc_ttl: 1, pmtudisc: 1 };

/** inet_flags: multicast loops and, of TCP, IS_ICSK. */
export const INET_FLAGS = {
  tcp: { inet: 0x16000, inet6: 0x512000 },
  udp: { inet: 0x6000, inet6: 0x502000 },
} as const;

/** Buffer sizes of net.ipv4.tcp_rmem, tcp_wmem and net.core.rmem_default. */
export const BUFFERS = { tcp: { rcv: 131072, snd: 16384 }, udp: { rcv: 212992, snd: 212992 } } as const;

/** @kernel tcp_init_sock */
export const ICSK_INIT: Init<'inet_connection_sock'> = { icsk_rto: 250, icsk_rto_min: 50, icsk_delack_max: 50 };

export const TCP_INIT: Init<'tcp_sock'> = {
  reordering: 3,
  mss_cache: 536,
  snd_cwnd: 10,
  scaling_ratio: 128,
  snd_ssthresh: 0x7fffffff,
  mdev_us: 1_000_000,
  rate_app_limited: 1,
  app_limited: -1,
  snd_cwnd_clamp: -1,
};
