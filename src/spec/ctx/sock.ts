/** Sockets as programs see them. */

import type { CtxTable } from './row.ts';

export const sockCtx = {
  bpf_sock: {
    size: 80,
    fields: {
      bound_dev_if: { offset: 0, size: 4, type: 'u32' },
      family: { offset: 4, size: 4, type: 'u32' },
      type: { offset: 8, size: 4, type: 'u32' },
      protocol: { offset: 12, size: 4, type: 'u32' },
      mark: { offset: 16, size: 4, type: 'u32' },
      priority: { offset: 20, size: 4, type: 'u32' },
      src_ip4: { offset: 24, size: 4, type: 'u32' },
      src_ip6: { offset: 28, size: 4, count: 4, type: 'u32' },
      src_port: { offset: 44, size: 4, type: 'u32' },
      dst_port: { offset: 48, size: 2, type: 'be16' },
      dst_ip4: { offset: 52, size: 4, type: 'u32' },
      dst_ip6: { offset: 56, size: 4, count: 4, type: 'u32' },
      state: { offset: 72, size: 4, type: 'u32' },
      rx_queue_mapping: { offset: 76, size: 4, type: 's32' },
    },
  },
  bpf_tcp_sock: {
    size: 112,
    fields: {
      snd_cwnd: { offset: 0, size: 4, type: 'u32' },
      srtt_us: { offset: 4, size: 4, type: 'u32' },
      rtt_min: { offset: 8, size: 4, type: 'u32' },
      snd_ssthresh: { offset: 12, size: 4, type: 'u32' },
      rcv_nxt: { offset: 16, size: 4, type: 'u32' },
      snd_nxt: { offset: 20, size: 4, type: 'u32' },
      snd_una: { offset: 24, size: 4, type: 'u32' },
      mss_cache: { offset: 28, size: 4, type: 'u32' },
      ecn_flags: { offset: 32, size: 4, type: 'u32' },
      rate_delivered: { offset: 36, size: 4, type: 'u32' },
      rate_interval_us: { offset: 40, size: 4, type: 'u32' },
      packets_out: { offset: 44, size: 4, type: 'u32' },
      retrans_out: { offset: 48, size: 4, type: 'u32' },
      total_retrans: { offset: 52, size: 4, type: 'u32' },
      segs_in: { offset: 56, size: 4, type: 'u32' },
      data_segs_in: { offset: 60, size: 4, type: 'u32' },
      segs_out: { offset: 64, size: 4, type: 'u32' },
      data_segs_out: { offset: 68, size: 4, type: 'u32' },
      lost_out: { offset: 72, size: 4, type: 'u32' },
      sacked_out: { offset: 76, size: 4, type: 'u32' },
      bytes_received: { offset: 80, size: 8, type: 'u64' },
      bytes_acked: { offset: 88, size: 8, type: 'u64' },
      dsack_dups: { offset: 96, size: 4, type: 'u32' },
      delivered: { offset: 100, size: 4, type: 'u32' },
      delivered_ce: { offset: 104, size: 4, type: 'u32' },
      icsk_retransmits: { offset: 108, size: 4, type: 'u32' },
    },
  },
  bpf_xdp_sock: {
    size: 4,
    fields: {
      queue_id: { offset: 0, size: 4, type: 'u32' },
    },
  },
} as const satisfies CtxTable;
