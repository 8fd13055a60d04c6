/** The node is put together: namespaces, cables between them, programs at their hooks. */
import { inet6LinkReady } from '../../net/route/inet6Address.ts';
import { deviceByIndex, deviceByName, type NetNs, withDevice } from '../../net/route/netns.ts';
import { ERRNO } from '../../spec/errno.ts';
import type { KernelCore } from '../core.ts';
import { unloadUnheld } from '../lifetime.ts';
import { NO_SOCKETS } from '../sockets/table.ts';
import type { ProgRecord } from '../world.ts';
import { HOOKS, type LinkHook } from './hooks.ts';
import { netnsOf } from './namespaces.ts';
import type { Link } from './state.ts';

const { EBUSY, EEXIST, EINVAL, ENODEV, ENOENT } = ERRNO;

/** Replaces a namespace, wherever it is now. */
export function setNetns(kernel: KernelCore, net: NetNs): void {
  const { world } = kernel;
  if (world.net.name === net.name) kernel.world = { ...world, net };
  else {
    const parked = world.parked.map((p) => (p.net.name === net.name ? { ...p, net } : p));
    kernel.world = { ...world, parked };
  }
}

/** Adds a namespace; false when there is one of its name. Its cookie is the next one. @kernel copy_net_ns */
export function addNetns(kernel: KernelCore, net: NetNs): boolean {
  const { world } = kernel;
  if (netnsOf(world, net.name)) return false;
  const cookie = world.parked.length + 2;
  kernel.world = { ...world, parked: [...world.parked, { net: { ...net, cookie }, sockets: NO_SOCKETS }] };
  return true;
}

/** A device, named with its namespace. */
export interface DevicePlace {
  readonly ns: string;
  readonly dev: string;
}

/** Makes two veths the ends of one cable; false when one is missing. */
export function connectCable(kernel: KernelCore, a: DevicePlace, b: DevicePlace): boolean {
  const end = ({ ns, dev }: DevicePlace) => {
    const net = netnsOf(kernel.world, ns);
    const device = net && deviceByName(net, dev);
    return net && device ? { net, device } : undefined;
  };
  const [first, second] = [end(a), end(b)];
  if (!first || !second) return false;
  const join = (mine: DevicePlace, its: NonNullable<typeof first>, far: DevicePlace, other: typeof its): void => {
    const net = netnsOf(kernel.world, mine.ns)!;
    const same = mine.ns === far.ns;
    setNetns(
      kernel,
      withDevice(net, its.device.ifindex, (d) => ({
        ...d,
        peer: other.device.ifindex,
        ...(!same && { peerNs: far.ns, peerUp: other.device.up }),
      })),
    );
  };
  join(a, first, b, second);
  join(b, second, a, first);
  for (const { ns, dev } of [a, b]) linkReady(kernel, ns, dev);
  return true;
}

/** The link has a carrier now. */
function linkReady(kernel: KernelCore, ns: string, dev: string): void {
  const net = netnsOf(kernel.world, ns)!;
  const device = deviceByName(net, dev)!;
  if (device.up && device.peerUp) setNetns(kernel, inet6LinkReady(net, device.ifindex));
}

/** A device was switched on or off: the other ends of cables hear of it. */
export function carrierChanged(kernel: KernelCore): void {
  const all = [kernel.world.net, ...kernel.world.parked.map((p) => p.net)];
  for (const net of all) {
    for (const { ifindex, peer, peerNs, peerUp } of net.devices) {
      if (peerNs === undefined || peer === undefined) continue;
      const up = deviceByIndex(netnsOf(kernel.world, peerNs)!, peer)?.up ?? false;
      if (up === peerUp) continue;
      setNetns(
        kernel,
        withDevice(netnsOf(kernel.world, net.name)!, ifindex, (d) => ({ ...d, peerUp: up })),
      );
      if (up) linkReady(kernel, net.name, deviceByIndex(net, ifindex)!.name);
    }
  }
}

/** Where a program is to be attached. */
export interface AttachTo {
  readonly hook: LinkHook;
  readonly ns: string;
  /** Of device hooks. */
  readonly dev?: string;
  /** Of cgroup hooks: its id. */
  readonly cgroup?: number;
  readonly mode?: 'native' | 'generic';
}

/** Attaches a program: the link, or a negative errno. A device has one XDP program. */
export function attachProg(kernel: KernelCore, prog: ProgRecord, to: AttachTo): Link | number {
  const { hook, ns } = to;
  const row = HOOKS[hook];
  if (prog.executable.progType !== row.progType) return -EINVAL;
  const net = netnsOf(kernel.world, ns);
  if (!net) return -ENOENT;
  const ifindex = row.of === 'device' ? (deviceByName(net, to.dev ?? '')?.ifindex ?? 0) : 0;
  if (row.of === 'device' && ifindex === 0) return -ENODEV;
  const { links } = kernel.world.node;
  if (hook === 'xdp' && links.some((l) => l.hook === 'xdp' && l.ns === ns && l.ifindex === ifindex)) return -EBUSY;
  const cgroup = row.of === 'cgroup' ? (to.cgroup ?? 0) : 0;
  const same = (l: Link): boolean =>
    l.prog === prog && l.hook === hook && l.ns === ns && l.ifindex === ifindex && l.cgroup === cgroup;
  if (links.some(same)) return -EEXIST;
  const { world } = kernel;
  const link: Link = { id: world.nextId, prog, hook, ns, ifindex, cgroup, mode: to.mode ?? 'native' };
  kernel.world = { ...world, nextId: world.nextId + 1, node: { ...world.node, links: [...links, link] } };
  return link;
}

/** Detaches a program: 0 or -ENOENT. */
export function detachProg(kernel: KernelCore, link: Link): number {
  const { world } = kernel;
  const links = world.node.links.filter((l) => l.id !== link.id);
  if (links.length === world.node.links.length) return -ENOENT;
  kernel.world = { ...world, node: { ...world.node, links } };
  unloadUnheld(kernel);
  return 0;
}
