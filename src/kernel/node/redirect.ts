/** Redirects of tc programs, performed once the program has returned. */
import { formatIpv4, formatIpv6 } from '../../net/addr.ts';
import { deviceByIndex } from '../../net/route/netns.ts';
import { setSkbField, skbField, skbPull } from '../../net/skb.ts';
import { UAPI } from '../../spec/constants.ts';
import { swap16 } from '../../util/bits.ts';
import type { KernelCore } from '../core.ts';
import { arrives } from './buffer.ts';
import type { Flow } from './flow.ts';
import { later, next } from './flow.ts';
import { enterNetns, netnsOf } from './namespaces.ts';
import { deviceName, drop, tell } from './record.ts';
import { outputRoute } from './route.ts';
import { scrub } from './scrub.ts';
import { sendTo } from './sendTo.ts';
import type { Trip } from './state.ts';

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
  if ((redirect.flags & BPF_F_INGRESS) !== 0) {
    tell(kernel, trip, { kind: 'redirect', how: 'ingress', to: device.name });
    scrub(kernel, skb, false);
    setSkbField(kernel.arena, skb, 'priority', 0);
    arrives(kernel, skb, device.ifindex);
    return later(kernel, { ...trip, at: 'receive', skb });
  }
  tell(kernel, trip, { kind: 'redirect', how: 'egress', to: device.name });
  if (device.type === 'ipip') skbPull(kernel.arena, skb, ETH_HLEN);
  return next(kernel, { ...trip, at: 'xmit', skb, ifindex: device.ifindex });
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
