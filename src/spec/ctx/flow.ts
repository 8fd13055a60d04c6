/** Flow dissection and netfilter. */

import type { CtxTable } from './row.ts';

export const flowCtx = {
  bpf_flow_keys: {
    size: 56,
    fields: {
      nhoff: { offset: 0, size: 2, type: 'u16' },
      thoff: { offset: 2, size: 2, type: 'u16' },
      addr_proto: { offset: 4, size: 2, type: 'u16' },
      is_frag: { offset: 6, size: 1, type: 'u8' },
      is_first_frag: { offset: 7, size: 1, type: 'u8' },
      is_encap: { offset: 8, size: 1, type: 'u8' },
      ip_proto: { offset: 9, size: 1, type: 'u8' },
      n_proto: { offset: 10, size: 2, type: 'be16' },
      sport: { offset: 12, size: 2, type: 'be16' },
      dport: { offset: 14, size: 2, type: 'be16' },
      ipv4_src: { offset: 16, size: 4, type: 'be32' },
      ipv4_dst: { offset: 20, size: 4, type: 'be32' },
      ipv6_src: { offset: 16, size: 4, count: 4, type: 'u32' },
      ipv6_dst: { offset: 32, size: 4, count: 4, type: 'u32' },
      flags: { offset: 48, size: 4, type: 'u32' },
      flow_label: { offset: 52, size: 4, type: 'be32' },
    },
  },
  bpf_nf_ctx: {
    size: 16,
    fields: {
      state: {
        offset: 0,
        size: 8,
        type: 'struct nf_hook_state *',
        read: 'all',
        from: { path: [['bpf_nf_ctx.state']], bytes: 8, how: 'pointer' },
      },
      skb: {
        offset: 8,
        size: 8,
        type: 'struct sk_buff *',
        read: 'all',
        from: { path: [['bpf_nf_ctx.skb']], bytes: 8, how: 'pointer' },
      },
    },
  },
} as const satisfies CtxTable;
