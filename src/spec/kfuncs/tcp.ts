/** The functions of TCP congestion control that a struct_ops may call. */

import type { KfuncTable } from './row.ts';

export const tcpKfuncs = {
  cubictcp_init: { flags: [], hooks: ['struct_ops'], since: '5.13' },
  cubictcp_cwnd_event: { flags: [], hooks: ['struct_ops'], since: '5.13' },
  cubictcp_cong_avoid: { flags: [], hooks: ['struct_ops'], since: '5.13' },
  cubictcp_recalc_ssthresh: { flags: [], hooks: ['struct_ops'], since: '5.13' },
  cubictcp_state: { flags: [], hooks: ['struct_ops'], since: '5.13' },
  cubictcp_acked: { flags: [], hooks: ['struct_ops'], since: '5.13' },
  tcp_slow_start: { flags: [], hooks: ['struct_ops'], since: '5.13' },
  tcp_cong_avoid_ai: { flags: [], hooks: ['struct_ops'], since: '5.13' },
  tcp_reno_cong_avoid: { flags: [], hooks: ['struct_ops'], since: '5.13' },
  tcp_reno_ssthresh: { flags: [], hooks: ['struct_ops'], since: '5.13' },
  tcp_reno_undo_cwnd: { flags: [], hooks: ['struct_ops'], since: '5.13' },
  bbr_set_state: { flags: [], hooks: ['struct_ops'], module: 'tcp_bbr', since: '5.13' },
  bbr_ssthresh: { flags: [], hooks: ['struct_ops'], module: 'tcp_bbr', since: '5.13' },
  bbr_undo_cwnd: { flags: [], hooks: ['struct_ops'], module: 'tcp_bbr', since: '5.13' },
  bbr_sndbuf_expand: { flags: [], hooks: ['struct_ops'], module: 'tcp_bbr', since: '5.13' },
  bbr_init: { flags: [], hooks: ['struct_ops'], module: 'tcp_bbr', since: '5.13' },
  bbr_main: { flags: [], hooks: ['struct_ops'], module: 'tcp_bbr', since: '5.13' },
  bbr_cwnd_event: { flags: [], hooks: ['struct_ops'], module: 'tcp_bbr', since: '5.13' },
  bbr_min_tso_segs: { flags: [], hooks: ['struct_ops'], module: 'tcp_bbr', since: '5.13' },
  dctcp_cwnd_undo: { flags: [], hooks: ['struct_ops'], module: 'tcp_dctcp', since: '5.13' },
  dctcp_cwnd_event: { flags: [], hooks: ['struct_ops'], module: 'tcp_dctcp', since: '5.13' },
  dctcp_state: { flags: [], hooks: ['struct_ops'], module: 'tcp_dctcp', since: '5.13' },
  dctcp_update_alpha: { flags: [], hooks: ['struct_ops'], module: 'tcp_dctcp', since: '5.13' },
  dctcp_ssthresh: { flags: [], hooks: ['struct_ops'], module: 'tcp_dctcp', since: '5.13' },
  dctcp_init: { flags: [], hooks: ['struct_ops'], module: 'tcp_dctcp', since: '5.13' },
} as const satisfies KfuncTable;
