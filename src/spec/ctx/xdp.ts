/** XDP packets as programs see them. */

import type { CtxTable } from './row.ts';

export const xdpCtx = {
  xdp_md: {
    size: 24,
    fields: {
      data: { offset: 0, size: 4, type: 'u32' },
      data_end: { offset: 4, size: 4, type: 'u32' },
      data_meta: { offset: 8, size: 4, type: 'u32' },
      ingress_ifindex: { offset: 12, size: 4, type: 'u32' },
      rx_queue_index: { offset: 16, size: 4, type: 'u32' },
      egress_ifindex: { offset: 20, size: 4, type: 'u32' },
    },
  },
} as const satisfies CtxTable;
