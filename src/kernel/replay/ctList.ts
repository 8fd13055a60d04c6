/** Conntrack maps the way `cilium bpf ct list global` of Cilium 1.9 prints them. */

import { formatIpv4 } from '../../net/addr.ts';
import { CT_ENTRY, TUPLE, TUPLE_F } from '../agent/ctEntry.ts';

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

/** Protocols that have a name there; the others are numbers. */
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
  if (key.length !== TUPLE.size || value.length !== CT_ENTRY.size) return undefined;
  const k = new DataView(key.buffer, key.byteOffset, key.length);
  const v = new DataView(value.buffer, value.byteOffset, value.length);
  const nexthdr = key[TUPLE.nexthdr]!;
  const flags = key[TUPLE.flags]!;
  if (nexthdr === 0) return undefined;
  const direction = flags & TUPLE_F.IN ? 'IN' : 'OUT';
  const source = `${formatIpv4(key, TUPLE.daddr)}:${k.getUint16(TUPLE.sport)}`;
  const target = `${formatIpv4(key, TUPLE.saddr)}:${k.getUint16(TUPLE.dport)}`;
  const related = flags & TUPLE_F.RELATED ? 'related ' : '';
  const service = flags & TUPLE_F.SERVICE ? 'service ' : '';
  const u64 = (field: keyof typeof CT_ENTRY) => v.getBigUint64(CT_ENTRY[field], true);
  const u32 = (field: keyof typeof CT_ENTRY) => v.getUint32(CT_ENTRY[field], true);
  const seen = (field: keyof typeof CT_ENTRY) => hex(v.getUint8(CT_ENTRY[field]), 2);
  return [
    `${PROTOCOLS[nexthdr] ?? nexthdr} ${direction} ${source} -> ${target} ${related}${service}expires=${u32('lifetime')}`,
    `RxPackets=${u64('rxPackets')} RxBytes=${u64('rxBytes')} RxFlagsSeen=${seen('rxFlagsSeen')} LastRxReport=${u32('lastRxReport')}`,
    `TxPackets=${u64('txPackets')} TxBytes=${u64('txBytes')} TxFlagsSeen=${seen('txFlagsSeen')} LastTxReport=${u32('lastTxReport')}`,
    `${flagsText(v.getUint16(CT_ENTRY.flags, true))} RevNAT=${v.getUint16(CT_ENTRY.revNatIndex, !revNatBig)}`,
    `SourceSecurityID=${u32('srcSecId')} IfIndex=${v.getUint16(CT_ENTRY.ifindex, true)}`,
  ].join(' ');
}
