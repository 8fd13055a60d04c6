/** Programs on a packet that is on its way: the run works on the sk_buff or xdp_buff that is there, and leaves it there. */
import { bpfComputeDataPointers } from '../../net/skb.ts';
import { xdpMoveWindow } from '../../net/xdp.ts';
import type { PrepareRun } from '../testRun/prepare.ts';
import { skbPackets } from '../testRun/skbBuild.ts';

/** A run on a sk_buff whose data begin where the hook has them. */
export function onSkb(skb: number): PrepareRun {
  return ({ arena }) => {
    bpfComputeDataPointers(arena, skb);
    return {
      ctx: { object: skb },
      packets: skbPackets(arena, () => bpfComputeDataPointers(arena, skb)),
      repeat: 1,
      finish: (retval) => ({ errno: 0, retval }),
      free: () => undefined,
    };
  };
}

/** A run on a xdp_buff. */
export function onXdp(xdp: number): PrepareRun {
  return ({ arena }) => ({
    ctx: { object: xdp },
    packets: { moved: () => xdpMoveWindow(arena, xdp), load: () => -1 },
    repeat: 1,
    finish: (retval) => ({ errno: 0, retval }),
    free: () => undefined,
  });
}
