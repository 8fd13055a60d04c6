/** The last step of IP: the next hop's link layer address, and the header made of it. */
import { formatMac } from '../../net/addr.ts';
import { addNeighbour, validNeighbour } from '../../net/route/neigh.ts';
import type { Device, NetNs } from '../../net/route/netns.ts';
import { deviceByIndex } from '../../net/route/netns.ts';
import { setSkbField, skbCow, skbField, skbPush } from '../../net/skb.ts';
import { UAPI } from '../../spec/constants.ts';
import { swap16 } from '../../util/bits.ts';
import type { KernelCore } from '../core.ts';
import { nodeAddresses } from '../sockets/local.ts';
import type { Flow } from './flow.ts';
import { next } from './flow.ts';
import { addressText } from './ipHeader.ts';
import { netnsOf } from './namespaces.ts';
import { deviceName, drop, tell } from './record.ts';
import { isForAll } from './route.ts';
import type { Trip } from './state.ts';

const { ETH_ALEN, ETH_HLEN, ETH_P_IP, ETH_P_IPV6, NUD_REACHABLE } = UAPI;

/** The link layer address of a group, which nobody has to be asked for. */
function groupMac(net: NetNs, address: Uint8Array): Uint8Array | undefined {
  if (address.length === 16) {
    return address[0] === 0xff ? Uint8Array.of(0x33, 0x33, ...address.subarray(12)) : undefined;
  }
  if (address[0]! >> 4 === 0xe) return Uint8Array.of(1, 0, 0x5e, address[1]! & 0x7f, address[2]!, address[3]!);
  return isForAll(net, address) ? new Uint8Array(ETH_ALEN).fill(0xff) : undefined;
}

/**
 * The link layer address of an address on a device. An address that the far end of a cable has is found there at once:
 * the question and the answer of ARP or neighbour discovery are no packets here.
 * @kernel neigh_resolve_output
 */
function resolve(kernel: KernelCore, trip: Trip, device: Device, address: Uint8Array): Uint8Array | undefined {
  const { world } = kernel;
  if (device.type === 'loopback' || device.type === 'dummy') return device.mac;
  const known = groupMac(world.net, address) ?? validNeighbour(world.net, device.ifindex, address)?.mac;
  if (known) return known;
  const far = netnsOf(world, device.peerNs ?? trip.ns);
  const peer = far && device.peer !== undefined ? deviceByIndex(far, device.peer) : undefined;
  if (!peer?.up || !nodeAddresses(far!).isLocal(address, address.length === 4 ? 0 : peer.ifindex)) return undefined;
  const added = addNeighbour(world.net, { ifindex: device.ifindex, address, mac: peer.mac, state: NUD_REACHABLE });
  if (typeof added !== 'number') kernel.world = { ...world, net: added };
  tell(kernel, trip, { kind: 'neighbour', dev: device.name, address: addressText(address), mac: formatMac(peer.mac) });
  return peer.mac;
}

/** Sends a packet, from its network header on, to a next hop on a link. @kernel ip_finish_output2, ip6_finish_output2 */
export function sendTo(kernel: KernelCore, trip: Trip, skb: number, ifindex: number, nextHop: Uint8Array): Flow {
  const { arena } = kernel;
  const device = deviceByIndex(kernel.world.net, ifindex);
  if (!device?.up) return drop(kernel, trip, skb, 'DEV_READY', { ifindex });
  const v4 = arena.u8[skbField(arena, skb, 'data')]! >> 4 === 4;
  setSkbField(arena, skb, 'protocol', swap16(v4 ? ETH_P_IP : ETH_P_IPV6));
  if (device.type !== 'ipip') {
    const mac = resolve(kernel, trip, device, nextHop);
    if (!mac) {
      const why = `nobody answers for ${addressText(nextHop)} on ${deviceName(kernel, ifindex)}`;
      return drop(kernel, trip, skb, 'NEIGH_FAILED', { ifindex, why });
    }
    if (skbCow(arena, skb, ETH_HLEN) < 0) return drop(kernel, trip, skb, 'NO_MEMORY', { ifindex });
    skbPush(arena, skb, ETH_HLEN);
    const at = skbField(arena, skb, 'data');
    arena.put(at, mac);
    arena.put(at + ETH_ALEN, device.mac);
    arena.setU16(at + 2 * ETH_ALEN, skbField(arena, skb, 'protocol'));
  }
  return next(kernel, { ...trip, at: 'xmit', skb, ifindex });
}
