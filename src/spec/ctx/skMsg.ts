/** Messages of sk_msg programs. */

import type { CtxTable } from './row.ts';

export const skMsgCtx = {
  sk_msg_md: {
    size: 80,
    fields: {
      data: {
        offset: 0,
        size: 8,
        type: 'void *',
        read: 'all',
        from: { path: [['sk_msg.data']], bytes: 8, how: 'pointer' },
      },
      data_end: {
        offset: 8,
        size: 8,
        type: 'void *',
        read: 'all',
        from: { path: [['sk_msg.data_end']], bytes: 8, how: 'pointer' },
      },
      family: {
        offset: 16,
        size: 4,
        type: 'u32',
        read: 'all',
        from: { path: [['sk_msg.sk'], ['sock.__sk_common', 'sock_common.skc_family']], bytes: 2 },
      },
      remote_ip4: {
        offset: 20,
        size: 4,
        type: 'u32',
        read: 'all',
        from: { path: [['sk_msg.sk'], ['sock.__sk_common', 'sock_common.skc_daddr']], bytes: 4 },
      },
      local_ip4: {
        offset: 24,
        size: 4,
        type: 'u32',
        read: 'all',
        from: { path: [['sk_msg.sk'], ['sock.__sk_common', 'sock_common.skc_rcv_saddr']], bytes: 4 },
      },
      remote_ip6: {
        offset: 28,
        size: 4,
        count: 4,
        type: 'u32',
        read: 'all',
        from: { path: [['sk_msg.sk'], ['sock.__sk_common', 'sock_common.skc_v6_daddr']], bytes: 4 },
      },
      local_ip6: {
        offset: 44,
        size: 4,
        count: 4,
        type: 'u32',
        read: 'all',
        from: { path: [['sk_msg.sk'], ['sock.__sk_common', 'sock_common.skc_v6_rcv_saddr']], bytes: 4 },
      },
      remote_port: {
        offset: 60,
        size: 4,
        type: 'u32',
        read: 'all',
        from: { path: [['sk_msg.sk'], ['sock_common.skc_dport']], bytes: 2, how: 'shift-left-16' },
      },
      local_port: {
        offset: 64,
        size: 4,
        type: 'u32',
        read: 'all',
        from: { path: [['sk_msg.sk'], ['sock.__sk_common', 'sock_common.skc_num']], bytes: 2 },
      },
      size: {
        offset: 68,
        size: 4,
        type: 'u32',
        read: 'all',
        from: { path: [['sk_msg.sg', 'sk_msg_sg.size']], bytes: 4 },
      },
      sk: {
        offset: 72,
        size: 8,
        type: 'struct bpf_sock *',
        read: 'all',
        from: { path: [['sk_msg.sk']], bytes: 8, how: 'pointer' },
      },
    },
  },
} as const satisfies CtxTable;
