/** XDP packets as programs see them. */

import type { CtxTable } from './row.ts';

export const xdpCtx = {
  xdp_md: {
    size: 24,
    fields: {
      data: {
        offset: 0,
        size: 4,
        type: 'u32',
        read: 'all',
        from: { path: [['xdp_buff.data']], bytes: 8, how: 'pointer' },
      },
      data_end: {
        offset: 4,
        size: 4,
        type: 'u32',
        read: 'all',
        from: { path: [['xdp_buff.data_end']], bytes: 8, how: 'pointer' },
      },
      data_meta: {
        offset: 8,
        size: 4,
        type: 'u32',
        read: 'all',
        from: { path: [['xdp_buff.data_meta']], bytes: 8, how: 'pointer' },
      },
      ingress_ifindex: {
        offset: 12,
        size: 4,
        type: 'u32',
        read: 'all',
        from: { path: [['xdp_buff.rxq'], ['xdp_rxq_info.dev'], ['net_device.ifindex']], bytes: 4 },
      },
      rx_queue_index: {
        offset: 16,
        size: 4,
        type: 'u32',
        read: 'all',
        from: { path: [['xdp_buff.rxq'], ['xdp_rxq_info.queue_index']], bytes: 4 },
      },
      egress_ifindex: {
        offset: 20,
        size: 4,
        type: 'u32',
        read: ['xdp/xdp_devmap'],
        from: { path: [['xdp_buff.txq'], ['xdp_txq_info.dev'], ['net_device.ifindex']], bytes: 4 },
      },
    },
  },
} as const satisfies CtxTable;
