/** Addresses in bind, connect and message hooks of control groups. */

import type { CtxTable } from './row.ts';

export const sockAddrCtx = {
  bpf_sock_addr: {
    size: 72,
    fields: {
      user_family: { offset: 0, size: 4, type: 'u32' },
      user_ip4: { offset: 4, size: 4, type: 'u32' },
      user_ip6: { offset: 8, size: 4, count: 4, type: 'u32' },
      user_port: { offset: 24, size: 4, type: 'u32' },
      family: { offset: 28, size: 4, type: 'u32' },
      type: { offset: 32, size: 4, type: 'u32' },
      protocol: { offset: 36, size: 4, type: 'u32' },
      msg_src_ip4: { offset: 40, size: 4, type: 'u32' },
      msg_src_ip6: { offset: 44, size: 4, count: 4, type: 'u32' },
      sk: { offset: 64, size: 8, type: 'struct bpf_sock *' },
    },
  },
} as const satisfies CtxTable;
