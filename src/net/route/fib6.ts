/** IPv6 routing: the longest prefix that matches; among routes of one metric the one through the asked interface. */
import { UAPI } from '../../spec/constants.ts';
import { ERRNO } from '../../spec/errno.ts';
import { carrierOk } from './carrier.ts';
import type { Device, NetNs, Route } from './netns.ts';
import { deviceByIndex } from './netns.ts';
import { prefixEqual } from './prefix.ts';
import { type Flow, fibRulesLookup } from './rules.ts';

const { RT_TABLE_LOCAL, RT_TABLE_MAIN } = UAPI;
const { EAGAIN } = ERRNO;

/** What some look-ups ask beyond the flow. */
export interface Lookup6 {
  /** The interface that is preferred; with `strict` the only one. */
  readonly ifindex: number;
  /** RT6_LOOKUP_F_IFACE */
  readonly strict?: boolean;
  /** RT6_LOOKUP_F_HAS_SADDR: rules with a source can match. */
  readonly hasSource?: boolean;
}

/** Does a table exist: was there ever a route in it? The local and the main one always do. @kernel fib6_get_table */
export function fib6TableExists(net: NetNs, table: number): boolean {
  if (table === 0 || table === RT_TABLE_MAIN || table === RT_TABLE_LOCAL) return true;
  return net.inet6.routes.some((r) => r.table === table);
}

function linkDown(net: NetNs, device: Device): boolean {
  const ignore = device.conf6?.ignore_routes_with_linkdown || net.inet6.all.ignore_routes_with_linkdown;
  return Boolean(ignore) && !carrierOk(net, device);
}

/** How good a route's next hop is, -1 for not at all. @kernel rt6_score_route */
function score(net: NetNs, route: Route, { ifindex, strict }: Lookup6): number {
  const device = deviceByIndex(net, route.dev);
  if (!device || linkDown(net, device)) return -1;
  if (ifindex === 0 || route.dev === ifindex) return 2;
  return strict ? -1 : 0;
}

/** The best of the routes of one prefix: of the lowest metric that has one, else of all others. @kernel find_rr_leaf */
function select(net: NetNs, leaf: readonly Route[], how: Lookup6): Route | undefined {
  const metric = leaf[0]!.metric;
  for (const group of [leaf.filter((r) => r.metric === metric), leaf.filter((r) => r.metric !== metric)]) {
    let best: Route | undefined;
    let most = -1;
    for (const route of group) {
      const points = score(net, route, how);
      if (points <= most) continue;
      best = route;
      most = points;
    }
    if (best) return best;
  }
  return undefined;
}

/** The route of one table (0 is the main one); undefined where the kernel gives its null entry. @kernel fib6_table_lookup */
export function fib6TableLookup(net: NetNs, table: number, flow: Flow, how: Lookup6): Route | undefined {
  const { routes } = net.inet6;
  const matches = (r: Route): boolean => r.table === (table || RT_TABLE_MAIN) && prefixEqual(r.dst, flow.dst, r.prefix);
  for (let i = 0; i < routes.length; ) {
    const first = routes[i]!;
    if (!matches(first)) {
      i++;
      continue;
    }
    const leaf: Route[] = [];
    // Of one length only one prefix matches.
    for (; i < routes.length && routes[i]!.prefix === first.prefix; i++) if (matches(routes[i]!)) leaf.push(routes[i]!);
    const found = select(net, leaf, how);
    if (found) return found;
  }
  return undefined;
}

/** The route of a flow; undefined or a negative errno where there is none. @kernel fib6_lookup */
export function fib6Lookup(net: NetNs, flow: Flow, how: Lookup6): Route | undefined | number {
  if (!net.inet6.customRules) {
    return fib6TableLookup(net, RT_TABLE_LOCAL, flow, how) ?? fib6TableLookup(net, RT_TABLE_MAIN, flow, how);
  }
  return fibRulesLookup<Route>(
    net,
    net.inet6.rules,
    flow,
    (table) => fib6TableLookup(net, table, flow, how) ?? -EAGAIN,
    // What a rule suppresses is looked up in another place of the result, which this look-up leaves empty.
    { hasSource: how.hasSource ?? false, suppressed: () => false },
  );
}

const IPV6_MIN_MTU = 1280;
const IP6_MAX_MTU = 0xffff + 40;

/** The largest packet that a route takes; its own MTU counts when it is locked. @kernel ip6_mtu_from_fib6 */
export function mtuOfRoute6(net: NetNs, route: Route): number {
  if (route.mtuLocked && route.mtu !== 0) return route.mtu;
  const mtu6 = deviceByIndex(net, route.dev)?.conf6?.mtu ?? 0;
  return Math.min(Math.max(IPV6_MIN_MTU, mtu6), IP6_MAX_MTU);
}
