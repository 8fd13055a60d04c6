/** What one row of the protocol table says, and the shorthand that the rows are written in. */

import type { Field, FieldExtras, FieldKind } from '../fields.ts';
import type { OptionTable } from '../options.ts';

/** Field values by name, of whatever protocol. */
export type Values = Readonly<Record<string, unknown>>;

/** More fields that a header has when its `type` is one of these (none listed: any other). */
interface Variant {
  readonly types: readonly number[];
  readonly fields: readonly Field[];
}

export interface Protocol {
  /** The layer's name in text, JSON and code. */
  readonly name: string;
  readonly fields: readonly Field[];
  readonly variants?: readonly Variant[];
  /** What fills the header up to its announced length (or, without such a field, to the end of the data). */
  readonly tail?: { readonly name: string; readonly as: 'bytes' | OptionTable };
  /** Where the next header is not told by an `auto: next` field alone: its name, or undefined for payload. */
  readonly next?: (values: Values, byTable: string | undefined) => string | undefined;
  /** What follows is the beginning of a packet that an ICMP error quotes: it may be cut short. */
  readonly quotes?: (values: Values) => boolean;
}

type Row<N extends string, K extends FieldKind, X> = { name: N; offset: number; size: number; kind: K } & X;

/** A number of `size` bytes. */
export function uint<N extends string, const X extends FieldExtras = object>(
  name: N,
  offset: number,
  size: number,
  extras: X = {} as X,
): Row<N, 'uint', X> {
  return { name, offset, size, kind: 'uint', ...extras };
}

/** `bits` bits from bit `shift` (0 lowest) of the `size`-byte word at `offset`. */
export function bits<N extends string, const X extends FieldExtras = object>(
  name: N,
  offset: number,
  size: number,
  shift: number,
  count: number,
  extras: X = {} as X,
): Row<N, 'uint', X & { shift: number; bits: number }> {
  return { name, offset, size, kind: 'uint', shift, bits: count, ...extras };
}

/** A link layer address: 6 bytes. */
export function mac<N extends string>(name: N, offset: number, initial?: string): Row<N, 'mac', FieldExtras> {
  return { name, offset, size: 6, kind: 'mac', ...(initial === undefined ? {} : { initial }) };
}

/** An IPv4 address: 4 bytes. */
export function ipv4Addr<N extends string>(name: N, offset: number, initial?: string): Row<N, 'ipv4', FieldExtras> {
  return { name, offset, size: 4, kind: 'ipv4', ...(initial === undefined ? {} : { initial }) };
}

/** An IPv6 address: 16 bytes. */
export function ipv6Addr<N extends string>(name: N, offset: number, initial?: string): Row<N, 'ipv6', FieldExtras> {
  return { name, offset, size: 16, kind: 'ipv6', ...(initial === undefined ? {} : { initial }) };
}

/** Checks a row against {@link Protocol} and keeps its literal names for the layer types. */
export function protocol<const P extends Protocol>(row: P): P {
  return row;
}
