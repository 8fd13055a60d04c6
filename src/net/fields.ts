/**
 * The vocabulary of the packet tables: what a row of a header's field table says, and reading, writing and
 * printing one field by its row. Parser, builder, printer, differ and debugger use the same rows.
 */

import { fromHex, toHex } from '../util/hex.ts';
import { formatIpv4, formatIpv6, formatMac, parseIpv4, parseIpv6, parseMac } from './addr.ts';

export type FieldKind = 'uint' | 'mac' | 'ipv4' | 'ipv6' | 'bytes';

/** What a field says of its packet: read when parsing, filled in when building unless given. */
type Auto =
  /** The type of the header that follows, by the table named. */
  | { readonly is: 'next'; readonly table: 'ethertype' | 'protocol' }
  /** The length of this header in units of `unit` bytes, plus `bias` bytes; `align` rounds it up on the wire. */
  | { readonly is: 'header'; readonly unit: number; readonly bias: number; readonly align?: number }
  /** The bytes of this header and all it carries, or only of what it carries. */
  | { readonly is: 'total' | 'payload' }
  /** A checksum over the header, over header and payload, over these and a pseudo header, or SCTP's CRC32c. */
  | { readonly is: 'check'; readonly over: 'header' | 'message' | 'pseudo' | 'crc32c' };

/** What a field may say beside its place. */
export interface FieldExtras {
  readonly auto?: Auto;
  /** The value when a builder is given none; 0 or all zeros without. */
  readonly initial?: number | string;
  /** The only value with which the rest of the header means what the table says. */
  readonly expect?: number;
  readonly hex?: true;
  /** Names of single bits, lowest first, and what joins them in text. */
  readonly flagNames?: readonly string[];
  readonly flagJoin?: string;
}

/** One field of a header. Multi-byte numbers are in network byte order. */
export interface Field extends FieldExtras {
  readonly name: string;
  /** Byte offset in the header, and bytes that it (with the fields that share its word) takes. */
  readonly offset: number;
  readonly size: number;
  readonly kind: FieldKind;
  /** A part of the `size`-byte word: the number of its lowest bit and how many bits it has. */
  readonly shift?: number;
  readonly bits?: number;
}

/** A field's value: numbers unsigned, addresses as text, the rest as bytes. */
export type Value = number | string | Uint8Array;

const FORMAT = { mac: formatMac, ipv4: formatIpv4, ipv6: formatIpv6 } as const;
const PARSE = { mac: parseMac, ipv4: parseIpv4, ipv6: parseIpv6 } as const;

/** The largest number that a field holds. */
export function fieldMax(field: Field): number {
  return 2 ** (field.bits ?? 8 * field.size) - 1;
}

function readUint(bytes: Uint8Array, at: number, size: number): number {
  let v = 0;
  for (let i = 0; i < size; i++) v = v * 256 + bytes[at + i]!;
  return v;
}

/** The value of a field whose header begins at `header`; the bytes must be there. */
export function readField(field: Field, bytes: Uint8Array, header: number): Value {
  const at = header + field.offset;
  if (field.kind === 'bytes') return bytes.slice(at, at + field.size);
  if (field.kind !== 'uint') return FORMAT[field.kind](bytes, at);
  const word = readUint(bytes, at, field.size);
  return field.bits === undefined ? word : Math.floor(word / 2 ** (field.shift ?? 0)) % 2 ** field.bits;
}

/** Writes an encoded value (see {@link encodeValue}); bits of other fields in the same word stay. */
export function writeField(field: Field, bytes: Uint8Array, header: number, value: number | Uint8Array): void {
  const at = header + field.offset;
  if (typeof value !== 'number') {
    bytes.set(value, at);
    return;
  }
  let word = value;
  if (field.bits !== undefined) {
    const old = readField(field, bytes, header) as number;
    word = readUint(bytes, at, field.size) + (value - old) * 2 ** (field.shift ?? 0);
  }
  for (let i = field.size - 1; i >= 0; i--) {
    bytes[at + i] = word % 256;
    word = Math.floor(word / 256);
  }
}

/** Bits named in text: `DF`, `MF,DF`, `S.`; undefined when a name is unknown. */
function parseFlags(field: Field, text: string): number | undefined {
  if (text === '' || text === 'none') return 0;
  const names = field.flagNames ?? [];
  let value = 0;
  for (const word of field.flagJoin === '' ? [...text] : text.split(field.flagJoin ?? ',')) {
    const bit = names.indexOf(word.trim());
    if (bit < 0) return undefined;
    value |= 1 << bit;
  }
  return value;
}

/** A value from outside (text, number, bytes or hex) as what {@link writeField} takes; undefined if it does not fit. */
export function encodeValue(field: Field, value: unknown): number | Uint8Array | undefined {
  if (field.kind === 'uint') {
    const v = typeof value === 'string' && field.flagNames ? parseFlags(field, value) : value;
    return typeof v === 'number' && Number.isInteger(v) && v >= 0 && v <= fieldMax(field) ? v : undefined;
  }
  if (field.kind === 'bytes') {
    const bytes = encodeBytes(value);
    return bytes?.length === field.size ? bytes : undefined;
  }
  return typeof value === 'string' ? PARSE[field.kind](value) : undefined;
}

/** Bytes given as such or as hex text. */
export function encodeBytes(value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value;
  return typeof value === 'string' ? fromHex(value) : undefined;
}

/** The value that a builder writes where none is given. */
export function initialValue(field: Field): number | Uint8Array {
  const value = field.initial === undefined ? undefined : encodeValue(field, field.initial);
  return value ?? (field.kind === 'uint' ? 0 : new Uint8Array(field.size));
}

/** What {@link encodeValue} accepts for a field, for messages. */
export function expectedValue(field: Field): string {
  if (field.kind === 'bytes') return `${field.size} bytes or their hex`;
  if (field.kind !== 'uint')
    return { mac: 'a MAC address', ipv4: 'an IPv4 address', ipv6: 'an IPv6 address' }[field.kind];
  const flags = field.flagNames ? ` or flags of ${field.flagNames.join(field.flagJoin ?? ',')}` : '';
  return `a number from 0 to ${fieldMax(field)}${flags}`;
}

/** Text of set bits: `[S.]` of tcpdump without the brackets, `none` for zero. */
export function formatFlags(field: Field, value: number): string {
  const names = (field.flagNames ?? []).filter((_, bit) => (value >>> bit) & 1);
  return names.length === 0 ? 'none' : names.join(field.flagJoin ?? ',');
}

/** A field's value for people: `10.0.0.1`, `64`, `0x0800`, `S.`, `00ff…`. */
export function formatField(field: Field, value: Value): string {
  if (value instanceof Uint8Array) return toHex(value);
  if (typeof value === 'string') return value;
  if (field.flagNames) return formatFlags(field, value);
  return field.hex
    ? `0x${value.toString(16).padStart(Math.ceil((field.bits ?? 8 * field.size) / 4), '0')}`
    : `${value}`;
}
