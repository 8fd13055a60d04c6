/** Messages of sk_msg programs. */

import type { CtxTable } from './row.ts';

export const skMsgCtx = {
  sk_msg_md: {
    size: 80,
    fields: {
      data: { offset: 0, size: 8, type: 'void *' },
      data_end: { offset: 8, size: 8, type: 'void *' },
      family: { offset: 16, size: 4, type: 'u32' },
      remote_ip4: { offset: 20, size: 4, type: 'u32' },
      local_ip4: { offset: 24, size: 4, type: 'u32' },
      remote_ip6: { offset: 28, size: 4, count: 4, type: 'u32' },
      local_ip6: { offset: 44, size: 4, count: 4, type: 'u32' },
      remote_port: { offset: 60, size: 4, type: 'u32' },
      local_port: { offset: 64, size: 4, type: 'u32' },
      size: { offset: 68, size: 4, type: 'u32' },
      sk: { offset: 72, size: 8, type: 'struct bpf_sock *' },
    },
  },
} as const satisfies CtxTable;
