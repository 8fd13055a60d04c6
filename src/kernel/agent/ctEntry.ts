/**
 * What the agent knows of the bytes in conntrack and NAT maps, as Cilium 1.9 declares them: struct ipv4_ct_tuple is the key
 * of both.
 */

/**
 * struct ipv4_ct_tuple, 14 bytes, packed; addresses and ports in network byte order. In conntrack maps the addresses are
 * stored swapped (`daddr` is where the flow came from), the ports are not; in NAT maps neither are.
 */
export const TUPLE = { daddr: 0, saddr: 4, dport: 8, sport: 10, nexthdr: 12, flags: 13, size: 14 } as const;

/** Bits of a tuple's flags; an egress flow has none. */
export const TUPLE_F = { OUT: 0, IN: 1, RELATED: 2, SERVICE: 4 } as const;

/** struct ct_entry, 56 bytes, little-endian but for `rev_nat_index`. */
export const CT_ENTRY = {
  rxPackets: 0,
  rxBytes: 8,
  txPackets: 16,
  txBytes: 24,
  /** Second since boot from which the entry is no longer needed. */
  lifetime: 32,
  flags: 36,
  revNatIndex: 38,
  ifindex: 40,
  txFlagsSeen: 42,
  rxFlagsSeen: 43,
  srcSecId: 44,
  lastTxReport: 48,
  lastRxReport: 52,
  size: 56,
} as const;

/**
 * struct ipv4_nat_entry, 40 bytes: when it was made (nanoseconds), whether the address is the host's own, room, and what
 * replaces an address and port of the packet (network byte order): source of an egress tuple, destination of an ingress
 * one. Two bytes of padding.
 */
export const NAT_ENTRY = { created: 0, hostLocal: 8, toAddr: 32, toPort: 36, size: 40 } as const;

type Field = 'daddr' | 'saddr' | 'dport' | 'sport';
const PAIRS: Readonly<Record<Field, readonly [other: Field, size: number]>> = {
  daddr: ['saddr', 4],
  saddr: ['daddr', 4],
  dport: ['sport', 2],
  sport: ['dport', 2],
};

/** The tuple with source and destination swapped, of these fields. */
function swapped(tuple: Uint8Array, ...fields: readonly ('daddr' | 'dport')[]): Uint8Array {
  const out = tuple.slice();
  for (const field of fields) {
    const [other, size] = PAIRS[field];
    out.set(tuple.subarray(TUPLE[other], TUPLE[other] + size), TUPLE[field]);
    out.set(tuple.subarray(TUPLE[field], TUPLE[field] + size), TUPLE[other]);
  }
  return out;
}

/** The key of the NAT entry that a flow's packets on their way out are translated by, from its conntrack tuple. */
export function natKey(ctTuple: Uint8Array): Uint8Array {
  return swapped(ctTuple, 'daddr');
}

/** The key of the entry for the answers: they come to the address and port that stand in for the source. */
export function natReverseKey(key: Uint8Array, entry: Uint8Array): Uint8Array {
  const out = swapped(key, 'daddr', 'dport');
  out.set(entry.subarray(NAT_ENTRY.toAddr, NAT_ENTRY.toAddr + 4), TUPLE.daddr);
  out.set(entry.subarray(NAT_ENTRY.toPort, NAT_ENTRY.toPort + 2), TUPLE.dport);
  out[TUPLE.flags] = TUPLE_F.IN;
  return out;
}

/**
 * The key of the entry by which the answers of a flow that came in for a service are translated, where the backend answers
 * its client directly (DSR).
 */
export function natDsrKey(ctTuple: Uint8Array): Uint8Array {
  const out = swapped(ctTuple, 'dport');
  out[TUPLE.flags] = TUPLE_F.OUT;
  return out;
}
