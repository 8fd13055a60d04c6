/** Connection tracking, NAT and flow tables: the modules nf_conntrack, nf_nat and nf_flow_table. */

import type { KfuncTable } from './row.ts';

export const conntrackKfuncs = {
  bpf_ct_change_status: { flags: ['KF_TRUSTED_ARGS'], hooks: ['xdp', 'tc'], module: 'nf_conntrack', since: '6.0' },
  bpf_ct_set_status: { flags: ['KF_TRUSTED_ARGS'], hooks: ['xdp', 'tc'], module: 'nf_conntrack', since: '6.0' },
  bpf_ct_change_timeout: { flags: ['KF_TRUSTED_ARGS'], hooks: ['xdp', 'tc'], module: 'nf_conntrack', since: '6.0' },
  bpf_ct_set_timeout: { flags: ['KF_TRUSTED_ARGS'], hooks: ['xdp', 'tc'], module: 'nf_conntrack', since: '6.0' },
  bpf_ct_release: { flags: ['KF_RELEASE'], hooks: ['xdp', 'tc'], module: 'nf_conntrack', since: '5.18' },
  bpf_ct_insert_entry: {
    flags: ['KF_ACQUIRE', 'KF_RELEASE', 'KF_RET_NULL'],
    hooks: ['xdp', 'tc'],
    module: 'nf_conntrack',
    since: '6.0',
  },
  bpf_skb_ct_lookup: {
    flags: ['KF_ACQUIRE', 'KF_RET_NULL'],
    hooks: ['xdp', 'tc'],
    module: 'nf_conntrack',
    since: '5.18',
  },
  bpf_skb_ct_alloc: {
    flags: ['KF_ACQUIRE', 'KF_RET_NULL'],
    hooks: ['xdp', 'tc'],
    module: 'nf_conntrack',
    since: '6.0',
  },
  bpf_xdp_ct_lookup: {
    flags: ['KF_ACQUIRE', 'KF_RET_NULL'],
    hooks: ['xdp', 'tc'],
    module: 'nf_conntrack',
    since: '5.18',
  },
  bpf_xdp_ct_alloc: {
    flags: ['KF_ACQUIRE', 'KF_RET_NULL'],
    hooks: ['xdp', 'tc'],
    module: 'nf_conntrack',
    since: '6.0',
  },
  bpf_ct_set_nat_info: { flags: ['KF_TRUSTED_ARGS'], hooks: ['xdp', 'tc'], module: 'nf_nat', since: '6.1' },
  bpf_xdp_flow_lookup: {
    flags: ['KF_RET_NULL', 'KF_TRUSTED_ARGS'],
    hooks: ['xdp'],
    module: 'nf_flow_table',
    since: '6.11',
  },
} as const satisfies KfuncTable;
