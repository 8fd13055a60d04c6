/** IPv4 in IPv4: a tunnel's device puts an outer header around what it sends, and takes it off what comes. */

import { mtuOfRoute4 } from '../../net/route/fib4.ts';
import type { Device } from '../../net/route/netns.ts';
import { LOOPBACK_IFINDEX } from '../../net/route/netns.ts';
import { sameAddress } from '../../net/route/prefix.ts';
import { prefsrc } from '../../net/route/saddr.ts';
import { setSkbField, skbCow, skbField, skbPull, skbPush, skbSetHeader } from '../../net/skb.ts';
import { UAPI } from '../../spec/constants.ts';
import { swap16 } from '../../util/bits.ts';
import type { KernelCore } from '../core.ts';
import { deviceObject } from '../net/deviceObject.ts';
import { draw } from '../sockets/call.ts';
import { ipPacket } from '../sockets/packet/ip.ts';
import { arrivesBare, dataBytes } from './buffer.ts';
import type { Flow } from './flow.ts';
import { next } from './flow.ts';
import { sendIcmp } from './icmp.ts';
import { addressText, type IpHeader, readIp } from './ipHeader.ts';
import { deviceName, drop, tell } from './record.ts';
import { outputRoute } from './route.ts';
import { scrub } from './scrub.ts';
import { sendTo } from './sendTo.ts';
import type { Trip } from './state.ts';
import { tripOf } from './state.ts';

const { ETH_P_IP, IPPROTO_IPIP, RTN_LOCAL } = UAPI;
const OUTER = 20;
/** Bits of the type of service that tell of congestion. */
const ECN = 3;
const ECN_CE = 3;
const ECN_ECT0 = 2;

const isAny = (address: Uint8Array): boolean => address.every((byte) => byte === 0);

/** The outer header tells of congestion what the inner one does; that it was met stays inside. @kernel INET_ECN_encapsulate */
function outerTos(inner: number): number {
  const ecn = inner & ECN;
  return ecn === ECN_CE ? ECN_ECT0 : ecn;
}

/** The driver of a tunnel's device: the packet, from its IP header on, goes on in an outer one. @kernel ipip_tunnel_xmit, ip_tunnel_xmit */
export function ipipTunnelXmit(kernel: KernelCore, trip: Trip, skb: number, device: Device): Flow {
  const { arena, world } = kernel;
  const { ifindex } = device;
  const tunnel = device.tunnel!;
  const refuse = (why: string): undefined => drop(kernel, trip, skb, 'NOT_SPECIFIED', { ifindex, why });
  if (swap16(skbField(arena, skb, 'protocol')) !== ETH_P_IP) return refuse('an ipip tunnel carries IPv4');
  const inner = readIp(arena, skb);
  if (typeof inner === 'string') return drop(kernel, trip, skb, inner, { ifindex });
  if (isAny(tunnel.remote)) return refuse('the tunnel has no remote address');
  const tos = outerTos(inner.tos);
  const mark = skbField(arena, skb, 'mark');
  const route = outputRoute(world.net, { dst: tunnel.remote, src: tunnel.local, tos, mark });
  if (typeof route === 'number') {
    const why = `no route to ${addressText(tunnel.remote)}`;
    return drop(kernel, trip, skb, 'IP_OUTNOROUTES', { ifindex, why });
  }
  if (route.dev === ifindex) return refuse('the way to its remote address leads through itself');
  const room = mtuOfRoute4(world.net, route) - OUTER;
  if (inner.df && inner.length > room) {
    sendIcmp(kernel, trip, skb, 'too-big', room);
    return drop(kernel, trip, skb, 'PKT_TOO_BIG', { ifindex, why: `the way of the tunnel takes ${room} bytes` });
  }
  const src = isAny(tunnel.local) ? prefsrc(world.net, route) : tunnel.local;
  const spec = {
    src,
    dst: tunnel.remote,
    protocol: IPPROTO_IPIP,
    ttl: inner.ttl,
    tos,
    id: draw(kernel) & 0xffff,
    df: true,
  };
  scrub(kernel, skb, false);
  if (skbCow(arena, skb, OUTER) < 0) return drop(kernel, trip, skb, 'NO_MEMORY', { ifindex });
  const bytes = ipPacket(spec, dataBytes(arena, skb));
  skbPush(arena, skb, OUTER);
  arena.put(skbField(arena, skb, 'data'), bytes.subarray(0, OUTER));
  skbSetHeader(arena, skb, 'network_header');
  skbSetHeader(arena, skb, 'transport_header', OUTER);
  tell(kernel, trip, { kind: 'tunnel', dev: device.name, what: 'encapsulated', bytes });
  const dev = route.type === RTN_LOCAL ? LOOPBACK_IFINDEX : route.dev;
  const nextHop = route.via ?? tunnel.remote;
  setSkbField(arena, skb, 'dev', deviceObject(kernel, dev));
  tell(kernel, trip, {
    kind: 'route',
    dev: deviceName(kernel, dev),
    dst: addressText(tunnel.remote),
    local: false,
    ...(route.via && { via: addressText(route.via) }),
  });
  return sendTo(kernel, trip, skb, dev, nextHop);
}

/** Takes the outer header off: the packet comes in at the tunnel's device. @kernel ipip_rcv, ip_tunnel_rcv */
export function ipipRcv(kernel: KernelCore, work: Trip & { readonly skb: number }, header: IpHeader, at: number): Flow {
  const { arena, world } = kernel;
  const { skb } = work;
  const fits = (end: Uint8Array, address: Uint8Array): boolean => isAny(end) || sameAddress(end, address);
  const device = world.net.devices.find(
    ({ up, tunnel }) => up && tunnel && fits(tunnel.local, header.dst) && fits(tunnel.remote, header.src),
  );
  if (!device) {
    sendIcmp(kernel, work, skb, 'protocol');
    return drop(kernel, work, skb, 'IP_NOPROTO', { ifindex: at, why: 'no ipip device has these addresses' });
  }
  skbPull(arena, skb, header.size);
  scrub(kernel, skb, false);
  arrivesBare(kernel, skb, device.ifindex);
  setSkbField(arena, skb, 'protocol', swap16(ETH_P_IP));
  const bytes = dataBytes(arena, skb);
  tell(kernel, work, { kind: 'tunnel', dev: deviceName(kernel, device.ifindex), what: 'decapsulated', bytes });
  return next(kernel, { ...tripOf(work), at: 'receive', skb });
}
