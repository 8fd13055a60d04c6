/** Packets, XDP metadata, sockets and xfrm states. */

import type { KfuncTable } from './row.ts';

const SKB = ['tc', 'sched_act', 'sk_skb', 'socket_filter', 'cgroup', 'lwt', 'netfilter', 'tracing'] as const;

export const networkKfuncs = {
  bpf_dynptr_from_skb: { flags: ['KF_TRUSTED_ARGS'], hooks: SKB, since: '6.4' },
  bpf_dynptr_from_xdp: { flags: [], hooks: ['xdp'], since: '6.4' },
  bpf_sock_addr_set_sun_path: { flags: [], hooks: ['cgroup'], since: '6.7' },
  bpf_sk_assign_tcp_reqsk: { flags: ['KF_TRUSTED_ARGS'], hooks: ['tc'], since: '6.9' },
  bpf_sock_destroy: {
    flags: ['KF_TRUSTED_ARGS'],
    hooks: ['tracing'],
    filter: { attachType: 'trace_iter' },
    since: '6.5',
  },
  bpf_xdp_metadata_rx_timestamp: { flags: ['KF_TRUSTED_ARGS'], hooks: ['xdp'], deviceBound: true, since: '6.3' },
  bpf_xdp_metadata_rx_hash: { flags: ['KF_TRUSTED_ARGS'], hooks: ['xdp'], deviceBound: true, since: '6.3' },
  bpf_xdp_metadata_rx_vlan_tag: { flags: ['KF_TRUSTED_ARGS'], hooks: ['xdp'], deviceBound: true, since: '6.8' },
  bpf_xdp_get_xfrm_state: { flags: ['KF_ACQUIRE', 'KF_RET_NULL'], hooks: ['xdp'], since: '6.8' },
  bpf_xdp_xfrm_state_release: { flags: ['KF_RELEASE'], hooks: ['xdp'], since: '6.8' },
} as const satisfies KfuncTable;
