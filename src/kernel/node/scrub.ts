import { setSkbField, skbDstDrop } from '../../net/skb.ts';
import { offsetOf } from '../../spec/layouts.ts';
import type { KernelCore } from '../core.ts';

/** What another namespace must not see of a packet. @kernel skb_scrub_packet */
export function scrub(kernel: KernelCore, skb: number, otherNetns: boolean): void {
  const { arena } = kernel;
  setSkbField(arena, skb, 'pkt_type', 0);
  setSkbField(arena, skb, 'skb_iif', 0);
  setSkbField(arena, skb, 'ignore_df', 0);
  skbDstDrop(arena, skb);
  if (!otherNetns) return;
  setSkbField(arena, skb, 'mark', 0);
  arena.setU64(skb + offsetOf('sk_buff', 'tstamp'), 0, 0);
}
