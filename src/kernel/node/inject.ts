/** Packets from outside of the node. */

import { deviceByIndex } from '../../net/route/netns.ts';
import type { KernelCore } from '../core.ts';
import { later, newPacket } from './flow.ts';
import { netnsOf } from './namespaces.ts';
import { tell } from './record.ts';

/** A frame comes in at a device from outside; the number that it gets. */
export function inject(kernel: KernelCore, ns: string, ifindex: number, bytes: Uint8Array, cpu: number): number {
  const id = newPacket(kernel);
  const trip = { id, cpu, ns, steps: 0, xmits: 0 };
  const net = netnsOf(kernel.world, ns);
  const dev = (net && deviceByIndex(net, ifindex)?.name) ?? `ifindex ${ifindex}`;
  tell(kernel, trip, { kind: 'in', dev, bytes });
  later(kernel, { ...trip, at: 'frame', ifindex, bytes });
  return id;
}
