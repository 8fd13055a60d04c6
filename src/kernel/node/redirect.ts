/** Redirects of tc programs, performed once the program has returned. */
import { formatIpv4, formatIpv6 } from '../../net/addr.ts';
import type { Device } from '../../net/route/netns.ts';
import { deviceByIndex } from '../../net/route/netns.ts';
import { setSkbField, skbField, skbNetworkOffset, skbPull } from '../../net/skb.ts';
import { UAPI } from '../../spec/constants.ts';
import { swap16 } from '../../util/bits.ts';
import type { KernelCore } from '../core.ts';
import { arrives, arrivesBare } from './buffer.ts';
import type { Flow } from './flow.ts';
import { later, next } from './flow.ts';
import { enterNetns, netnsOf } from './namespaces.ts';
import { deviceName, drop, tell } from './record.ts';
import { outputRoute } from './route.ts';
import { scrub } from './scrub.ts';
import { sendTo } from './sendTo.ts';
import type { Trip, Work } from './state.ts';
import { tripOf } from './state.ts';

const { AF_INET, BPF_F_INGRESS, ETH_HLEN, ETH_P_IP, ETH_P_IPV6 } = UAPI;

/** @kernel skb_do_redirect */
export function performRedirect(kernel: KernelCore, trip: Trip, skb: number, from: 'ingress' | 'egress'): Flow {
  const { world } = kernel;
  const { redirect } = world;
  const refuse = (why: string): Flow => drop(kernel, trip, skb, 'REDIRECT', { why });
  if (!redirect) return refuse('the program named no target');
  if (redirect.kind === 'neigh') return toNeighbour(kernel, trip, skb);
  const device = deviceByIndex(world.net, redirect.ifindex);
  if (!device) return refuse(`there is no interface ${redirect.ifindex}`);
  if (!device.up) return refuse(`${device.name} is down`);
  if (redirect.kind === 'peer') {
    if (from === 'egress') return refuse('bpf_redirect_peer works at ingress only');
    const { peer, peerNs } = device;
    if (peer === undefined || peerNs === undefined)
      return refuse(`${device.name} has no other end in another namespace`);
    const inside = deviceByIndex(netnsOf(world, peerNs)!, peer)!;
    if (!inside.up) return refuse(`the other end of ${device.name} is down`);
    tell(kernel, trip, { kind: 'redirect', how: 'peer', to: `${peerNs}/${inside.name}` });
    enterNetns(kernel, peerNs);
    scrub(kernel, skb, false);
    arrives(kernel, skb, peer);
    return next(kernel, { ...trip, ns: peerNs, at: 'receive', skb });
  }
  return toNetDevice(kernel, trip, skb, device, (redirect.flags & BPF_F_INGRESS) !== 0);
}

/** Hands a packet to a device: to be sent, or as if it came in there. @kernel __bpf_redirect */
function toNetDevice(kernel: KernelCore, trip: Trip, skb: number, device: Device, ingress: boolean): Flow {
  const { arena } = kernel;
  const bare = device.type === 'ipip';
  if (!bare && skbField(arena, skb, 'mac_header') >= skbField(arena, skb, 'network_header')) {
    return drop(kernel, trip, skb, 'REDIRECT', { why: `it has no link layer header, and ${device.name} wants one` });
  }
  tell(kernel, trip, { kind: 'redirect', how: ingress ? 'ingress' : 'egress', to: device.name });
  if (bare) skbPull(arena, skb, skbNetworkOffset(arena, skb));
  if (!ingress) return next(kernel, { ...trip, at: 'xmit', skb, ifindex: device.ifindex });
  scrub(kernel, skb, false);
  setSkbField(arena, skb, 'priority', 0);
  (bare ? arrivesBare : arrives)(kernel, skb, device.ifindex);
  return later(kernel, { ...trip, at: 'receive', skb });
}

/** A copy of a packet goes where bpf_clone_redirect was told. */
export function sendCopy(kernel: KernelCore, work: Extract<Work, { readonly at: 'copy' }>): Flow {
  const { skb, ifindex, ingress } = work;
  const device = deviceByIndex(kernel.world.net, ifindex);
  if (!device) return drop(kernel, work, skb, 'DEV_READY', { why: `there is no interface ${ifindex}` });
  return toNetDevice(kernel, tripOf(work), skb, device, ingress);
}

/** Offsets in struct bpf_redir_neigh. */
const NEIGH = { family: 0, address: 4 } as const;

/** Out of a device to a neighbour, whose link layer address is looked up: the route's, or the one that the program named. @kernel __bpf_redirect_neigh */
function toNeighbour(kernel: KernelCore, trip: Trip, skb: number): Flow {
  const { arena } = kernel;
  const redirect = kernel.world.redirect!;
  const refuse = (why: string): Flow => drop(kernel, trip, skb, 'REDIRECT', { why });
  const device = deviceByIndex(kernel.world.net, redirect.ifindex);
  if (!device) return refuse(`there is no interface ${redirect.ifindex}`);
  const protocol = swap16(skbField(arena, skb, 'protocol'));
  if (protocol !== ETH_P_IP && protocol !== ETH_P_IPV6) return refuse('it is no IP packet');
  skbPull(arena, skb, ETH_HLEN);
  const { nextHop } = redirect;
  tell(kernel, trip, { kind: 'redirect', how: 'neighbour', to: deviceName(kernel, device.ifindex) });
  if (nextHop) {
    const v4 = new DataView(nextHop.buffer, nextHop.byteOffset).getUint32(NEIGH.family, true) === AF_INET;
    const address = nextHop.slice(NEIGH.address, NEIGH.address + (v4 ? 4 : 16));
    return sendTo(kernel, trip, skb, device.ifindex, address);
  }
  const at = skbField(arena, skb, 'data');
  const v4 = protocol === ETH_P_IP;
  const dst = arena.bytes(at + (v4 ? 16 : 24), v4 ? 4 : 16);
  const src = arena.bytes(at + (v4 ? 12 : 8), v4 ? 4 : 16);
  const route = outputRoute(kernel.world.net, { dst, src, oif: device.ifindex, mark: skbField(arena, skb, 'mark') });
  if (typeof route === 'number') {
    return drop(kernel, trip, skb, 'IP_OUTNOROUTES', { why: `no route to ${v4 ? formatIpv4(dst) : formatIpv6(dst)}` });
  }
  return sendTo(kernel, trip, skb, device.ifindex, route.via ?? dst);
}
