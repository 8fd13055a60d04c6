/** Routes for packets: of those that come in, and of those that the node sends. */
import { fibLookup } from '../../net/route/fib4.ts';
import { fib6Lookup } from '../../net/route/fib6.ts';
import type { NetNs, Route } from '../../net/route/netns.ts';
import { LOOPBACK_IFINDEX } from '../../net/route/netns.ts';
import { prefixEqual } from '../../net/route/prefix.ts';
import { ipv6DevGetSaddr, prefsrc } from '../../net/route/saddr.ts';
import { UAPI } from '../../spec/constants.ts';
import { ERRNO } from '../../spec/errno.ts';

const { EACCES, EHOSTUNREACH, EINVAL, ENETUNREACH } = ERRNO;
const { RTN_BLACKHOLE, RTN_BROADCAST, RTN_LOCAL, RTN_PROHIBIT, RTN_THROW, RTN_UNREACHABLE } = UAPI;
/** IPv6 routes that lead nowhere, by type, and what they say; of IPv4 the look-up says so itself. @kernel rt6_type_to_error */
const NOWHERE: Readonly<Record<number, number>> = {
  [RTN_BLACKHOLE]: -EINVAL,
  [RTN_PROHIBIT]: -EACCES,
  [RTN_THROW]: -ENETUNREACH,
  [RTN_UNREACHABLE]: -EHOSTUNREACH,
};

/** A packet as its route is chosen: addresses of 4 or 16 bytes. */
export interface RouteQuery {
  readonly dst: Uint8Array;
  readonly src: Uint8Array;
  readonly oif?: number;
  readonly tos?: number;
  readonly mark?: number;
}

function lookup(net: NetNs, q: RouteQuery, iif: number): Route | number {
  const flow = { dst: q.dst, src: q.src, iif, oif: q.oif ?? 0, tos: q.tos ?? 0, mark: q.mark ?? 0 };
  if (q.dst.length === 4) return fibLookup(net, flow);
  const found = fib6Lookup(net, flow, { ifindex: q.oif ?? 0, strict: (q.oif ?? 0) !== 0, hasSource: true });
  if (found === undefined) return -ENETUNREACH;
  return typeof found === 'number' ? found : (NOWHERE[found.type] ?? found);
}

/** Of a packet that came in at `iif`; a negative errno where there is none. @kernel ip_route_input, ip6_route_input */
export function inputRoute(net: NetNs, query: RouteQuery, iif: number): Route | number {
  return lookup(net, query, iif);
}

/** Of a packet that the node sends. @kernel ip_route_output_key, ip6_route_output */
export function outputRoute(net: NetNs, query: RouteQuery): Route | number {
  return lookup(net, query, LOOPBACK_IFINDEX);
}

/** The source address of a packet to `dst` from a socket that is bound to none; undefined without a route. */
export function sourceFor(net: NetNs, dst: Uint8Array, oif = 0): Uint8Array | undefined {
  const route = outputRoute(net, { dst, src: new Uint8Array(dst.length), oif });
  if (typeof route === 'number') return undefined;
  if (dst.length === 16) return ipv6DevGetSaddr(net, route.dev, dst);
  return route.type === RTN_LOCAL ? (route.src ?? dst) : prefsrc(net, route);
}

/** Is an address that of a group, or of everybody on a link? */
export function isForAll(net: NetNs, address: Uint8Array): boolean {
  if (address.length === 16) return address[0] === 0xff;
  if (address[0]! >> 4 === 0xe || address.every((byte) => byte === 0xff)) return true;
  const { routes } = net.inet;
  return routes.some((r) => r.type === RTN_BROADCAST && prefixEqual(address, r.dst, r.prefix));
}
