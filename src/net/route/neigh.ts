/** Neighbours: which MAC an address of a link has. */
import { UAPI } from '../../spec/constants.ts';
import { ERRNO } from '../../spec/errno.ts';
import type { Neighbour, NetNs } from './netns.ts';
import { deviceByIndex } from './netns.ts';
import { sameAddress, type6 } from './prefix.ts';

const { NUD_DELAY, NUD_NOARP, NUD_PERMANENT, NUD_PROBE, NUD_REACHABLE, NUD_STALE } = UAPI;
const { EINVAL, ENODEV, ENOENT } = ERRNO;

/** States in which the MAC can be used. */
const NUD_VALID = NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE | NUD_PROBE | NUD_STALE | NUD_DELAY;

/** All of the loopback are one neighbour. */
function keyOf(net: NetNs, ifindex: number, address: Uint8Array): Uint8Array {
  return address.length === 4 && deviceByIndex(net, ifindex)?.type === 'loopback' ? new Uint8Array(4) : address;
}

/** The entry of an address on a device, when its MAC can be used. @kernel ___neigh_lookup_noref */
export function validNeighbour(net: NetNs, ifindex: number, address: Uint8Array): Neighbour | undefined {
  const key = keyOf(net, ifindex, address);
  const found = net.neighbours.find((n) => n.ifindex === ifindex && sameAddress(n.address, key));
  return found && (found.state & NUD_VALID) !== 0 ? found : undefined;
}

/** RTM_NEWNEIGH: a new entry, or another MAC for an old one. @kernel neigh_add */
export function addNeighbour(net: NetNs, neighbour: Neighbour): NetNs | number {
  const { ifindex, address } = neighbour;
  if (!deviceByIndex(net, ifindex)) return -ENODEV;
  if (address.length === 4 && !deviceByIndex(net, ifindex)!.conf4) return -EINVAL;
  if (address.length === 16 && (!deviceByIndex(net, ifindex)!.conf6 || type6(address).kind === 'multicast')) {
    return -EINVAL;
  }
  const key = keyOf(net, ifindex, address);
  const others = net.neighbours.filter((n) => n.ifindex !== ifindex || !sameAddress(n.address, key));
  return { ...net, neighbours: [...others, { ...neighbour, address: key }] };
}

/** RTM_DELNEIGH */
export function removeNeighbour(net: NetNs, ifindex: number, address: Uint8Array): NetNs | number {
  const key = keyOf(net, ifindex, address);
  const neighbours = net.neighbours.filter((n) => n.ifindex !== ifindex || !sameAddress(n.address, key));
  return neighbours.length === net.neighbours.length ? -ENOENT : { ...net, neighbours };
}
