/** THE protocol table: every layer by name, the numbers that lead from one to the next, and the layer types drawn from it. */

import type { Field } from '../fields.ts';
import type { OptionSpec, OptionTable, PacketOption } from '../options.ts';
import { icmp, icmp6 } from './icmp.ts';
import { ah, dstopts, fragment, hopopts, ipv4, ipv6, routing } from './ip.ts';
import { arp, eth, vlan } from './link.ts';
import { type Protocol, protocol, type Values } from './protocol.ts';
import { sctp, sctpChunk, tcp, udp } from './transport.ts';

/** Data that no table describes. */
const payload = protocol({ name: 'payload', fields: [], tail: { name: 'bytes', as: 'bytes' } });
/** Bytes behind the end that a length field announces (Ethernet padding); counted by no length field. */
const padding = protocol({ name: 'padding', fields: [], tail: { name: 'bytes', as: 'bytes' } });

export const PROTOCOLS = {
  eth,
  vlan,
  arp,
  ipv4,
  ipv6,
  hopopts,
  routing,
  fragment,
  ah,
  dstopts,
  tcp,
  udp,
  icmp,
  icmp6,
  sctp,
  sctp_chunk: sctpChunk,
  payload,
  padding,
} as const;

/** Names of headers, `payload` and `padding` included. */
export type LayerName = keyof typeof PROTOCOLS;

/** Which number stands for which layer; when building, the first row of a layer counts. */
interface NumberRow {
  readonly value: number;
  readonly name: string;
  readonly layer?: LayerName;
}

/** IANA/IEEE ethertypes. */
const ETHERTYPES: readonly NumberRow[] = [
  { value: 0x0800, name: 'IPv4', layer: 'ipv4' },
  { value: 0x86dd, name: 'IPv6', layer: 'ipv6' },
  { value: 0x0806, name: 'ARP', layer: 'arp' },
  { value: 0x8100, name: '802.1Q', layer: 'vlan' },
  { value: 0x88a8, name: '802.1Q-QinQ', layer: 'vlan' },
  { value: 0x9100, name: '802.1Q-9100', layer: 'vlan' },
  { value: 0x8035, name: 'Reverse ARP' },
  { value: 0x8847, name: 'MPLS unicast' },
  { value: 0x8863, name: 'PPPoE D' },
  { value: 0x8864, name: 'PPPoE S' },
  { value: 0x88cc, name: 'LLDP' },
];

/** IANA protocol numbers; the names that getprotobynumber(3) gives. */
const IP_PROTOCOLS: readonly NumberRow[] = [
  { value: 0, name: 'hopopt', layer: 'hopopts' },
  { value: 1, name: 'icmp', layer: 'icmp' },
  { value: 2, name: 'igmp' },
  { value: 4, name: 'ipencap', layer: 'ipv4' },
  { value: 6, name: 'tcp', layer: 'tcp' },
  { value: 17, name: 'udp', layer: 'udp' },
  { value: 41, name: 'ipv6', layer: 'ipv6' },
  { value: 43, name: 'ipv6-route', layer: 'routing' },
  { value: 44, name: 'ipv6-frag', layer: 'fragment' },
  { value: 47, name: 'gre' },
  { value: 50, name: 'esp' },
  { value: 51, name: 'ah', layer: 'ah' },
  { value: 58, name: 'ipv6-icmp', layer: 'icmp6' },
  { value: 59, name: 'ipv6-nonxt' },
  { value: 60, name: 'ipv6-opts', layer: 'dstopts' },
  { value: 112, name: 'vrrp' },
  { value: 132, name: 'sctp', layer: 'sctp' },
  { value: 136, name: 'udplite' },
];

export const NEXT_TABLES = { ethertype: ETHERTYPES, protocol: IP_PROTOCOLS } as const;

/** The name of an IP protocol number, `ip-proto-N` when it has none. */
export function protocolName(value: number): string {
  return IP_PROTOCOLS.find((r) => r.value === value)?.name ?? `ip-proto-${value}`;
}

/** The name of an ethertype, `0x…` when it has none. */
export function ethertypeName(value: number): string {
  return ETHERTYPES.find((r) => r.value === value)?.name ?? `0x${value.toString(16).padStart(4, '0')}`;
}

/** The IP protocol number of a layer, undefined when IP does not carry it. */
export function protocolNumber(layer: string): number | undefined {
  return IP_PROTOCOLS.find((r) => r.layer === layer)?.value;
}

/** All fields of a protocol's header with these values: the fixed ones and those of its variant. */
export function headerFields(proto: Protocol, values: Values): readonly Field[] {
  if (!proto.variants) return proto.fields;
  const variant = proto.variants.find((v) => v.types.length === 0 || v.types.includes(values.type as number));
  return variant ? [...proto.fields, ...variant.fields] : proto.fields;
}

/** Bytes of the fields of a header, without its tail. */
export function fixedSize(fields: readonly Field[]): number {
  return fields.reduce((size, f) => Math.max(size, f.offset + f.size), 0);
}

type ReadValue<F> = F extends { kind: 'uint' } ? number : F extends { kind: 'bytes' } ? Uint8Array : string;
type SpecValue<F> = F extends { kind: 'uint' }
  ? number | string
  : F extends { kind: 'bytes' }
    ? Uint8Array | string
    : string;
type FieldsOf<P> =
  | (P extends { fields: readonly (infer F)[] } ? F : never)
  | (P extends { variants: readonly { fields: readonly (infer F)[] }[] } ? F : never);
type NameOf<F> = F extends { name: infer N extends string } ? N : never;
type TailOf<P, O> = P extends { tail: { name: infer N extends string; as: infer A } }
  ? { readonly [K in N]?: A extends OptionTable ? O : Uint8Array }
  : object;

type LayerOf<P> = { readonly [F in FieldsOf<P> as NameOf<F>]?: ReadValue<F> } & TailOf<P, readonly PacketOption[]>;
type SpecOf<P> = { readonly [F in FieldsOf<P> as NameOf<F>]?: SpecValue<F> } & (P extends {
  tail: { name: infer N extends string; as: infer A };
}
  ? { readonly [K in N]?: A extends OptionTable ? readonly OptionSpec[] : Uint8Array | string }
  : object);

/** Where a parsed layer lies; all offsets from the packet's first byte. */
interface LayerPlace {
  /** First byte of the header, its bytes, and the end of all that it carries (within the packet). */
  readonly at: number;
  readonly size: number;
  readonly end: number;
  /** Bytes that length fields, its own or of a header around it, announce beyond `end`. */
  readonly missing: number;
  /** Only the first so many bytes of the header are there. */
  readonly cut?: number;
  /** Part of the packet that an ICMP error quotes. */
  readonly quoted?: true;
}

type LayerTypes = { [N in LayerName]: { readonly layer: N } & LayerOf<(typeof PROTOCOLS)[N]> & LayerPlace };
type SpecTypes = {
  [N in LayerName]: { readonly layer: N; readonly cut?: number } & SpecOf<(typeof PROTOCOLS)[N]>;
};

/**
 * A parsed header with its fields by name: numbers unsigned and in host order, addresses as text. All fields are
 * there, except in a layer with `cut`. A layer is also a {@link LayerSpec}: what is parsed builds back.
 */
export type Layer<N extends LayerName = LayerName> = LayerTypes[N];

/** A header to build. Fields left out get defaults; lengths, types and checksums are computed unless given. */
export type LayerSpec<N extends LayerName = LayerName> = SpecTypes[N];
