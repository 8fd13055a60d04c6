/** IPv6 addresses of devices and the routes that the kernel keeps for them. */
import { UAPI } from '../../spec/constants.ts';
import { ERRNO } from '../../spec/errno.ts';
import type { AddressSpec } from './inetAddress.ts';
import type { Device, InterfaceAddress, NetNs, Route } from './netns.ts';
import { deviceByIndex, LOOPBACK_IFINDEX, withDevice } from './netns.ts';
import { isZero, network, SCOPE6, sameAddress, type6 } from './prefix.ts';
import { insertSorted, RTPROT_KERNEL, sameRoute } from './routes.ts';

const {
  RT_SCOPE_HOST,
  RT_SCOPE_LINK,
  RT_SCOPE_SITE,
  RT_SCOPE_UNIVERSE,
  RT_TABLE_LOCAL,
  RT_TABLE_MAIN,
  RTN_ANYCAST,
  RTN_LOCAL,
  RTN_MULTICAST,
  RTN_UNICAST,
} = UAPI;
const { EACCES, EADDRNOTAVAIL, EEXIST, EINVAL, ENODEV } = ERRNO;

/** IP6_RT_PRIO_ADDRCONF */
const PRIO_ADDRCONF = 256;

/** A route of the kernel's own: host routes in the local table, prefixes in the main one. */
function automatic(ifindex: number, type: number, dst: Uint8Array, prefix: number): Route {
  const host = type === RTN_LOCAL || type === RTN_ANYCAST;
  return {
    dst: network(dst, prefix),
    prefix,
    table: type === RTN_UNICAST ? RT_TABLE_MAIN : RT_TABLE_LOCAL,
    type,
    scope: RT_SCOPE_UNIVERSE,
    tos: 0,
    metric: host ? 0 : PRIO_ADDRCONF,
    dev: ifindex,
    mtu: 0,
    mtuLocked: false,
    protocol: RTPROT_KERNEL,
  };
}

function addRoute(net: NetNs, route: Route): NetNs {
  if (net.inet6.routes.some((r) => sameRoute(r, route))) return net;
  return { ...net, inet6: { ...net.inet6, routes: insertSorted(net.inet6.routes, route) } };
}

function dropRoutes(net: NetNs, gone: (route: Route) => boolean): NetNs {
  return { ...net, inet6: { ...net.inet6, routes: net.inet6.routes.filter((r) => !gone(r)) } };
}

/** A forwarding node also answers to the prefix itself. @kernel addrconf_join_anycast */
function anycast(ifindex: number, { address, prefix }: InterfaceAddress): Route | undefined {
  const subnet = network(address, prefix);
  return prefix >= 127 || isZero(subnet) ? undefined : automatic(ifindex, RTN_ANYCAST, subnet, 128);
}

/** The routes of an address on a device as it is. */
function wantedRoutes(device: Device, ifa: InterfaceAddress): Route[] {
  const { ifindex, up, conf6 } = device;
  const routes = [automatic(ifindex, RTN_LOCAL, ifa.address, 128)];
  const subnet = conf6?.forwarding ? anycast(ifindex, ifa) : undefined;
  if (subnet) routes.push(subnet);
  if (up && !ifa.noPrefixRoute && type6(ifa.address).kind !== 'loopback') {
    routes.push(automatic(ifindex, RTN_UNICAST, ifa.address, ifa.prefix));
  }
  return routes;
}

function addAddressRoutes(net: NetNs, ifindex: number, ifa: InterfaceAddress): NetNs {
  return wantedRoutes(deviceByIndex(net, ifindex)!, ifa).reduce(addRoute, net);
}

/** RT_SCOPE_ number of an address. @kernel rt_scope */
function rtScope(address: Uint8Array): number {
  const { scope } = type6(address);
  if (scope === SCOPE6.link) return type6(address).kind === 'loopback' ? RT_SCOPE_HOST : RT_SCOPE_LINK;
  return scope === SCOPE6.site ? RT_SCOPE_SITE : RT_SCOPE_UNIVERSE;
}

/** Addresses of wider scope come first; of one scope the newest. @kernel ipv6_link_dev_addr */
function insertAddress(net: NetNs, ifindex: number, ifa: InterfaceAddress): NetNs {
  const { scope } = type6(ifa.address);
  return withDevice(net, ifindex, (d) => {
    const at = d.addresses.findIndex((a) => a.family === 'inet6' && scope >= type6(a.address).scope);
    const list = [...d.addresses];
    list.splice(at < 0 ? list.length : at, 0, ifa);
    return { ...d, addresses: list };
  });
}

/** Adds an address. @kernel inet6_addr_add */
export function addInet6Address(net: NetNs, ifindex: number, spec: AddressSpec): NetNs | number {
  const device = deviceByIndex(net, ifindex);
  if (!device) return -ENODEV;
  const { address, prefix } = spec;
  const { kind } = type6(address);
  if (prefix > 128) return -EINVAL;
  if (!device.conf6) return -ENODEV;
  if (device.conf6.disable_ipv6) return -EACCES;
  if (kind === 'any' || kind === 'multicast') return -EADDRNOTAVAIL;
  if (kind === 'loopback' && device.type !== 'loopback') return -EADDRNOTAVAIL;
  if (device.addresses.some((a) => sameAddress(a.address, address))) return -EEXIST;
  const ifa: InterfaceAddress = {
    family: 'inet6',
    address,
    peer: address,
    prefix,
    scope: rtScope(address),
    secondary: false,
    noPrefixRoute: spec.noPrefixRoute ?? false,
  };
  const now = addMulticast(insertAddress(net, ifindex, ifa), ifindex);
  return addAddressRoutes(now, ifindex, ifa);
}

/** Removes an address and its routes; a prefix stays as long as another address has it. @kernel inet6_addr_del */
export function removeInet6Address(net: NetNs, ifindex: number, address: Uint8Array, prefix?: number): NetNs | number {
  const device = deviceByIndex(net, ifindex);
  if (!device) return -ENODEV;
  if (!device.conf6) return -ENODEV;
  const ifa = device.addresses.find(
    (a) => sameAddress(a.address, address) && (prefix === undefined || a.prefix === prefix),
  );
  if (!ifa) return -EADDRNOTAVAIL;
  const now = withDevice(net, ifindex, (d) => ({ ...d, addresses: d.addresses.filter((a) => a !== ifa) }));
  const after = deviceByIndex(now, ifindex)!;
  const wanted = after.addresses.flatMap((a) => (a.family === 'inet6' ? wantedRoutes(after, a) : []));
  const unwanted = wantedRoutes(device, ifa).filter((r) => !wanted.some((w) => sameRoute(w, r)));
  // Routes that prefer the address as their source lose that.
  const routes = now.inet6.routes
    .filter((r) => !unwanted.some((u) => sameRoute(u, r)))
    .map((r) => {
      if (!r.src || !sameAddress(r.src, address)) return r;
      const { src: _, ...rest } = r;
      return rest;
    });
  return { ...now, inet6: { ...now.inet6, routes } };
}

/** Every device that is up but the loopback has a multicast route. @kernel addrconf_add_mroute */
function addMulticast(net: NetNs, ifindex: number): NetNs {
  const device = deviceByIndex(net, ifindex)!;
  if (device.type === 'loopback' || !device.up) return net;
  return addRoute(net, automatic(ifindex, RTN_MULTICAST, Uint8Array.of(0xff, ...new Uint8Array(15)), 8));
}

/** The address that a link gives itself, from its MAC. @kernel addrconf_ifid_eui48 */
function linkLocal(mac: Uint8Array): Uint8Array {
  const [a, b, c, d, e, f] = mac;
  return Uint8Array.of(0xfe, 0x80, 0, 0, 0, 0, 0, 0, a! ^ 2, b!, c!, 0xff, 0xfe, d!, e!, f!);
}

/** The link can be used: it gets its own address. @kernel addrconf_init_auto_addrs */
export function inet6LinkReady(net: NetNs, ifindex: number): NetNs {
  const device = deviceByIndex(net, ifindex)!;
  if (!device.conf6 || device.conf6.disable_ipv6 || device.ready6) return net;
  const ready = addMulticast(
    withDevice(net, ifindex, (d) => ({ ...d, ready6: true })),
    ifindex,
  );
  // A tunnel has no address to make one of.
  if (device.type === 'ipip') return ready;
  const loopback = device.type === 'loopback';
  // addr_gen_mode 1 asks for none.
  if (!loopback && device.conf6.addr_gen_mode !== 0) return ready;
  const address = loopback ? Uint8Array.of(...new Uint8Array(15), 1) : linkLocal(device.mac);
  const added = addInet6Address(ready, ifindex, { address, prefix: loopback ? 128 : 64 });
  return typeof added === 'number' ? ready : added;
}

/** The device came up: its addresses' prefixes can be reached; with a carrier the link is ready. */
export function inet6Up(net: NetNs, ifindex: number, carrier: boolean): NetNs {
  const device = deviceByIndex(net, ifindex)!;
  if (!device.conf6 || device.conf6.disable_ipv6) return net;
  const list = device.addresses.filter((a) => a.family === 'inet6');
  const addresses = device.addresses.map(({ tentative: _, ...ifa }) => ifa);
  const usable = withDevice(net, ifindex, (d) => ({ ...d, addresses }));
  const routed = list.reduce((now, ifa) => addAddressRoutes(now, ifindex, ifa), usable);
  return carrier ? inet6LinkReady(routed, ifindex) : routed;
}

/** The device went down, or IPv6 leaves it: addresses and routes are gone. @kernel addrconf_ifdown */
export function inet6Down(net: NetNs, ifindex: number, unregister: boolean): NetNs {
  const device = deviceByIndex(net, ifindex);
  if (!device?.conf6) return net;
  const keep = !unregister && ((device.conf6.keep_addr_on_down ?? 0) > 0 || (net.inet6.all.keep_addr_on_down ?? 0) > 0);
  const kept = (a: InterfaceAddress): boolean =>
    a.family === 'inet' || (keep && type6(a.address).kind !== 'linklocal' && type6(a.address).kind !== 'loopback');
  const addresses = device.addresses
    .filter(kept)
    .map((a): InterfaceAddress => (a.family === 'inet6' ? { ...a, tentative: true } : a));
  const now = withDevice(net, ifindex, (d) => ({ ...d, ready6: false, addresses }));
  // Routes to nowhere stand on the loopback but do not go with it.
  const through = (r: Route): boolean => r.dev === ifindex && (ifindex !== LOOPBACK_IFINDEX || r.type === RTN_LOCAL);
  const neighbours = now.neighbours.filter((n) => n.ifindex !== ifindex || n.address.length !== 16);
  return { ...dropRoutes(now, through), neighbours };
}

/** A device begins or ends to forward: with it come and go the anycast addresses of its prefixes. @kernel dev_forward_change */
export function inet6ForwardChange(net: NetNs, ifindex: number, forwarding: number): NetNs {
  const device = deviceByIndex(net, ifindex);
  if (!device?.conf6) return net;
  const before = Boolean(device.conf6.forwarding);
  const now = withDevice(net, ifindex, (d) => ({ ...d, conf6: { ...d.conf6!, forwarding } }));
  if (before === (forwarding !== 0)) return now;
  const routes = device.addresses.flatMap((a) => (a.family === 'inet6' ? (anycast(ifindex, a) ?? []) : []));
  if (forwarding !== 0) return routes.reduce(addRoute, now);
  return dropRoutes(now, (r) => routes.some((a) => sameRoute(a, r)));
}
