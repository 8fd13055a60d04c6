/** The kinds of values in a node file: how each is read, what it looks like, and its JSON Schema. */
import { parseIpv4, parseIpv6, parseMac } from '../../../net/addr.ts';
import type { Prefix } from '../setup/words.ts';
import type { Sink, Table } from './shape.ts';

export type Json = Readonly<Record<string, unknown>>;

/** What a value can be, and what a table says of the field that holds it. */
export interface Kind<T> {
  /** Undefined for what is no such value. */
  read(value: unknown): T | undefined;
  /** Completes "wanted: …". */
  readonly wanted: string;
  readonly schema: Json;
  /** Of kinds with parts: reads them and says of each what is wrong with it. */
  readonly within?: (sink: Sink, value: unknown, path: string) => T | undefined;
  /** The records that it is made of, for schemas and documents. */
  readonly tables?: readonly Table[];
  /** What it is in a word or two, for documents; `wanted` without. */
  readonly word?: string;
  /** What the field is for. */
  readonly help?: string;
  /** What stands for the field where it is absent, in words. */
  readonly preset?: string;
}

/** The kind of a field with what the field is for, and what it is without being given. */
export function says<T>(kind: Kind<T>, help: string, preset?: string): Kind<T> {
  return { ...kind, help, ...(preset !== undefined && { preset }) };
}

export const text: Kind<string> = {
  read: (v) => (typeof v === 'string' && v !== '' ? v : undefined),
  wanted: 'a text',
  word: 'text',
  schema: { type: 'string', minLength: 1 },
};

export const flag: Kind<boolean> = {
  read: (v) => (typeof v === 'boolean' ? v : undefined),
  wanted: 'true or false',
  schema: { type: 'boolean' },
};

export function integer(minimum: number, maximum: number): Kind<number> {
  const fits = (v: unknown): v is number =>
    typeof v === 'number' && Number.isInteger(v) && v >= minimum && v <= maximum;
  return {
    read: (v) => (fits(v) ? v : undefined),
    wanted: `a whole number from ${minimum} to ${maximum}`,
    word: `${minimum} … ${maximum}`,
    schema: { type: 'integer', minimum, maximum },
  };
}

export const mac: Kind<Uint8Array> = {
  read: (v) => (typeof v === 'string' ? parseMac(v) : undefined),
  wanted: 'a MAC address such as 02:00:00:00:00:01',
  word: 'MAC address',
  schema: { type: 'string', pattern: '^[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}$' },
};

function ip(value: unknown): Uint8Array | undefined {
  if (typeof value !== 'string') return undefined;
  return value.includes(':') ? parseIpv6(value) : parseIpv4(value);
}

export const address: Kind<Uint8Array> = {
  read: ip,
  wanted: 'an IPv4 or IPv6 address',
  word: 'address',
  schema: { type: 'string', pattern: '^[0-9a-fA-F.:]+$' },
};

export const address4: Kind<Uint8Array> = {
  read: (v) => (typeof v === 'string' ? parseIpv4(v) : undefined),
  wanted: 'an IPv4 address',
  word: 'IPv4 address',
  schema: { type: 'string', pattern: '^[0-9.]+$' },
};

function prefixed(value: unknown, length: 'wanted' | 'optional'): { address: Uint8Array; prefix: number } | undefined {
  if (typeof value !== 'string') return undefined;
  const [first, bits, ...more] = value.split('/');
  const bytes = ip(first);
  if (!bytes || more.length > 0) return undefined;
  if (bits === undefined) return length === 'optional' ? { address: bytes, prefix: 8 * bytes.length } : undefined;
  return /^\d{1,3}$/.test(bits) && Number(bits) <= 8 * bytes.length
    ? { address: bytes, prefix: Number(bits) }
    : undefined;
}

/** An address with the length of its prefix. */
export const interfaceAddress: Kind<{ address: Uint8Array; prefix: number }> = {
  read: (v) => prefixed(v, 'wanted'),
  wanted: 'an address with its prefix length, such as 10.0.0.1/24',
  word: 'address/length',
  schema: { type: 'string', pattern: '^[0-9a-fA-F.:]+/[0-9]+$' },
};

export const destination: Kind<Prefix> = {
  read: (v) => (v === 'default' ? { address: undefined, prefix: 0 } : prefixed(v, 'optional')),
  wanted: 'a prefix such as 10.0.0.0/8, an address, or default',
  word: 'prefix, address or `default`',
  schema: { type: 'string', pattern: '^(default|[0-9a-fA-F.:]+(/[0-9]+)?)$' },
};

/** One of these names, as what it stands for. */
export function choice<T>(names: Readonly<Record<string, T>>): Kind<T> {
  return {
    read: (v) => (typeof v === 'string' && Object.hasOwn(names, v) ? names[v] : undefined),
    wanted: `one of ${Object.keys(names).join(', ')}`,
    word: Object.keys(names)
      .map((name) => `\`${name}\``)
      .join(', '),
    schema: { enum: Object.keys(names) },
  };
}

/** What the first kind takes, or what the second does. */
export function either<A, B>(a: Kind<A>, b: Kind<B>): Kind<A | B> {
  return {
    read: (v) => a.read(v) ?? b.read(v),
    wanted: `${a.wanted}, or ${b.wanted}`,
    word: `${a.word ?? a.wanted} or ${b.word ?? b.wanted}`,
    schema: { anyOf: [a.schema, b.schema] },
  };
}

/** `1` or `0x10/0xf0`: a mark and the bits that count. */
export const markMask: Kind<{ mark: number; mask: number }> = {
  read(v) {
    const part = /^(0x[0-9a-fA-F]{1,8}|\d{1,10})(?:\/(0x[0-9a-fA-F]{1,8}|\d{1,10}))?$/.exec(String(v));
    if (!part || (typeof v !== 'string' && typeof v !== 'number')) return undefined;
    const [mark, mask] = [Number(part[1]), Number(part[2] ?? 0xffff_ffff)];
    return mark > 0xffff_ffff || mask > 0xffff_ffff ? undefined : { mark, mask };
  },
  wanted: 'a mark such as 1 or "0x10/0xf0"',
  schema: { type: ['integer', 'string'], pattern: '^(0x)?[0-9a-fA-F]+(/(0x)?[0-9a-fA-F]+)?$' },
};

/** Values of sysctls are numbers or texts. */
export const sysctlValue: Kind<string> = {
  read: (v) => (typeof v === 'number' || typeof v === 'string' ? String(v) : undefined),
  wanted: 'a number or a text',
  word: 'number or text',
  schema: { type: ['integer', 'string'] },
};
