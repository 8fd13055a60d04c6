/** The device port over the World. */
import type { DevicePort } from '../../helpers/ports/devices.ts';
import type { Arena } from '../../mem/arena.ts';
import { carrierOk } from '../../net/route/carrier.ts';
import type { Device, NetNs } from '../../net/route/netns.ts';
import { deviceByIndex } from '../../net/route/netns.ts';
import { isSkbForwardable, skbField } from '../../net/skb.ts';
import { UAPI } from '../../spec/constants.ts';
import type { KernelCore } from '../core.ts';
import { withOutput } from '../world.ts';

/** What sending says when the packet is lost: dropped, or taken by a queue that leads nowhere. */
const NET_XMIT_DROP = 1;
const NET_XMIT_CN = 2;
const NET_RX_DROP = 1;

/** Hands a packet to a device as if it came in there, or to be sent. 0 or what the kernel says of the loss. */
function hand(arena: Arena, net: NetNs, dev: Device, skb: number, ingress: boolean): number {
  if (ingress) return isSkbForwardable(arena, dev, skb, false) ? 0 : NET_RX_DROP;
  if (!dev.up || !carrierOk(net, dev)) return NET_XMIT_CN;
  const peer = dev.peer === undefined ? undefined : deviceByIndex(net, dev.peer);
  return !peer || isSkbForwardable(arena, peer, skb, true) ? 0 : NET_XMIT_DROP;
}

export function devicePort(kernel: KernelCore): DevicePort {
  return {
    exists: (ifindex) => deviceByIndex(kernel.world.net, ifindex) !== undefined,
    cloneRedirect: (skb, ifindex, flags) => {
      const { arena, world } = kernel;
      const ingress = (flags & UAPI.BPF_F_INGRESS) !== 0;
      const result = hand(arena, world.net, deviceByIndex(world.net, ifindex)!, skb, ingress);
      if (result !== 0) return result;
      const data = arena.bytes(skbField(arena, skb, 'data'), skbField(arena, skb, 'len'));
      kernel.world = withOutput(world, { kind: 'sent', ifindex, ingress, data });
      return 0;
    },
    setRedirect: (redirect) => {
      kernel.world = { ...kernel.world, redirect };
    },
  };
}
