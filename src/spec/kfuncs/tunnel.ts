/** Tunnel metadata: the modules xfrm_interface and fou. */

import type { KfuncTable } from './row.ts';

export const tunnelKfuncs = {
  bpf_skb_set_xfrm_info: { flags: [], hooks: ['tc'], module: 'xfrm_interface', since: '6.2' },
  bpf_skb_get_xfrm_info: { flags: [], hooks: ['tc'], module: 'xfrm_interface', since: '6.2' },
  bpf_skb_get_fou_encap: { flags: [], hooks: ['tc'], module: 'fou', since: '6.4' },
  bpf_skb_set_fou_encap: { flags: [], hooks: ['tc'], module: 'fou', since: '6.4' },
} as const satisfies KfuncTable;
