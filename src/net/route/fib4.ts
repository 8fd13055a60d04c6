/** IPv4 routing: the longest prefix that matches, in the tables that the rules name. */
import { UAPI } from '../../spec/constants.ts';
import { ERRNO } from '../../spec/errno.ts';
import { carrierOk } from './carrier.ts';
import type { Device, NetNs, Route } from './netns.ts';
import { deviceByIndex } from './netns.ts';
import { prefixEqual } from './prefix.ts';
import { DSCP_MASK, type Flow, fibRulesLookup, suppressedBy } from './rules.ts';

const {
  RT_TABLE_DEFAULT,
  RT_TABLE_LOCAL,
  RT_TABLE_MAIN,
  RTN_BLACKHOLE,
  RTN_BROADCAST,
  RTN_MULTICAST,
  RTN_PROHIBIT,
  RTN_THROW,
  RTN_UNICAST,
  RTN_UNREACHABLE,
} = UAPI;
const { EACCES, EAGAIN, EHOSTUNREACH, EINVAL, ENETUNREACH, ESRCH } = ERRNO;

/** What types of routes that lead nowhere say. */
const REFUSALS: Readonly<Record<number, number>> = {
  [RTN_BLACKHOLE]: -EINVAL,
  [RTN_UNREACHABLE]: -EHOSTUNREACH,
  [RTN_PROHIBIT]: -EACCES,
  [RTN_THROW]: -EAGAIN,
};

/** What some look-ups ask beyond the flow. */
export interface Lookup4 {
  /** Routes of a wider scope do not count. */
  readonly scope?: number;
  /** Links without a carrier count whatever the settings say. */
  readonly ignoreLinkState?: boolean;
}

/** The routes of a table: until rules are changed the local and the main table are one. @kernel fib_trie_unmerge */
function inTable(net: NetNs, table: number): (route: Route) => boolean {
  const merged = !net.inet.customRules && (table === RT_TABLE_MAIN || table === RT_TABLE_LOCAL);
  return merged ? (r) => r.table === RT_TABLE_MAIN || r.table === RT_TABLE_LOCAL : (r) => r.table === table;
}

/** Does a table exist: was there ever a route in it? The local and the main one always do. @kernel fib_get_table */
export function fibTableExists(net: NetNs, table: number): boolean {
  if (table === 0 || table === RT_TABLE_MAIN || table === RT_TABLE_LOCAL) return true;
  return net.inet.routes.some((r) => r.table === table);
}

function linkDown(net: NetNs, device: Device): boolean {
  const ignore = device.conf4?.ignore_routes_with_linkdown || net.inet.all.ignore_routes_with_linkdown;
  return Boolean(ignore) && !carrierOk(net, device);
}

/** Can the route's next hop be used for the flow? @kernel fib_lookup_good_nhc */
function goodNextHop(net: NetNs, route: Route, flow: Flow, { ignoreLinkState }: Lookup4): boolean {
  const device = deviceByIndex(net, route.dev);
  if (!device || (!ignoreLinkState && linkDown(net, device))) return false;
  return flow.oif === 0 || flow.oif === route.dev;
}

/** The route of one table (0 is the main one), or a negative errno; -EAGAIN where the table has none. @kernel fib_table_lookup */
export function fibTableLookup(net: NetNs, table: number, flow: Flow, how: Lookup4 = {}): Route | number {
  const mine = inTable(net, table || RT_TABLE_MAIN);
  for (const route of net.inet.routes) {
    if (!mine(route) || !prefixEqual(route.dst, flow.dst, route.prefix)) continue;
    if (route.tos !== 0 && route.tos !== (flow.tos & DSCP_MASK)) continue;
    if (route.scope < (how.scope ?? 0)) continue;
    const refusal = REFUSALS[route.type];
    if (refusal !== undefined) return refusal;
    if (goodNextHop(net, route, flow, how)) return route;
  }
  return -EAGAIN;
}

/** The route of a flow, or a negative errno. @kernel fib_lookup */
export function fibLookup(net: NetNs, flow: Flow, how: Lookup4 = {}): Route | number {
  if (!net.inet.customRules) {
    let found = fibTableLookup(net, RT_TABLE_MAIN, flow, how);
    if (found === -EAGAIN) found = fibTableLookup(net, RT_TABLE_DEFAULT, flow, how);
    return found === -EAGAIN ? -ENETUNREACH : found;
  }
  const found = fibRulesLookup(net, net.inet.rules, flow, (table) => fibTableLookup(net, table, flow, how), {
    hasSource: true,
    suppressed: (rule, route) => suppressedBy(rule, route.prefix, deviceByIndex(net, route.dev)),
  });
  return found === -ESRCH ? -ENETUNREACH : found;
}

const IP_MAX_MTU = 0xffff;

/** The largest packet that a route takes; its own MTU counts when it is locked. @kernel ip_mtu_from_fib_result */
export function mtuOfRoute4(net: NetNs, route: Route): number {
  const own = route.mtuLocked || net.sysctls['net.ipv4.ip_forward_use_pmtu'] === '1' ? route.mtu : 0;
  return own !== 0 ? own : Math.min(deviceByIndex(net, route.dev)?.mtu ?? 0, IP_MAX_MTU);
}

/** What an address is to the node, as its local routes say: an RTN_ number. @kernel inet_addr_type_table */
export function addressType(net: NetNs, address: Uint8Array): number {
  if (address[0] === 0 || address.every((b) => b === 0xff)) return RTN_BROADCAST;
  if (address[0]! >> 4 === 0xe) return RTN_MULTICAST;
  const flow = { dst: address, src: new Uint8Array(4), iif: 0, oif: 0, tos: 0, mark: 0 };
  const found = fibTableLookup(net, RT_TABLE_LOCAL, flow);
  return typeof found === 'number' ? RTN_UNICAST : found.type;
}
