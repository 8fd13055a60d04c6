import type { KernelCore } from '../core.ts';
import type { Flow } from './flow.ts';
import { drop } from './record.ts';
import { performRedirect } from './redirect.ts';
import { tripOf, type Work } from './state.ts';
import { tcRun } from './tc.ts';
import { atDevice, hardStartXmit } from './transmit.ts';

/** A packet, from its link layer header on, is to leave through a device. @kernel __dev_queue_xmit, sch_handle_egress */
export function xmit(kernel: KernelCore, work: Extract<Work, { readonly at: 'xmit' }>): Flow {
  const { skb, ifindex } = work;
  const trip = atDevice(kernel, tripOf(work), skb, ifindex);
  if (!trip) return undefined;
  return tcRun(kernel, work, ifindex, 'egress', (action) => {
    switch (action) {
      case 'drop':
        return drop(kernel, trip, skb, 'TC_EGRESS', { ifindex });
      case 'stolen':
        return drop(kernel, trip, skb, 'TC_EGRESS', { ifindex, why: 'the tc program took it' });
      case 'redirect':
        return performRedirect(kernel, trip, skb, 'egress');
      case 'pass':
        return hardStartXmit(kernel, trip, skb, ifindex);
    }
  });
}
