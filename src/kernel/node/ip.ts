/** IP: packets that came in are for the node, or go on to somebody else. */
import { mtuOfRoute4 } from '../../net/route/fib4.ts';
import { mtuOfRoute6 } from '../../net/route/fib6.ts';
import type { Device, NetNs, Route } from '../../net/route/netns.ts';
import { deviceByIndex } from '../../net/route/netns.ts';
import { sameAddress } from '../../net/route/prefix.ts';
import { setSkbField, skbField } from '../../net/skb.ts';
import { UAPI } from '../../spec/constants.ts';
import { ERRNO } from '../../spec/errno.ts';
import { swap16 } from '../../util/bits.ts';
import type { KernelCore } from '../core.ts';
import { ifindexOfSkb } from './buffer.ts';
import type { Flow } from './flow.ts';
import { next } from './flow.ts';
import { type IcmpError, sendIcmp } from './icmp.ts';
import type { IpHeader } from './ipHeader.ts';
import { addressText, decreaseTtl, readIp } from './ipHeader.ts';
import { deviceName, drop, tell } from './record.ts';
import { inputRoute } from './route.ts';
import { sendTo } from './sendTo.ts';
import type { Trip, Work } from './state.ts';
import { tripOf } from './state.ts';

const { ETH_P_ARP, ETH_P_IP, ETH_P_IPV6, PACKET_OTHERHOST, RTN_ANYCAST, RTN_BROADCAST, RTN_LOCAL, RTN_MULTICAST } =
  UAPI;
const FOR_US: readonly number[] = [RTN_LOCAL, RTN_BROADCAST, RTN_ANYCAST, RTN_MULTICAST];

/** What senders are told where the routing tables say no, by errno; of a blackhole nothing. @kernel ip_error, ip6_pkt_drop */
const UNROUTABLE: Readonly<Record<number, IcmpError>> = {
  [ERRNO.ENETUNREACH]: 'no-route',
  [ERRNO.EHOSTUNREACH]: 'no-host',
  [ERRNO.EACCES]: 'prohibited',
};

/** A source that no packet from outside can have: one of the node's own. @kernel fib_validate_source, ip_handle_martian_source */
function martian(net: NetNs, device: Device, { src }: IpHeader): boolean {
  if (src.length === 16 || device.type === 'loopback') return false;
  const accept = Boolean(device.conf4?.accept_local || net.inet.all.accept_local);
  const own = net.devices.some((d) => d.up && d.addresses.some((a) => sameAddress(a.address, src)));
  return (own && !accept) || src[0] === 127;
}

function forwards(net: NetNs, device: Device, v6: boolean): boolean {
  return Boolean(v6 ? net.inet6.all.forwarding && device.conf6?.forwarding : device.conf4?.forwarding);
}

/** @kernel ip_rcv, ipv6_rcv */
export function ip(kernel: KernelCore, work: Extract<Work, { readonly at: 'ip' }>): Flow {
  const { arena, world } = kernel;
  const { skb } = work;
  const trip = tripOf(work);
  const ifindex = ifindexOfSkb(kernel, skb);
  const protocol = swap16(skbField(arena, skb, 'protocol'));
  if (protocol !== ETH_P_IP && protocol !== ETH_P_IPV6) {
    const why = protocol === ETH_P_ARP ? 'neighbours are found without packets here' : undefined;
    return drop(kernel, trip, skb, 'UNHANDLED_PROTO', { ifindex, ...(why && { why }) });
  }
  if (skbField(arena, skb, 'pkt_type') === PACKET_OTHERHOST) return drop(kernel, trip, skb, 'OTHERHOST', { ifindex });
  const header = readIp(arena, skb);
  if (typeof header === 'string') return drop(kernel, trip, skb, header, { ifindex });
  // A socket that bpf_sk_assign gave stays; that of a sender does not.
  if (skbField(arena, skb, 'destructor') === 0) setSkbField(arena, skb, 'sk', 0);
  const device = deviceByIndex(world.net, ifindex)!;
  if (martian(world.net, device, header)) {
    const why = `${addressText(header.src)} is an address of this node`;
    return drop(kernel, trip, skb, 'IP_INADDRERRORS', { ifindex, why });
  }
  const { src, dst, tos } = header;
  const route = inputRoute(world.net, { src, dst, tos, mark: skbField(arena, skb, 'mark') }, ifindex);
  const forwarding = forwards(world.net, device, dst.length === 16);
  if (typeof route === 'number') {
    const error = UNROUTABLE[-route];
    if (error && (forwarding || dst.length === 16)) sendIcmp(kernel, trip, skb, error);
    return drop(kernel, trip, skb, 'IP_INNOROUTES', { ifindex, why: `no route to ${addressText(dst)}` });
  }
  if (FOR_US.includes(route.type)) {
    tell(kernel, trip, { kind: 'route', dst: addressText(dst), local: true });
    return next(kernel, { ...trip, at: 'local', skb });
  }
  if (!forwarding) {
    const why = `it is for ${addressText(dst)}, and ${deviceName(kernel, ifindex)} does not forward`;
    return drop(kernel, trip, skb, 'IP_FORWARDING', { ifindex, why });
  }
  return forward(kernel, trip, skb, header, route);
}

/** @kernel ip_forward, ip6_forward */
function forward(kernel: KernelCore, trip: Trip, skb: number, header: IpHeader, route: Route): Flow {
  const { arena, world } = kernel;
  const { dst } = header;
  if (header.ttl <= 1) {
    sendIcmp(kernel, trip, skb, 'time-exceeded');
    return drop(kernel, trip, skb, 'TTL_EXCEEDED');
  }
  const mtu = dst.length === 4 ? mtuOfRoute4(world.net, route) : mtuOfRoute6(world.net, route);
  if (header.length > mtu) {
    if (header.df) sendIcmp(kernel, trip, skb, 'too-big', mtu);
    const why = header.df
      ? `the route takes ${mtu} bytes`
      : `the route takes ${mtu} bytes, and packets are not cut here`;
    return drop(kernel, trip, skb, 'PKT_TOO_BIG', { why });
  }
  decreaseTtl(arena, header);
  tell(kernel, trip, {
    kind: 'route',
    dev: deviceName(kernel, route.dev),
    dst: addressText(dst),
    local: false,
    ...(route.via && { via: addressText(route.via) }),
  });
  return sendTo(kernel, trip, skb, route.dev, route.via ?? dst);
}
