/** IPv4 addresses of devices and the routes that the kernel keeps for them. */
import { UAPI } from '../../spec/constants.ts';
import { ERRNO } from '../../spec/errno.ts';
import { addressType } from './fib4.ts';
import type { InterfaceAddress, NetNs, Route } from './netns.ts';
import { deviceByIndex, withDevice } from './netns.ts';
import { isZero, network, prefixEqual, sameAddress } from './prefix.ts';
import { insertSorted, RTPROT_KERNEL, sameRoute } from './routes.ts';

const {
  RT_SCOPE_HOST,
  RT_SCOPE_LINK,
  RT_SCOPE_UNIVERSE,
  RT_TABLE_LOCAL,
  RT_TABLE_MAIN,
  RTN_BROADCAST,
  RTN_LOCAL,
  RTN_UNICAST,
} = UAPI;
const { EADDRNOTAVAIL, EEXIST, EINVAL, ENOBUFS, ENODEV } = ERRNO;

/** An address to add; scope and peer follow from it where they are not given. */
export interface AddressSpec {
  readonly address: Uint8Array;
  readonly prefix: number;
  readonly peer?: Uint8Array;
  readonly broadcast?: Uint8Array;
  readonly scope?: number;
  readonly noPrefixRoute?: boolean;
}

type RouteKey = Pick<Route, 'type' | 'dst' | 'prefix'>;

/** A route of the kernel's own for an address. @kernel fib_magic */
function automatic(ifindex: number, src: Uint8Array, { type, dst, prefix }: RouteKey): Route {
  return {
    dst: network(dst, prefix),
    prefix,
    table: type === RTN_UNICAST ? RT_TABLE_MAIN : RT_TABLE_LOCAL,
    type,
    scope: type === RTN_LOCAL ? RT_SCOPE_HOST : RT_SCOPE_LINK,
    tos: 0,
    metric: 0,
    dev: ifindex,
    src,
    mtu: 0,
    mtuLocked: false,
    protocol: RTPROT_KERNEL,
  };
}

/** The routes that an address wants on a device that is up or down. @kernel fib_add_ifaddr */
function wantedRoutes(net: NetNs, ifindex: number, ifa: InterfaceAddress): Route[] {
  const device = deviceByIndex(net, ifindex)!;
  const { address, prefix, broadcast, secondary } = ifa;
  const primary = secondary
    ? device.addresses.find((a) => a.family === 'inet' && !a.secondary && samePrefix(a, ifa))
    : ifa;
  const src = (primary ?? ifa).address;
  const routes = [automatic(ifindex, src, { type: RTN_LOCAL, dst: address, prefix: 32 })];
  if (!device.up) return routes;
  const host = (dst: Uint8Array): Route => automatic(ifindex, src, { type: RTN_BROADCAST, dst, prefix: 32 });
  if (broadcast && !isZero(broadcast) && broadcast.some((b) => b !== 0xff)) routes.push(host(broadcast));
  const net4 = network(ifa.peer, prefix);
  if (net4[0] === 0 || secondary || (prefix === 32 && sameAddress(net4, address))) return routes;
  if (!ifa.noPrefixRoute) {
    const type = device.type === 'loopback' ? RTN_LOCAL : RTN_UNICAST;
    routes.push(automatic(ifindex, src, { type, dst: net4, prefix }));
  }
  if (prefix < 31) routes.push(host(network(net4, prefix, true)));
  return routes;
}

/** Adds routes that are not there yet, each behind its equals. */
function addRoutes(net: NetNs, routes: readonly Route[]): NetNs {
  let now = net;
  for (const route of routes) {
    const { src } = route;
    // Where another route makes the address a broadcast one, nothing can prefer it.
    const usable =
      route.type === RTN_LOCAL && sameAddress(route.dst, src!) ? true : addressType(now, src!) === RTN_LOCAL;
    if (!usable || now.inet.routes.some((r) => sameRoute(r, route))) continue;
    now = { ...now, inet: { ...now.inet, routes: insertSorted(now.inet.routes, route) } };
  }
  return now;
}

function samePrefix(a: InterfaceAddress, b: InterfaceAddress): boolean {
  return a.prefix === b.prefix && prefixEqual(a.peer, b.peer, a.prefix);
}

/** Adds an address behind those of wider scope; the second of a prefix is a secondary one. @kernel __inet_insert_ifa */
export function addInetAddress(net: NetNs, ifindex: number, spec: AddressSpec): NetNs | number {
  const device = deviceByIndex(net, ifindex);
  if (!device) return -ENODEV;
  if (!device.conf4) return -ENOBUFS;
  const { address, prefix } = spec;
  if (prefix > 32) return -EINVAL;
  const made: InterfaceAddress = {
    family: 'inet',
    address,
    peer: spec.peer ?? address,
    prefix,
    scope: spec.scope ?? (address[0] === 127 ? RT_SCOPE_HOST : RT_SCOPE_UNIVERSE),
    secondary: false,
    noPrefixRoute: spec.noPrefixRoute ?? false,
    ...(spec.broadcast && { broadcast: spec.broadcast }),
  };
  let at = 0;
  let secondary = false;
  for (const [i, old] of device.addresses.entries()) {
    if (old.family !== 'inet') continue;
    if (!old.secondary && made.scope <= old.scope) at = i + 1;
    if (!samePrefix(old, made)) continue;
    if (sameAddress(old.address, address)) return -EEXIST;
    if (old.scope !== made.scope) return -EINVAL;
    secondary = true;
  }
  const list = [...device.addresses];
  const ifa = { ...made, secondary };
  list.splice(secondary ? list.length : at, 0, ifa);
  const now = withDevice(net, ifindex, (d) => ({ ...d, addresses: list }));
  return addRoutes(now, wantedRoutes(now, ifindex, ifa));
}

/**
 * Removes an address, with a primary one its secondaries, and the routes that no address wants any more.
 * @kernel __inet_del_ifa, fib_del_ifaddr
 */
export function removeInetAddress(net: NetNs, ifindex: number, address: Uint8Array, prefix?: number): NetNs | number {
  const device = deviceByIndex(net, ifindex);
  if (!device) return -ENODEV;
  const ifa = device.addresses.find(
    (a) => a.family === 'inet' && sameAddress(a.address, address) && (prefix === undefined || a.prefix === prefix),
  );
  if (!ifa) return -EADDRNOTAVAIL;
  const gone = device.addresses.filter(
    (a) => a === ifa || (a.family === 'inet' && !ifa.secondary && a.secondary && samePrefix(ifa, a)),
  );
  return dropAddresses(net, ifindex, gone);
}

function dropAddresses(net: NetNs, ifindex: number, gone: readonly InterfaceAddress[]): NetNs {
  const unwanted = gone.flatMap((a) => wantedRoutes(net, ifindex, a));
  const now = withDevice(net, ifindex, (d) => ({ ...d, addresses: d.addresses.filter((a) => !gone.includes(a)) }));
  const wanted = now.devices.flatMap((d) =>
    d.addresses.flatMap((a) => (a.family === 'inet' ? wantedRoutes(now, d.ifindex, a) : [])),
  );
  const local = (address: Uint8Array): boolean =>
    now.devices.some((d) => d.addresses.some((a) => sameAddress(a.address, address)));
  const lost = gone.map((a) => a.address).filter((a) => !local(a));
  const routes = now.inet.routes.filter((r) => {
    if (unwanted.some((u) => sameRoute(u, r)) && !wanted.some((w) => sameRoute(w, r))) return false;
    return !r.src || !lost.some((a) => sameAddress(a, r.src!));
  });
  const kept = { ...now, inet: { ...now.inet, routes } };
  return deviceByIndex(kept, ifindex)!.addresses.some((a) => a.family === 'inet') ? kept : disableIp(kept, ifindex);
}

/** Without an address nothing is routed through a device, and no neighbour is known there. @kernel fib_disable_ip */
function disableIp(net: NetNs, ifindex: number): NetNs {
  const inet = { ...net.inet, routes: net.inet.routes.filter((r) => r.dev !== ifindex) };
  return { ...withoutNeighbours(net, ifindex), inet };
}

/** What IPv4 knows of neighbours on the device is forgotten. @kernel arp_ifdown */
function withoutNeighbours(net: NetNs, ifindex: number): NetNs {
  return { ...net, neighbours: net.neighbours.filter((n) => n.ifindex !== ifindex || n.address.length !== 4) };
}

/** The device came up: connected and broadcast routes of its addresses. */
export function inetUp(net: NetNs, ifindex: number): NetNs {
  const list = deviceByIndex(net, ifindex)!.addresses.filter((a) => a.family === 'inet');
  return list.reduce((now, ifa) => addRoutes(now, wantedRoutes(now, ifindex, ifa)), net);
}

/** The device went down: only its local addresses stay reachable. @kernel fib_sync_down_dev */
export function inetDown(net: NetNs, ifindex: number): NetNs {
  const routes = net.inet.routes.filter((r) => r.dev !== ifindex || r.scope === RT_SCOPE_HOST);
  return { ...net, inet: { ...net.inet, routes } };
}

/** IPv4 leaves the device. @kernel inetdev_destroy */
export function inetGone(net: NetNs, ifindex: number): NetNs {
  const device = deviceByIndex(net, ifindex)!;
  const now = dropAddresses(
    net,
    ifindex,
    device.addresses.filter((a) => a.family === 'inet'),
  );
  return disableIp(now, ifindex);
}

/** IPv4 leaves a device that stays: with the last address its routes go, those of a device that has none stay. @kernel inetdev_destroy */
export function inetLeaves(net: NetNs, ifindex: number): NetNs {
  const had = deviceByIndex(net, ifindex)!.addresses.some((a) => a.family === 'inet');
  return had ? inetGone(net, ifindex) : withoutNeighbours(net, ifindex);
}
