/** The CPU is in one network namespace at a time; the others are parked. */
import type { NetNs } from '../../net/route/netns.ts';
import { deviceByName } from '../../net/route/netns.ts';
import type { KernelCore } from '../core.ts';
import type { SocketTable } from '../sockets/table.ts';
import type { World } from '../world.ts';

/** Goes into a namespace; false when there is none of this name. */
export function enterNetns(kernel: KernelCore, name: string): boolean {
  const { world } = kernel;
  if (world.net.name === name) return true;
  const to = world.parked.find((p) => p.net.name === name);
  if (!to) return false;
  // Cookies and congestion controls are the kernel's, not a namespace's.
  const { cookie, congestion } = world.sockets;
  kernel.world = {
    ...world,
    net: to.net,
    sockets: { ...to.sockets, cookie, congestion },
    parked: world.parked.map((p) => (p === to ? { net: world.net, sockets: world.sockets } : p)),
  };
  return true;
}

/** A namespace by its name. */
export function netnsOf({ net, parked }: World, name: string): NetNs | undefined {
  return net.name === name ? net : parked.find((p) => p.net.name === name)?.net;
}

/** The sockets of a namespace. */
export function socketsOf({ net, sockets, parked }: World, name: string): SocketTable | undefined {
  return net.name === name ? sockets : parked.find((p) => p.net.name === name)?.sockets;
}

/** The namespace that the current one knows by an id. @kernel get_net_ns_by_id */
export function netnsById({ net }: World, id: number): string | undefined {
  return net.ids.find((known) => known.id === id)?.name;
}

/** Ifindex of a device by the names of its namespace and its own; 0 for none. */
export function ifindexOf(world: World, ns: string, dev: string): number {
  const net = netnsOf(world, ns);
  return (net && deviceByName(net, dev)?.ifindex) ?? 0;
}
