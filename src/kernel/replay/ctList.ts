/** Conntrack maps the way `cilium bpf ct list global` of Cilium 1.9 prints them. */

import { formatIpv4 } from '../../net/addr.ts';
import { protocolName } from '../../net/proto/protocols.ts';

/** Sizes of an ipv4_ct_tuple and a ct_entry. */
export const CT_KEY_SIZE = 14;
export const CT_VALUE_SIZE = 56;

/** Bits of a tuple's flags. */
const TUPLE_F_IN = 1;
const TUPLE_F_RELATED = 2;
const TUPLE_F_SERVICE = 4;

/** Names of an entry's flag bits, lowest first. */
const FLAG_NAMES = [
  'RxClosing',
  'TxClosing',
  'Nat64',
  'LBLoopback',
  'SeenNonSyn',
  'NodePort',
  'ProxyRedirect',
  'DSR',
] as const;

export interface CtElement {
  /** The tuple: daddr, saddr, dport, sport (all network byte order), nexthdr, flags. */
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

const PROTOCOLS: Readonly<Record<number, string>> = { 1: 'ICMP', 6: 'TCP', 17: 'UDP', 58: 'ICMPv6', 132: 'SCTP' };

function hex(value: number, digits: number): string {
  return `0x${value.toString(16).padStart(digits, '0')}`;
}

function flagsText(flags: number): string {
  const known = FLAG_NAMES.filter((_, bit) => (flags >>> bit) & 1);
  const rest = flags & ~((1 << FLAG_NAMES.length) - 1);
  const words = rest === 0 ? known : [...known, `Unknown=${hex(rest, 4)}`];
  return `Flags=${hex(flags, 4)} [ ${words.map((w) => `${w} `).join('')}]`;
}

/**
 * One entry as a line. The addresses in a tuple are stored swapped, the ports are not, so only the addresses are
 * swapped back. Undefined for an empty tuple, which the list leaves out.
 *
 * @param revNatBig whether `rev_nat_index` is in network byte order
 */
export function ctLine({ key, value }: CtElement, revNatBig: boolean): string | undefined {
  if (key.length !== CT_KEY_SIZE || value.length !== CT_VALUE_SIZE) return undefined;
  const k = new DataView(key.buffer, key.byteOffset, key.length);
  const v = new DataView(value.buffer, value.byteOffset, value.length);
  const nexthdr = key[12]!;
  const flags = key[13]!;
  if (nexthdr === 0) return undefined;
  const direction = flags & TUPLE_F_IN ? 'IN' : 'OUT';
  const source = `${formatIpv4(key, 0)}:${k.getUint16(10)}`;
  const target = `${formatIpv4(key, 4)}:${k.getUint16(8)}`;
  const related = flags & TUPLE_F_RELATED ? 'related ' : '';
  const service = flags & TUPLE_F_SERVICE ? 'service ' : '';
  const u64 = (at: number) => v.getBigUint64(at, true);
  const u32 = (at: number) => v.getUint32(at, true);
  return [
    `${PROTOCOLS[nexthdr] ?? protocolName(nexthdr)} ${direction} ${source} -> ${target} ${related}${service}expires=${u32(32)}`,
    `RxPackets=${u64(0)} RxBytes=${u64(8)} RxFlagsSeen=${hex(value[43]!, 2)} LastRxReport=${u32(52)}`,
    `TxPackets=${u64(16)} TxBytes=${u64(24)} TxFlagsSeen=${hex(value[42]!, 2)} LastTxReport=${u32(48)}`,
    `${flagsText(v.getUint16(36, true))} RevNAT=${v.getUint16(38, !revNatBig)}`,
    `SourceSecurityID=${u32(44)} IfIndex=${v.getUint16(40, true)}`,
  ].join(' ');
}
