/** Routes come and go: RTM_NEWROUTE and RTM_DELROUTE with the kernel's checks. */
import { UAPI } from '../../spec/constants.ts';
import { ERRNO } from '../../spec/errno.ts';
import { addressType, fibLookup, fibTableLookup } from './fib4.ts';
import { fib6Lookup, fib6TableLookup } from './fib6.ts';
import type { Family, NetNs, Route } from './netns.ts';
import { deviceByIndex, familyOf, LOOPBACK_IFINDEX } from './netns.ts';
import { isZero, network, prefixEqual, SCOPE6, sameAddress, type6 } from './prefix.ts';
import { insertSorted, RTPROT_BOOT, sameKey, sameRoute } from './routes.ts';

const {
  RT_SCOPE_HOST,
  RT_SCOPE_LINK,
  RT_SCOPE_NOWHERE,
  RT_SCOPE_UNIVERSE,
  RT_TABLE_MAIN,
  RTN_ANYCAST,
  RTN_BLACKHOLE,
  RTN_BROADCAST,
  RTN_LOCAL,
  RTN_MULTICAST,
  RTN_PROHIBIT,
  RTN_THROW,
  RTN_UNICAST,
  RTN_UNREACHABLE,
} = UAPI;
const { EAGAIN, EEXIST, EHOSTUNREACH, EINVAL, ENETDOWN, ENODEV, ENOENT, EOPNOTSUPP, EACCES, ESRCH } = ERRNO;

/** The metric of IPv6 routes that name none. */
const IP6_RT_PRIO_USER = 1024;

/** A route as a command names it; what is absent follows from the rest. */
export interface RouteSpec {
  readonly dst: Uint8Array;
  readonly prefix: number;
  readonly type?: number;
  readonly table?: number;
  readonly scope?: number;
  readonly tos?: number;
  readonly metric?: number;
  /** ifindex */
  readonly dev?: number;
  readonly via?: Uint8Array;
  readonly src?: Uint8Array;
  readonly mtu?: number;
  readonly mtuLocked?: boolean;
  readonly onlink?: boolean;
  readonly protocol?: number;
}

/** What becomes of routes that are there: refuse, add behind or before them, take their place. */
export type RouteMode = 'add' | 'append' | 'prepend' | 'replace' | 'change';

/** Types of routes that lead nowhere: they need no device. */
const NOWHERE: readonly number[] = [RTN_BLACKHOLE, RTN_UNREACHABLE, RTN_PROHIBIT, RTN_THROW];

/** The scope that `ip route` gives a route. */
function defaultScope(type: number, gateway: boolean): number {
  if (type === RTN_LOCAL) return RT_SCOPE_HOST;
  if (type === RTN_BROADCAST || type === RTN_MULTICAST || type === RTN_ANYCAST) return RT_SCOPE_LINK;
  return type === RTN_UNICAST && !gateway ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
}

/** The least scope that a type allows. @kernel fib_props */
function leastScope(type: number): number {
  if (type === RTN_LOCAL) return RT_SCOPE_HOST;
  return type === RTN_BROADCAST || type === RTN_ANYCAST ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
}

/** The device of a route over a gateway, or a negative errno. @kernel fib_check_nh */
function gatewayDevice(net: NetNs, spec: RouteSpec, scope: number, table: number): number {
  const via = spec.via!;
  const oif = spec.dev ?? 0;
  if (scope === RT_SCOPE_HOST) return -EINVAL;
  if (via.length === 16) return gatewayDevice6(net, { ...spec, via });
  if (spec.onlink) {
    const device = deviceByIndex(net, oif);
    if (!device) return -ENODEV;
    if (addressType(net, via) !== RTN_UNICAST) return -EINVAL;
    return device.up ? oif : -ENETDOWN;
  }
  const flow = { dst: via, src: new Uint8Array(4), iif: LOOPBACK_IFINDEX, oif, tos: 0, mark: 0 };
  const how = { scope: Math.max(scope + 1, RT_SCOPE_LINK), ignoreLinkState: true };
  let found = table === RT_TABLE_MAIN ? -EAGAIN : fibTableLookup(net, table, flow, how);
  if (typeof found === 'number') found = fibLookup(net, flow, how);
  if (typeof found === 'number') return found;
  if (found.type !== RTN_UNICAST && found.type !== RTN_LOCAL) return -EINVAL;
  const device = deviceByIndex(net, found.dev);
  return device?.up ? device.ifindex : -ENETDOWN;
}

/** The device of a route without a gateway, or a negative errno. @kernel fib_check_nh_nongw */
function directDevice(net: NetNs, spec: RouteSpec, scope: number): number {
  const device = deviceByIndex(net, spec.dev ?? 0);
  if (!device) return -ENODEV;
  if (scope === RT_SCOPE_HOST) return device.ifindex;
  if (!device.conf4) return -ENODEV;
  return device.up ? device.ifindex : -ENETDOWN;
}

/** The whole route, or a negative errno. @kernel fib_create_info */
function completeRoute4(net: NetNs, spec: RouteSpec): Route | number {
  const type = spec.type ?? RTN_UNICAST;
  const scope = spec.scope ?? defaultScope(type, spec.via !== undefined);
  const table = spec.table ?? RT_TABLE_MAIN;
  if (spec.prefix > 32 || !sameAddress(network(spec.dst, spec.prefix), spec.dst)) return -EINVAL;
  if (scope > RT_SCOPE_HOST || scope < leastScope(type)) return -EINVAL;
  let dev = 0;
  if (NOWHERE.includes(type)) {
    if (spec.dev || spec.via) return -EINVAL;
  } else {
    dev = spec.via ? gatewayDevice(net, spec, scope, table) : directDevice(net, spec, scope);
    if (dev < 0) return dev;
  }
  const own = type === RTN_LOCAL && spec.src !== undefined && sameAddress(spec.src, spec.dst);
  if (spec.src && !own && addressType(net, spec.src) !== RTN_LOCAL) return -EINVAL;
  return { ...common(spec), type, scope, table, tos: spec.tos ?? 0, metric: spec.metric ?? 0, dev };
}

function common(spec: RouteSpec) {
  const { dst, prefix, via, src, mtu, mtuLocked, protocol } = spec;
  const optional = { ...(via && { via }), ...(src && { src }) };
  return { dst, prefix, mtu: mtu ?? 0, mtuLocked: mtuLocked ?? false, protocol: protocol ?? RTPROT_BOOT, ...optional };
}

/** Is an address one of the node's own? Those of a link only count on the device. @kernel ipv6_chk_addr */
function isOwn6(net: NetNs, address: Uint8Array, ifindex: number): boolean {
  const anywhere = type6(address).scope === SCOPE6.global || ifindex === 0;
  return net.devices.some(
    (d) => (anywhere || d.ifindex === ifindex) && d.addresses.some((a) => sameAddress(a.address, address)),
  );
}

/** The device of an IPv6 route over a gateway, or a negative errno. @kernel ip6_validate_gw */
function gatewayDevice6(net: NetNs, spec: RouteSpec & { via: Uint8Array }): number {
  const { via, dev = 0, onlink } = spec;
  const { kind } = type6(via);
  if (isOwn6(net, via, dev)) return -EINVAL;
  let found = dev;
  if (kind !== 'linklocal') {
    if (kind === 'multicast' || kind === 'any' || kind === 'loopback') return -EINVAL;
    if (!onlink) {
      const route = onLink6(net, via, dev, spec.table ?? RT_TABLE_MAIN);
      if (!route) return -EHOSTUNREACH;
      found = route.dev;
    }
  }
  if (found === 0 || deviceByIndex(net, found)?.type === 'loopback') return -EINVAL;
  return found;
}

/** The route that reaches a gateway without another one. @kernel ip6_route_check_nh */
function onLink6(net: NetNs, via: Uint8Array, dev: number, table: number): Route | undefined {
  const flow = { dst: via, src: new Uint8Array(16), iif: 0, oif: dev, tos: 0, mark: 0 };
  const how = { ifindex: dev, strict: true };
  const good = (r: Route | undefined | number): r is Route =>
    r !== undefined && typeof r !== 'number' && !r.via && !isReject(net, r) && (dev === 0 || r.dev === dev);
  const direct = fib6TableLookup(net, table, flow, how);
  if (good(direct)) return direct;
  const found = fib6Lookup(net, flow, how);
  return good(found) ? found : undefined;
}

/** Does a route lead nowhere? Real routes through the loopback do too. @kernel fib6_is_reject */
function isReject(net: NetNs, { type, dev, dst }: Pick<Route, 'type' | 'dev' | 'dst'>): boolean {
  if (NOWHERE.includes(type)) return true;
  if (deviceByIndex(net, dev)?.type !== 'loopback' || type6(dst).kind === 'loopback') return false;
  return type !== RTN_LOCAL && type !== RTN_ANYCAST;
}

/** @kernel ip6_route_info_create */
function completeRoute6(net: NetNs, spec: RouteSpec): Route | number {
  const type = spec.type ?? RTN_UNICAST;
  if (spec.prefix > 128) return -EINVAL;
  const dst = network(spec.dst, spec.prefix);
  let dev = spec.dev ?? 0;
  if (spec.via && deviceByIndex(net, dev)?.type === 'loopback') return -EINVAL;
  if (isReject(net, { type, dev, dst })) dev = LOOPBACK_IFINDEX;
  else {
    if (spec.via) dev = gatewayDevice6(net, { ...spec, via: spec.via });
    if (dev < 0) return dev;
    const device = deviceByIndex(net, dev);
    if (!device?.conf6) return -ENODEV;
    if (device.conf6.disable_ipv6) return -EACCES;
    if (!device.up) return -ENETDOWN;
  }
  if (spec.src) {
    if (!isOwn6(net, spec.src, dev)) return -EINVAL;
  }
  return {
    ...common({ ...spec, dst }),
    type,
    scope: RT_SCOPE_UNIVERSE,
    table: spec.table ?? RT_TABLE_MAIN,
    tos: 0,
    metric: spec.metric || IP6_RT_PRIO_USER,
    dev,
  };
}

function withRoutes(net: NetNs, family: Family, routes: readonly Route[]): NetNs {
  return { ...net, [family]: { ...net[family], routes } };
}

/** Adds a route or takes the place of one. @kernel fib_table_insert, fib6_add_rt2node */
export function addRoute(net: NetNs, spec: RouteSpec, mode: RouteMode = 'add'): NetNs | number {
  const family = familyOf(spec.dst);
  const route = family === 'inet' ? completeRoute4(net, spec) : completeRoute6(net, spec);
  if (typeof route === 'number') return route;
  const { routes } = net[family];
  const equals = routes.filter((r) => sameKey(r, route) && r.metric === route.metric);
  const twin = equals.find((r) => sameRoute(r, route));
  if (mode === 'replace' || mode === 'change') {
    const old = equals[0];
    if (old)
      return withRoutes(
        net,
        family,
        routes.map((r) => (r === old ? route : r)).filter((r) => r !== twin || r === old),
      );
    if (mode === 'change') return -ENOENT;
  } else if (equals.length > 0 && (mode === 'add' || twin)) return -EEXIST;
  // Several gateways at one metric share the packets by a hash whose key is random at boot.
  if (family === 'inet6' && route.via && equals.some((r) => r.via)) return -EOPNOTSUPP;
  return withRoutes(net, family, insertSorted(routes, route, mode === 'prepend' && family === 'inet'));
}

/** What a command says of the route to remove; what is absent may be anything. */
export type RoutePattern = Partial<Omit<Route, 'dst' | 'prefix'>> & Pick<Route, 'dst' | 'prefix'>;

/** Members of a pattern that a route has to have. */
const WORDS4 = ['type', 'metric', 'dev', 'protocol', 'mtu'] as const;
const WORDS6 = ['metric', 'dev', 'protocol'] as const;

/** Removes the first route that has all that is given. @kernel fib_table_delete, ip6_route_del */
export function removeRoute(net: NetNs, pattern: RoutePattern): NetNs | number {
  const family = familyOf(pattern.dst);
  const table = pattern.table ?? RT_TABLE_MAIN;
  const { via } = pattern;
  // IPv6 asks neither for the type, nor for the source or what the route measures.
  const src = family === 'inet' ? pattern.src : undefined;
  const words = family === 'inet' ? WORDS4 : WORDS6;
  const found = net[family].routes.find(
    (r) =>
      r.table === table &&
      r.prefix === pattern.prefix &&
      prefixEqual(r.dst, pattern.dst, r.prefix) &&
      r.tos === (pattern.tos ?? 0) &&
      (pattern.scope === undefined || pattern.scope === RT_SCOPE_NOWHERE || r.scope === pattern.scope) &&
      words.every((w) => pattern[w] === undefined || r[w] === pattern[w]) &&
      (!via || (isZero(via) ? !r.via : r.via !== undefined && sameAddress(r.via, via))) &&
      (!src || (r.src !== undefined && sameAddress(r.src, src))),
  );
  if (!found) return -ESRCH;
  return withRoutes(
    net,
    family,
    net[family].routes.filter((r) => r !== found),
  );
}
