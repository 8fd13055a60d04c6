/** Telling what happens to packets. */
import { deviceByIndex } from '../../net/route/netns.ts';
import { freeSkb } from '../../net/skb.ts';
import type { KernelCore } from '../core.ts';
import type { DropReason } from './dropReasons.ts';
import type { Hop } from './hop.ts';
import { changeNode, type Trip } from './state.ts';

/** `Hop` without what the trip knows; distributes over its kinds. */
type HopOf<H> = H extends Hop ? Omit<H, 'packet' | 'cpu' | 'ns'> : never;

/** Hops that counts are made of. */
const COUNTED: Readonly<Record<Hop['kind'], boolean>> = {
  in: true,
  sent: false,
  cable: false,
  program: true,
  route: false,
  neighbour: false,
  redirect: false,
  tunnel: false,
  delivered: true,
  out: true,
  dropped: true,
  state: false,
};

/** Notes a hop of a packet; the object becomes the hop itself. */
export function tell(kernel: KernelCore, { id, cpu, ns }: Trip, hop: HopOf<Hop>): void {
  const { world } = kernel;
  const { node } = world;
  if (node.quiet && !COUNTED[hop.kind]) return;
  // A literal of the caller's: what the trip knows is written into it, which is several times faster than a copy.
  const told = hop as unknown as { packet: number; cpu: number; ns: string };
  told.packet = id;
  told.cpu = cpu;
  told.ns = ns;
  kernel.world = changeNode(world, (changed) => {
    changed.hops = { hop: told as unknown as Hop, older: node.hops };
  });
}

/** The name of a device of the current namespace. */
export function deviceName(kernel: KernelCore, ifindex: number): string {
  return deviceByIndex(kernel.world.net, ifindex)?.name ?? `ifindex ${ifindex}`;
}

/** Ends the way of a packet. */
export function drop(
  kernel: KernelCore,
  trip: Trip,
  skb: number,
  reason: DropReason,
  more: { readonly ifindex?: number; readonly why?: string } = {},
): undefined {
  const { ifindex, why } = more;
  tell(kernel, trip, {
    kind: 'dropped',
    reason,
    ...(ifindex !== undefined && { dev: deviceName(kernel, ifindex) }),
    ...(why !== undefined && { why }),
  });
  if (skb !== 0) freeSkb(kernel.arena, skb);
}

/** Hops since the list was empty, oldest first. */
export function hopsOf(kernel: KernelCore): Hop[] {
  const hops: Hop[] = [];
  for (let node = kernel.world.node.hops; node; node = node.older) hops.push(node.hop);
  return hops.reverse();
}
