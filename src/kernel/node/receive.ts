/** Frames come in: over a cable or from outside, through XDP and the tc programs of ingress, to the protocols. */
import { deviceByIndex } from '../../net/route/netns.ts';
import { isSkbForwardable, setSkbField, skbField, skbPull, skbPush } from '../../net/skb.ts';
import type { KernelCore } from '../core.ts';
import { arrives, frameBytes, hasEthernet, ifindexOfSkb, skbOf } from './buffer.ts';
import type { Flow } from './flow.ts';
import { next } from './flow.ts';
import { drop } from './record.ts';
import { performRedirect } from './redirect.ts';
import type { Trip, Work } from './state.ts';
import { tripOf } from './state.ts';
import { linksAt, tcRun } from './tc.ts';
import { runXdp } from './xdp.ts';

type At<K extends Work['at']> = Extract<Work, { readonly at: K }>;

/** A frame from outside, or one that XDP has sent over a cable. */
export function frame(kernel: KernelCore, work: At<'frame'>): Flow {
  const { ifindex, bytes, ns } = work;
  const trip = { ...tripOf(work), xmits: 0 };
  if (!deviceByIndex(kernel.world.net, ifindex)?.up) return drop(kernel, trip, 0, 'DEV_READY', { ifindex });
  if (!hasEthernet(bytes)) return drop(kernel, trip, 0, 'DEV_HDR', { ifindex });
  const native = linksAt(kernel, 'xdp', ns, ifindex).find((l) => l.mode === 'native');
  if (native) return runXdp(kernel, work, { link: native, ifindex, bytes, passed: enter });
  return enter(kernel, trip, ifindex, bytes);
}

/** The frame becomes a sk_buff. */
function enter(kernel: KernelCore, trip: Trip, ifindex: number, bytes: Uint8Array, meta?: Uint8Array): Flow {
  const skb = hasEthernet(bytes) ? skbOf(kernel, bytes, meta) : 0;
  if (skb === 0) return drop(kernel, trip, 0, hasEthernet(bytes) ? 'NO_MEMORY' : 'DEV_HDR', { ifindex });
  arrives(kernel, skb, ifindex);
  return next(kernel, { ...trip, at: 'receive', skb });
}

/** A packet over a cable, with what belongs to it, at the far end. @kernel veth_forward_skb, __dev_forward_skb */
export function cable(kernel: KernelCore, work: At<'cable'>): Flow {
  const { ifindex, skb, ns } = work;
  const { arena } = kernel;
  const trip = { ...tripOf(work), xmits: 0 };
  const device = deviceByIndex(kernel.world.net, ifindex)!;
  if (!device.up) return drop(kernel, trip, skb, 'DEV_READY', { ifindex });
  if (!isSkbForwardable(arena, device, skb, true)) return drop(kernel, trip, skb, 'PKT_TOO_BIG', { ifindex });
  setSkbField(arena, skb, 'priority', 0);
  const native = linksAt(kernel, 'xdp', ns, ifindex).find((l) => l.mode === 'native');
  if (native) {
    const bytes = frameBytes(arena, skb);
    return runXdp(kernel, work, { link: native, ifindex, bytes, passed: enter, skb });
  }
  arrives(kernel, skb, ifindex);
  return next(kernel, { ...trip, at: 'receive', skb });
}

/** From the device to the protocols. @kernel __netif_receive_skb_core */
export function receive(kernel: KernelCore, work: At<'receive'>): Flow {
  const { arena } = kernel;
  const { skb, ns } = work;
  const ifindex = ifindexOfSkb(kernel, skb);
  const generic = linksAt(kernel, 'xdp', ns, ifindex).find((l) => l.mode === 'generic');
  if (generic) {
    const passed: typeof enter = (k, trip, index, bytes, meta) => {
      const fresh = skbOf(k, bytes, meta);
      if (fresh === 0) return drop(k, trip, 0, 'NO_MEMORY', { ifindex: index });
      arrives(k, fresh, index);
      return ingress(k, { ...work, ...trip, skb: fresh }, index);
    };
    return runXdp(kernel, work, { link: generic, ifindex, bytes: frameBytes(arena, skb), passed, skb });
  }
  return ingress(kernel, work, ifindex);
}

/** @kernel sch_handle_ingress */
function ingress(kernel: KernelCore, work: At<'receive'>, ifindex: number): Flow {
  const { arena } = kernel;
  const { skb } = work;
  const trip = tripOf(work);
  setSkbField(arena, skb, 'tc_at_ingress', 1);
  skbPush(arena, skb, skbField(arena, skb, 'mac_len'));
  return tcRun(kernel, work, ifindex, 'ingress', (action) => {
    switch (action) {
      case 'drop':
        return drop(kernel, trip, skb, 'TC_INGRESS', { ifindex });
      case 'stolen':
        return drop(kernel, trip, skb, 'TC_INGRESS', { ifindex, why: 'the tc program took it' });
      case 'redirect':
        return performRedirect(kernel, trip, skb, 'ingress');
      case 'pass':
        skbPull(arena, skb, skbField(arena, skb, 'mac_len'));
        setSkbField(arena, skb, 'tc_at_ingress', 0);
        return next(kernel, { ...trip, at: 'ip', skb });
    }
  });
}
