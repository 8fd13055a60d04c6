/**
 * The flow hash of a socket buffer. The kernel's is keyed by a number drawn at boot; here the key is an input, so that
 * the same flow has the same hash in every run. The hashed keys are the kernel's for IPv4, IPv6 (with extension
 * headers and flow label), VLAN tags, IP in IP, GRE and the ports of the transports; other protocols count as their
 * EtherType or protocol number alone.
 */
import type { Arena } from '../mem/arena.ts';
import { UAPI } from '../spec/constants.ts';
import { swap16 } from '../util/bits.ts';
import { type SiphashKey, siphash } from './siphash.ts';
import { setSkbField, skbField, skbHeadlen, skbNetworkOffset } from './skb.ts';
import { skbVlanTagPresent } from './skbVlan.ts';

export type { SiphashKey } from './siphash.ts';

/** Offsets in the hashed part of struct flow_keys, which begins with `basic`. */
const KEY = { n_proto: 0, ip_proto: 2, flow_label: 4, vlan: 8, keyid: 24, ports: 28, addrs: 36, size: 68 } as const;

const {
  ETH_P_IP,
  ETH_P_IPV6,
  IPPROTO_AH,
  IPPROTO_DCCP,
  IPPROTO_DSTOPTS,
  IPPROTO_ESP,
  IPPROTO_FRAGMENT,
  IPPROTO_GRE,
  IPPROTO_HOPOPTS,
  IPPROTO_IPIP,
  IPPROTO_IPV6,
  IPPROTO_ROUTING,
  IPPROTO_SCTP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  IPPROTO_UDPLITE,
} = UAPI;
/** Protocols whose header begins with two ports, or with as many bytes that count as ports. */
const PORTS_FIRST: ReadonlySet<number> = new Set([
  IPPROTO_TCP,
  IPPROTO_UDP,
  IPPROTO_DCCP,
  IPPROTO_ESP,
  IPPROTO_SCTP,
  IPPROTO_UDPLITE,
]);
const MAX_FLOW_DISSECT_HDRS = 15;

/** What dissecting a packet found. */
interface Flow {
  readonly keys: Uint8Array;
  /** Bytes of addresses that count: 0, 8 or 32. */
  addrs: number;
}

/** One protocol: what comes next and where, or undefined where the walk ends. */
type Next = { readonly link: number; readonly ip: number; readonly at: number } | undefined;

function be16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

function vlan(flow: Flow, bytes: Uint8Array, at: number, proto: number, first: boolean): Next {
  if (at + 4 > bytes.length) return undefined;
  if (first) {
    flow.keys[KEY.vlan] = bytes[at + 1]!;
    flow.keys[KEY.vlan + 1] = bytes[at]! & 0xef;
    flow.keys[KEY.vlan + 2] = proto >> 8;
    flow.keys[KEY.vlan + 3] = proto & 0xff;
    flow.keys.set(bytes.subarray(at + 2, at + 4), KEY.vlan + 4);
  }
  return { link: be16(bytes, at + 2), ip: -1, at: at + 4 };
}

function ipv4(flow: Flow, bytes: Uint8Array, at: number): Next {
  if (at + 20 > bytes.length || (bytes[at]! & 0xf) < 5) return undefined;
  flow.keys.set(bytes.subarray(at + 12, at + 20), KEY.addrs);
  flow.addrs = 8;
  flow.keys[KEY.ip_proto] = bytes[at + 9]!;
  const fragment = (be16(bytes, at + 6) & 0x3fff) !== 0;
  return fragment ? undefined : { link: ETH_P_IP, ip: bytes[at + 9]!, at: at + 4 * (bytes[at]! & 0xf) };
}

function ipv6(flow: Flow, bytes: Uint8Array, at: number): Next {
  if (at + 40 > bytes.length) return undefined;
  flow.keys.set(bytes.subarray(at + 8, at + 40), KEY.addrs);
  flow.addrs = 32;
  flow.keys[KEY.ip_proto] = bytes[at + 6]!;
  const label = ((bytes[at + 1]! & 0xf) << 16) | be16(bytes, at + 2);
  if (label !== 0) {
    new DataView(flow.keys.buffer).setUint32(KEY.flow_label, label, true);
    return undefined;
  }
  return { link: ETH_P_IPV6, ip: bytes[at + 6]!, at: at + 40 };
}

function gre(flow: Flow, bytes: Uint8Array, at: number): Next {
  if (at + 4 > bytes.length) return undefined;
  const flags = be16(bytes, at);
  if ((flags & 0x4007) !== 0) return undefined;
  let next = at + 4 + ((flags & 0x8000) !== 0 ? 4 : 0);
  if ((flags & 0x2000) !== 0) {
    if (next + 4 > bytes.length) return undefined;
    flow.keys.set(bytes.subarray(next, next + 4), KEY.keyid);
    next += 4;
  }
  if ((flags & 0x1000) !== 0) next += 4;
  return { link: be16(bytes, at + 2), ip: -1, at: next };
}

/** A protocol number: an extension header, a tunnel, or a transport with its ports. */
function ipProto(flow: Flow, bytes: Uint8Array, link: number, ip: number, at: number): Next {
  flow.keys[KEY.ip_proto] = ip;
  if (ip === IPPROTO_GRE) return gre(flow, bytes, at);
  if (ip === IPPROTO_IPIP) return { link: ETH_P_IP, ip: -1, at };
  if (ip === IPPROTO_IPV6) return { link: ETH_P_IPV6, ip: -1, at };
  if (link === ETH_P_IPV6 && (ip === IPPROTO_HOPOPTS || ip === IPPROTO_ROUTING || ip === IPPROTO_DSTOPTS)) {
    return at + 2 > bytes.length ? undefined : { link, ip: bytes[at]!, at: at + 8 * (bytes[at + 1]! + 1) };
  }
  if (link === ETH_P_IPV6 && ip === IPPROTO_FRAGMENT) {
    if (at + 8 <= bytes.length) flow.keys[KEY.ip_proto] = bytes[at]!;
    return undefined;
  }
  const ports = PORTS_FIRST.has(ip) ? at : ip === IPPROTO_AH ? at + 4 : -1;
  if (ports >= 0 && ports + 4 <= bytes.length) flow.keys.set(bytes.subarray(ports, ports + 4), KEY.ports);
  return undefined;
}

/** Walks the headers from the network header on. @kernel __skb_flow_dissect */
function dissect(arena: Arena, skb: number): Flow {
  const offset = Math.max(0, skbNetworkOffset(arena, skb));
  const bytes = arena.bytes(skbField(arena, skb, 'data'), skbHeadlen(arena, skb));
  const flow: Flow = { keys: new Uint8Array(KEY.size), addrs: 0 };
  const protocol = skbField(arena, skb, 'protocol');
  let next: Next = { link: swap16(protocol), ip: -1, at: offset };
  let vlans = 0;
  if (skbVlanTagPresent(arena, skb)) {
    const tci = skbField(arena, skb, 'vlan_tci');
    const tpid = skbField(arena, skb, 'vlan_proto');
    flow.keys.set([tci & 0xff, (tci >> 8) & 0xef, tpid & 0xff, tpid >> 8, protocol & 0xff, protocol >> 8], KEY.vlan);
    vlans = 1;
  }
  for (let i = 0; next && i <= MAX_FLOW_DISSECT_HDRS; i++) {
    const { link, ip, at } = next as NonNullable<Next>;
    flow.keys[KEY.n_proto] = link >> 8;
    flow.keys[KEY.n_proto + 1] = link & 0xff;
    if (ip >= 0) next = ipProto(flow, bytes, link, ip, at);
    else if (link === ETH_P_IP) next = ipv4(flow, bytes, at);
    else if (link === ETH_P_IPV6) next = ipv6(flow, bytes, at);
    else if (link === 0x8100 || link === 0x88a8) next = vlan(flow, bytes, at, link, vlans++ === 0);
    else next = undefined;
  }
  return flow;
}

function swapIfLower(keys: Uint8Array, at: number, size: number, lower: boolean): void {
  if (!lower) return;
  const first = keys.slice(at, at + size);
  keys.copyWithin(at, at + size, at + 2 * size);
  keys.set(first, at + size);
}

/** Orders the ends of the flow, so that both directions hash alike. @kernel __flow_hash_consistentify */
function consistentify({ keys, addrs }: Flow): void {
  if (addrs === 0) return;
  const dv = new DataView(keys.buffer);
  const half = addrs / 2;
  let lower = addrs === 8 && dv.getUint32(KEY.addrs + 4, true) < dv.getUint32(KEY.addrs, true);
  if (addrs === 32) {
    let i = 0;
    while (i < 15 && keys[KEY.addrs + i] === keys[KEY.addrs + 16 + i]) i++;
    lower = keys[KEY.addrs + 16 + i]! < keys[KEY.addrs + i]!;
  }
  swapIfLower(keys, KEY.addrs, half, lower);
  swapIfLower(keys, KEY.ports, 2, dv.getUint16(KEY.ports + 2, true) < dv.getUint16(KEY.ports, true));
}

/** The packet's hash, unsigned; computed and kept when there is none. @kernel skb_get_hash */
export function skbGetHash(arena: Arena, skb: number, key: SiphashKey): number {
  if (skbField(arena, skb, 'l4_hash') === 0 && skbField(arena, skb, 'sw_hash') === 0) {
    const flow = dissect(arena, skb);
    consistentify(flow);
    const { keys, addrs } = flow;
    const [lo] = siphash(keys.subarray(0, KEY.addrs + addrs), key);
    const l4 = [KEY.ports, KEY.ports + 2].some((at) => (keys[at]! | keys[at + 1]!) !== 0);
    const labelled = new DataView(keys.buffer).getUint32(KEY.flow_label, true) !== 0;
    skbSetHash(arena, skb, lo === 0 ? 1 : lo >>> 0, l4 || labelled);
  }
  return skbField(arena, skb, 'hash');
}

/** @kernel __skb_set_sw_hash */
export function skbSetHash(arena: Arena, skb: number, hash: number, l4: boolean): void {
  setSkbField(arena, skb, 'hash', hash);
  setSkbField(arena, skb, 'sw_hash', 1);
  setSkbField(arena, skb, 'l4_hash', l4 ? 1 : 0);
}

/** @kernel skb_clear_hash */
export function skbClearHash(arena: Arena, skb: number): void {
  setSkbField(arena, skb, 'hash', 0);
  setSkbField(arena, skb, 'sw_hash', 0);
  setSkbField(arena, skb, 'l4_hash', 0);
}
