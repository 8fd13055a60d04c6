/** The routing lookup and the MTU check: what the node's routes, neighbours and devices say of a packet. */
import type { Arena } from '../mem/arena.ts';
import { deviceField } from '../net/netDevice.ts';
import { fibLookup, fibTableExists, fibTableLookup, mtuOfRoute4 } from '../net/route/fib4.ts';
import { fib6Lookup, fib6TableExists, fib6TableLookup, mtuOfRoute6 } from '../net/route/fib6.ts';
import { validNeighbour } from '../net/route/neigh.ts';
import type { Device, NetNs, Route } from '../net/route/netns.ts';
import { deviceByIndex, LOOPBACK_IFINDEX } from '../net/route/netns.ts';
import { needStrict6 } from '../net/route/prefix.ts';
import type { Flow } from '../net/route/rules.ts';
import { ipv6DevGetSaddr, prefsrc } from '../net/route/saddr.ts';
import { isSkbForwardable, skbField, skbIsGso, skbTransportHeaderWasSet } from '../net/skb.ts';
import { skbGsoValidateNetworkLen } from '../net/skbGso.ts';
import { rxqField, xdpField, xdpGetBuffLen } from '../net/xdp.ts';
import { UAPI } from '../spec/constants.ts';
import type { HelperEnv } from './env.ts';
import { EACCES, EAFNOSUPPORT, EHOSTUNREACH, EINVAL, ENODEV, type ImplTable } from './impl.ts';

const {
  AF_INET,
  AF_INET6,
  BPF_FIB_LKUP_RET_BLACKHOLE: BLACKHOLE,
  BPF_FIB_LKUP_RET_FRAG_NEEDED: FRAG_NEEDED,
  BPF_FIB_LKUP_RET_FWD_DISABLED: FWD_DISABLED,
  BPF_FIB_LKUP_RET_NOT_FWDED: NOT_FWDED,
  BPF_FIB_LKUP_RET_NO_NEIGH: NO_NEIGH,
  BPF_FIB_LKUP_RET_NO_SRC_ADDR: NO_SRC_ADDR,
  BPF_FIB_LKUP_RET_PROHIBIT: PROHIBIT,
  BPF_FIB_LKUP_RET_SUCCESS: SUCCESS,
  BPF_FIB_LKUP_RET_UNREACHABLE: UNREACHABLE,
  BPF_FIB_LOOKUP_DIRECT: DIRECT,
  BPF_FIB_LOOKUP_MARK: MARK,
  BPF_FIB_LOOKUP_OUTPUT: OUTPUT,
  BPF_FIB_LOOKUP_SKIP_NEIGH: SKIP_NEIGH,
  BPF_FIB_LOOKUP_SRC: SRC,
  BPF_FIB_LOOKUP_TBID: TBID,
  BPF_MTU_CHK_RET_FRAG_NEEDED,
  BPF_MTU_CHK_RET_SEGS_TOOBIG,
  BPF_MTU_CHK_RET_SUCCESS,
  BPF_MTU_CHK_SEGS,
  RT_TABLE_MAIN,
  RTN_BLACKHOLE,
  RTN_PROHIBIT,
  RTN_UNICAST,
  RTN_UNREACHABLE,
} = UAPI;

/** struct bpf_fib_lookup: offsets and size in bytes. */
const FIB = {
  family: 0,
  totLen: 6,
  ifindex: 8,
  tos: 12,
  rtMetric: 12,
  src: 16,
  dst: 32,
  vlan: 48,
  tbid: 48,
  mark: 52,
  smac: 52,
  dmac: 58,
  size: 64,
} as const;

/** All flags of the profile. */
const MASK = DIRECT | OUTPUT | SKIP_NEIGH | TBID | SRC | MARK;

/** A lookup at work. */
interface Query {
  readonly arena: Arena;
  readonly net: NetNs;
  readonly params: number;
  readonly flags: number;
  /** The caller's tot_len is compared with the route's MTU. */
  readonly checkMtu: boolean;
}

/** What a packet is routed by, as the parameters say it. `tos` is the octet that rules and routes look at. */
function flowOf({ arena, params, flags }: Query, bytes: 4 | 16, tos: number): Flow {
  const ifindex = arena.getU32(params + FIB.ifindex);
  const output = (flags & OUTPUT) !== 0;
  return {
    dst: arena.bytes(params + FIB.dst, bytes),
    src: arena.bytes(params + FIB.src, bytes),
    iif: output ? LOOPBACK_IFINDEX : ifindex,
    oif: output ? ifindex : 0,
    tos,
    mark: (flags & (DIRECT | MARK)) === MARK ? arena.getU32(params + FIB.mark) : 0,
  };
}

/** The table of a direct lookup; the field that named it is cleared for the VLAN. */
function directTable({ arena, params, flags }: Query): number {
  if ((flags & TBID) === 0) return RT_TABLE_MAIN;
  const table = arena.getU32(params + FIB.tbid);
  arena.setU32(params + FIB.tbid, 0);
  return table;
}

/** Is the packet too large for the route? Then the parameters say how large it may be. */
function tooLarge({ arena, params, checkMtu }: Query, mtu: number): boolean {
  if (!checkMtu || arena.getU16(params + FIB.totLen) <= mtu) return false;
  arena.setU16(params + FIB.totLen, mtu);
  return true;
}

/** Writes the next hop's MACs and clears the VLAN, which is where a lookup ends. @kernel bpf_fib_set_fwd_params */
function finish(query: Query, dev: Device, nextHop: Uint8Array, mtu: number): number {
  const { arena, net, params, flags, checkMtu } = query;
  if ((flags & SKIP_NEIGH) === 0) {
    const neighbour = validNeighbour(net, dev.ifindex, nextHop);
    if (!neighbour) return NO_NEIGH;
    arena.put(params + FIB.dmac, neighbour.mac);
    arena.put(params + FIB.smac, dev.mac);
  }
  arena.setU32(params + FIB.vlan, 0);
  if (checkMtu && mtu !== 0) arena.setU16(params + FIB.totLen, mtu);
  return SUCCESS;
}

/** Writes where the route leads. */
function writeRoute({ arena, params }: Query, route: Route): void {
  arena.setU32(params + FIB.rtMetric, route.metric);
  arena.setU32(params + FIB.ifindex, route.dev);
}

/** @kernel bpf_ipv4_fib_lookup */
function ipv4FibLookup(query: Query): number {
  const { arena, net, params, flags } = query;
  const dev = deviceByIndex(net, arena.getU32(params + FIB.ifindex));
  if (!dev) return -ENODEV;
  if (!dev.conf4?.forwarding) return FWD_DISABLED;
  const flow = flowOf(query, 4, arena.u8[params + FIB.tos]!);
  let found: Route | number;
  if ((flags & DIRECT) !== 0) {
    const table = directTable(query);
    if (!fibTableExists(net, table)) return NOT_FWDED;
    found = fibTableLookup(net, table, flow);
  } else found = fibLookup(net, flow);
  if (found === -EINVAL) return BLACKHOLE;
  if (found === -EHOSTUNREACH) return UNREACHABLE;
  if (found === -EACCES) return PROHIBIT;
  if (typeof found === 'number' || found.type !== RTN_UNICAST) return NOT_FWDED;
  const route = found;
  const mtu = mtuOfRoute4(net, route);
  if (tooLarge(query, mtu)) return FRAG_NEEDED;
  writeRoute(query, route);
  if ((flags & SRC) !== 0) arena.put(params + FIB.src, prefsrc(net, route));
  if (route.via) arena.put(params + FIB.dst, route.via);
  if (route.via?.length === 16) arena.setU8(params + FIB.family, AF_INET6);
  return finish(query, deviceByIndex(net, route.dev)!, route.via ?? flow.dst, mtu);
}

/** What types of IPv6 routes say; types that are not here are not forwarded. */
const TYPES6: Readonly<Record<number, number>> = {
  [RTN_BLACKHOLE]: BLACKHOLE,
  [RTN_UNREACHABLE]: UNREACHABLE,
  [RTN_PROHIBIT]: PROHIBIT,
};

/** @kernel bpf_ipv6_fib_lookup */
function ipv6FibLookup(query: Query): number {
  const { arena, net, params, flags } = query;
  const [first, second] = arena.bytes(params + FIB.tos, 2);
  const flow = flowOf(query, 16, ((first! & 15) << 4) | (second! >> 4));
  if (needStrict6(flow.dst) || needStrict6(flow.src)) return NOT_FWDED;
  const ifindex = arena.getU32(params + FIB.ifindex);
  const dev = deviceByIndex(net, ifindex);
  if (!dev) return -ENODEV;
  if (!dev.conf6?.forwarding) return FWD_DISABLED;
  const how = { ifindex, hasSource: (flags & OUTPUT) === 0 };
  let found: Route | number | undefined;
  if ((flags & DIRECT) !== 0) {
    const table = directTable(query);
    if (!fib6TableExists(net, table)) return NOT_FWDED;
    found = fib6TableLookup(net, table, flow, how);
  } else found = fib6Lookup(net, flow, how);
  if (typeof found !== 'object') return NOT_FWDED;
  const route = found;
  if (route.type !== RTN_UNICAST) return TYPES6[route.type] ?? NOT_FWDED;
  const mtu = mtuOfRoute6(net, route);
  if (tooLarge(query, mtu)) return FRAG_NEEDED;
  if (route.via) arena.put(params + FIB.dst, route.via);
  writeRoute(query, route);
  if ((flags & SRC) !== 0) {
    const src = route.src ?? ipv6DevGetSaddr(net, route.dev, flow.dst);
    if (!src) return NO_SRC_ADDR;
    arena.put(params + FIB.src, src);
  }
  return finish(query, deviceByIndex(net, route.dev)!, route.via ?? flow.dst, mtu);
}

/** The packet's length is checked where the caller gave none. @kernel bpf_skb_fib_lookup */
function checkSkbLen({ arena, net, params, checkMtu }: Query, skb: number, result: number): number {
  if (result !== SUCCESS || checkMtu) return result;
  const dev = deviceByIndex(net, arena.getU32(params + FIB.ifindex))!;
  arena.setU16(params + FIB.totLen, dev.mtu);
  return isSkbForwardable(arena, dev, skb, true) ? result : FRAG_NEEDED;
}

/** The device that a packet came in on: its ifindex. */
function currentDevice(env: HelperEnv, object: number): number {
  const { arena } = env;
  const dev =
    env.progType === 'xdp' ? rxqField(arena, xdpField(arena, object, 'rxq'), 'dev') : skbField(arena, object, 'dev');
  return deviceField(arena, dev, 'ifindex');
}

/** Bytes of the packet that the check is about, and whether it is one of segments. */
function lengthOf(env: HelperEnv, object: number): { length: number; gso: boolean } {
  if (env.progType === 'xdp') return { length: xdpGetBuffLen(env.arena, object), gso: false };
  return { length: skbField(env.arena, object, 'len'), gso: skbIsGso(env.arena, object) };
}

export const fibImpls = {
  bpf_fib_lookup(env, ctx, params, plen, flags) {
    const { arena } = env;
    if (plen < FIB.size || (flags & ~MASK) !== 0) return -EINVAL;
    const family = arena.u8[params + FIB.family]!;
    if (family !== AF_INET && family !== AF_INET6) return -EAFNOSUPPORT;
    const xdp = env.progType === 'xdp';
    const checkMtu = xdp || arena.getU16(params + FIB.totLen) !== 0;
    const query: Query = { arena, net: env.fib.netns(), params, flags, checkMtu };
    const result = family === AF_INET ? ipv4FibLookup(query) : ipv6FibLookup(query);
    return xdp ? result : checkSkbLen(query, env.object(ctx), result);
  },

  bpf_check_mtu(env, ctx, ifindex, mtuLen, lenDiff, flags, flagsHi) {
    const { arena } = env;
    const xdp = env.progType === 'xdp';
    const object = env.object(ctx);
    const given = arena.getU32(mtuLen) | 0;
    const segments = (flags & BPF_MTU_CHK_SEGS) !== 0;
    if (flagsHi !== 0 || (flags & ~(xdp ? 0 : BPF_MTU_CHK_SEGS)) !== 0) return -EINVAL;
    if (segments && (lenDiff !== 0 || given !== 0)) return -EINVAL;
    const dev = deviceByIndex(env.fib.netns(), ifindex === 0 ? currentDevice(env, object) : ifindex >>> 0);
    if (!dev) return -ENODEV;
    const { length, gso } = lengthOf(env, object);
    const most = dev.mtu + UAPI.ETH_HLEN;
    const wanted = ((given === 0 ? length : given + UAPI.ETH_HLEN) + lenDiff) | 0;
    let result = wanted <= most ? BPF_MTU_CHK_RET_SUCCESS : BPF_MTU_CHK_RET_FRAG_NEEDED;
    if (result !== BPF_MTU_CHK_RET_SUCCESS && gso) {
      if (segments && !skbTransportHeaderWasSet(arena, object)) return -EINVAL;
      const small = !segments || skbGsoValidateNetworkLen(arena, object, dev.mtu);
      result = small ? BPF_MTU_CHK_RET_SUCCESS : BPF_MTU_CHK_RET_SEGS_TOOBIG;
    }
    arena.setU32(mtuLen, dev.mtu);
    return result;
  },
} satisfies ImplTable;
