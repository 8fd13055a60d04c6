/** The device port over the World. */
import type { DevicePort } from '../../helpers/ports/devices.ts';
import { carrierOk } from '../../net/route/carrier.ts';
import type { Device } from '../../net/route/netns.ts';
import { deviceByIndex } from '../../net/route/netns.ts';
import { freeSkb, isSkbForwardable, skbClone, skbField } from '../../net/skb.ts';
import { UAPI } from '../../spec/constants.ts';
import { ERRNO } from '../../spec/errno.ts';
import type { KernelCore } from '../core.ts';
import { copyTrip } from '../node/flow.ts';
import { netnsOf } from '../node/namespaces.ts';
import type { Trip, Work } from '../node/state.ts';
import { withOutput } from '../world.ts';

/** What sending says when the packet is lost: dropped, or taken by a queue that leads nowhere. */
const NET_XMIT_DROP = 1;
const NET_XMIT_CN = 2;
const NET_RX_DROP = 1;

/** Hands a packet to a device as if it came in there, or to be sent. 0 or what the kernel says of the loss. */
function hand({ arena, world }: KernelCore, dev: Device, skb: number, ingress: boolean): number {
  if (ingress) return isSkbForwardable(arena, dev, skb, false) ? 0 : NET_RX_DROP;
  if (!dev.up || !carrierOk(world.net, dev)) return NET_XMIT_CN;
  const far = dev.peerNs === undefined ? world.net : netnsOf(world, dev.peerNs);
  const peer = dev.peer === undefined || !far ? undefined : deviceByIndex(far, dev.peer);
  return !peer || isSkbForwardable(arena, peer, skb, true) ? 0 : NET_XMIT_DROP;
}

/**
 * A copy of a packet of the node, which sets out once the program has ended; on a real kernel it is on its way before the
 * program goes on.
 */
function travel(kernel: KernelCore, of: Trip, skb: number, ifindex: number, ingress: boolean): number {
  const made = skbClone(kernel.arena, skb);
  if (!made.ok) return -ERRNO.ENOMEM;
  const trip = copyTrip(kernel, of);
  if (!trip) {
    freeSkb(kernel.arena, made.value);
    return NET_XMIT_DROP;
  }
  const { world } = kernel;
  const copies: readonly Work[] = [...world.node.copies, { ...trip, at: 'copy', skb: made.value, ifindex, ingress }];
  kernel.world = { ...world, node: { ...world.node, copies } };
  return 0;
}

export function devicePort(kernel: KernelCore): DevicePort {
  return {
    exists: (ifindex) => deviceByIndex(kernel.world.net, ifindex) !== undefined,
    cloneRedirect: (skb, ifindex, flags) => {
      const { arena } = kernel;
      const ingress = (flags & UAPI.BPF_F_INGRESS) !== 0;
      const result = hand(kernel, deviceByIndex(kernel.world.net, ifindex)!, skb, ingress);
      if (result !== 0) return result;
      const { running } = kernel.world.node;
      if (running) return travel(kernel, running, skb, ifindex, ingress);
      const { world } = kernel;
      const data = arena.bytes(skbField(arena, skb, 'data'), skbField(arena, skb, 'len'));
      kernel.world = withOutput(world, { kind: 'sent', ifindex, ingress, data });
      return 0;
    },
    setRedirect: (redirect) => {
      kernel.world = { ...kernel.world, redirect };
    },
  };
}
