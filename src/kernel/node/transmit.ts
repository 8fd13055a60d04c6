/** Packets leave through a device: the tc programs of egress, then what the device's driver does with them. */
import type { Device } from '../../net/route/netns.ts';
import { deviceByIndex } from '../../net/route/netns.ts';
import { freeSkb, isSkbForwardable, setSkbField, skbSetHeader } from '../../net/skb.ts';
import type { KernelCore } from '../core.ts';
import { deviceObject } from '../net/deviceObject.ts';
import { arrives, dataBytes } from './buffer.ts';
import type { Flow } from './flow.ts';
import { later } from './flow.ts';
import { ipipTunnelXmit } from './ipip.ts';
import { drop, tell } from './record.ts';
import type { Trip } from './state.ts';

/** How often a packet may be sent on before it came in anywhere. @kernel XMIT_RECURSION_LIMIT */
const XMIT_RECURSION_LIMIT = 8;

/** A device's driver, with the packet from its link layer header on. @kernel ndo_start_xmit */
type Xmit = (kernel: KernelCore, trip: Trip, skb: number, device: Device) => Flow;

/** The end of the cable. */
function farEnd(device: Device, trip: Trip): { readonly ns: string; readonly ifindex: number } {
  return { ns: device.peerNs ?? trip.ns, ifindex: device.peer! };
}

/** @kernel veth_xmit */
const veth: Xmit = (kernel, trip, skb, device) => {
  if (device.peer === undefined) return drop(kernel, trip, skb, 'DEV_READY', { ifindex: device.ifindex });
  const { ns, ifindex } = farEnd(device, trip);
  tell(kernel, trip, { kind: 'cable', dev: device.name, to: ns, bytes: dataBytes(kernel.arena, skb) });
  return later(kernel, { ...trip, ns, at: 'cable', ifindex, skb });
};

/** @kernel loopback_xmit */
const loopback: Xmit = (kernel, trip, skb, device) => {
  setSkbField(kernel.arena, skb, 'sk', 0);
  arrives(kernel, skb, device.ifindex);
  return later(kernel, { ...trip, xmits: 0, at: 'receive', skb });
};

/** It is out of the node. */
const ether: Xmit = (kernel, trip, skb, device) => {
  tell(kernel, trip, { kind: 'out', dev: device.name, bytes: dataBytes(kernel.arena, skb) });
  freeSkb(kernel.arena, skb);
};

const nowhere: Xmit = (kernel, trip, skb, device) =>
  drop(kernel, trip, skb, 'DEV_READY', { ifindex: device.ifindex, why: `${device.type} devices send to nobody` });

const DRIVERS: Readonly<Record<Device['type'], Xmit>> = { veth, loopback, ether, dummy: nowhere, ipip: ipipTunnelXmit };

/** Hands a packet to a device's driver. @kernel dev_hard_start_xmit */
export function hardStartXmit(kernel: KernelCore, trip: Trip, skb: number, ifindex: number): Flow {
  const device = deviceByIndex(kernel.world.net, ifindex)!;
  if (!device.up) return drop(kernel, trip, skb, 'DEV_READY', { ifindex });
  return DRIVERS[device.type](kernel, trip, skb, device);
}

/** The packet is at the device; false where it may not be sent. */
export function atDevice(kernel: KernelCore, trip: Trip, skb: number, ifindex: number): Trip | undefined {
  const device = deviceByIndex(kernel.world.net, ifindex);
  if (!device?.up) return drop(kernel, trip, skb, 'DEV_READY', { ifindex });
  if (trip.xmits >= XMIT_RECURSION_LIMIT) return drop(kernel, trip, skb, 'RECURSION_LIMIT', { ifindex });
  if (device.type !== 'loopback' && !isSkbForwardable(kernel.arena, device, skb, true)) {
    return drop(kernel, trip, skb, 'PKT_TOO_BIG', { ifindex, why: `it is longer than the MTU of ${device.mtu}` });
  }
  const { arena } = kernel;
  setSkbField(arena, skb, 'dev', deviceObject(kernel, ifindex));
  setSkbField(arena, skb, 'tc_at_ingress', 0);
  skbSetHeader(arena, skb, 'mac_header');
  return { ...trip, xmits: trip.xmits + 1 };
}

/** A frame of XDP goes out of a device, past the tc programs. */
export function sendFrame(kernel: KernelCore, trip: Trip, ifindex: number, bytes: Uint8Array): Flow {
  const device = deviceByIndex(kernel.world.net, ifindex);
  if (!device?.up) return drop(kernel, trip, 0, 'DEV_READY', { ifindex });
  if (device.type === 'ether') {
    tell(kernel, trip, { kind: 'out', dev: device.name, bytes });
    return undefined;
  }
  if (device.type !== 'veth' || device.peer === undefined) {
    return drop(kernel, trip, 0, 'DEV_READY', { ifindex, why: `${device.type} devices send no XDP frames` });
  }
  const far = farEnd(device, trip);
  tell(kernel, trip, { kind: 'cable', dev: device.name, to: far.ns, bytes });
  return later(kernel, { ...trip, ns: far.ns, at: 'frame', ifindex: far.ifindex, bytes });
}
