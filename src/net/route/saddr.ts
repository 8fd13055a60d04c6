/** Which of the node's own addresses a packet would get. */
import { UAPI } from '../../spec/constants.ts';
import type { Device, InterfaceAddress, NetNs, Route } from './netns.ts';
import { deviceByIndex } from './netns.ts';
import { commonPrefix, network, prefixEqual, SCOPE6, sameAddress, type Type6, type6 } from './prefix.ts';

const { RT_SCOPE_HOST, RT_SCOPE_LINK } = UAPI;

const primaries = (device: Device): InterfaceAddress[] =>
  device.addresses.filter((a) => a.family === 'inet' && !a.secondary);

/** An IPv4 source address for `dst` (absent: for anybody) through a device; 0.0.0.0 without one. @kernel inet_select_addr */
function inetSelectAddr(net: NetNs, ifindex: number, dst: Uint8Array | undefined, scope: number): Uint8Array {
  const device = deviceByIndex(net, ifindex);
  if (device?.conf4) {
    const localnet = device.conf4.route_localnet || net.inet.all.route_localnet ? RT_SCOPE_LINK : RT_SCOPE_HOST;
    const fit = primaries(device).filter((a) => Math.min(a.scope, localnet) <= scope);
    const near = dst && fit.find((a) => prefixEqual(a.peer, dst, a.prefix));
    const found = near ?? fit[0];
    if (found) return found.address;
  }
  for (const other of net.devices) {
    if (!other.conf4) continue;
    const found = primaries(other).find((a) => a.scope !== RT_SCOPE_LINK && a.scope <= scope);
    if (found) return found.address;
  }
  return new Uint8Array(4);
}

/** The source address that a route prefers. @kernel fib_result_prefsrc */
export function prefsrc(net: NetNs, route: Route): Uint8Array {
  return route.src ?? inetSelectAddr(net, route.dev, route.via?.length === 4 ? route.via : undefined, route.scope);
}

/** The default policy table: prefix and label. @kernel ip6addrlbl_init_table */
const LABELS: readonly (readonly [prefix: readonly number[], bits: number, label: number])[] = [
  [[...new Array<number>(15).fill(0), 1], 128, 0],
  [[...new Array<number>(10).fill(0), 0xff, 0xff], 96, 4],
  [[], 96, 3],
  [[0x20, 0x01, 0, 0], 32, 6],
  [[0x20, 0x01, 0, 0x10], 28, 7],
  [[0x3f, 0xfe], 16, 12],
  [[0x20, 0x02], 16, 2],
  [[0xfe, 0xc0], 10, 11],
  [[0xfc], 7, 5],
  [[], 0, 1],
];

/** @kernel ipv6_addr_label */
function label(address: Uint8Array): number {
  const row = LABELS.find(([prefix, bits]) => {
    const bytes = new Uint8Array(16);
    bytes.set(prefix);
    return prefixEqual(network(address, bits), bytes, bits);
  });
  return row?.[2] ?? 0;
}

/** 2001:10::/28 */
function orchid(address: Uint8Array): boolean {
  return prefixEqual(address, Uint8Array.of(0x20, 0x01, 0, 0x10), 28);
}

interface Candidate {
  readonly ifa: InterfaceAddress;
  readonly device: Device;
  readonly type: Type6;
}

/** Negative values are of the host's own kinds: closer to the wanted scope is higher. */
function scopeRank({ type }: Candidate, wanted: number): number {
  return type.scope >= wanted ? -type.scope : type.scope - 128;
}

/** The rules of RFC 6724 in the kernel's order: the first that tells two candidates apart decides. @kernel ipv6_get_saddr_eval */
function ranks(dst: Uint8Array, oif: number): readonly ((c: Candidate) => number)[] {
  const { scope } = type6(dst);
  const dstLabel = label(dst);
  const dstOrchid = orchid(dst);
  return [
    (c) => Number(sameAddress(c.ifa.address, dst)),
    (c) => scopeRank(c, scope),
    (c) => Number(oif === 0 || c.device.ifindex === oif),
    (c) => Number(label(c.ifa.address) === dstLabel),
    (c) => Number(orchid(c.ifa.address) === dstOrchid),
    (c) => Math.min(commonPrefix(c.ifa.address, dst), c.ifa.prefix),
  ];
}

/** An IPv6 source address for `dst` through a device; undefined without one. @kernel ipv6_dev_get_saddr */
export function ipv6DevGetSaddr(net: NetNs, ifindex: number, dst: Uint8Array): Uint8Array | undefined {
  const out = deviceByIndex(net, ifindex);
  const { kind, scope } = type6(dst);
  const own = kind === 'multicast' || scope <= SCOPE6.link || Boolean(out?.conf6?.use_oif_addrs_only);
  const devices = own ? (out ? [out] : []) : net.devices;
  const order = ranks(dst, ifindex);
  let best: Candidate | undefined;
  for (const device of devices) {
    if (!device.conf6) continue;
    for (const ifa of device.addresses) {
      if (ifa.family !== 'inet6' || ifa.tentative) continue;
      const candidate = { ifa, device, type: type6(ifa.address) };
      if (!best || isBetter(order, candidate, best)) best = candidate;
    }
  }
  return best?.ifa.address;
}

function isBetter(order: readonly ((c: Candidate) => number)[], a: Candidate, b: Candidate): boolean {
  for (const rank of order) {
    const differ = rank(a) - rank(b);
    if (differ !== 0) return differ > 0;
  }
  return false;
}
