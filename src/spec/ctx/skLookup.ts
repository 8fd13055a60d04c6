/** Socket selection: sk_lookup and sk_reuseport programs. */

import type { CtxTable } from './row.ts';

export const skLookupCtx = {
  bpf_sk_lookup: {
    size: 72,
    fields: {
      sk: { offset: 0, size: 8, type: 'struct bpf_sock *' },
      cookie: { offset: 0, size: 8, type: 'u64' },
      family: { offset: 8, size: 4, type: 'u32' },
      protocol: { offset: 12, size: 4, type: 'u32' },
      remote_ip4: { offset: 16, size: 4, type: 'u32' },
      remote_ip6: { offset: 20, size: 4, count: 4, type: 'u32' },
      remote_port: { offset: 36, size: 2, type: 'be16' },
      local_ip4: { offset: 40, size: 4, type: 'u32' },
      local_ip6: { offset: 44, size: 4, count: 4, type: 'u32' },
      local_port: { offset: 60, size: 4, type: 'u32' },
      ingress_ifindex: { offset: 64, size: 4, type: 'u32' },
    },
  },
  sk_reuseport_md: {
    size: 56,
    fields: {
      data: { offset: 0, size: 8, type: 'void *' },
      data_end: { offset: 8, size: 8, type: 'void *' },
      len: { offset: 16, size: 4, type: 'u32' },
      eth_protocol: { offset: 20, size: 4, type: 'u32' },
      ip_protocol: { offset: 24, size: 4, type: 'u32' },
      bind_inany: { offset: 28, size: 4, type: 'u32' },
      hash: { offset: 32, size: 4, type: 'u32' },
      sk: { offset: 40, size: 8, type: 'struct bpf_sock *' },
      migrating_sk: { offset: 48, size: 8, type: 'struct bpf_sock *' },
    },
  },
} as const satisfies CtxTable;
