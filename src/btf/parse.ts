/** Reads a BTF blob. Every length is checked: any bytes give types or a problem. */
import type { Result } from '../util/problem.ts';
import { fail, ok } from '../util/problem.ts';
import { BTF_HEADER, BTF_KINDS, BTF_MAGIC, type BtfKind, INT_BOOL, INT_CHAR, INT_SIGNED } from './kinds.ts';
import { btfProblem } from './messages.ts';

/** A member of a struct or union; `type` is a type id, `bitOffset` counts bits from the start. */
export interface BtfMember {
  /** '' for an anonymous struct or union. */
  readonly name: string;
  readonly type: number;
  readonly bitOffset: number;
  /** Bits of a bitfield, 0 for a whole member. */
  readonly bits: number;
}

/** A BTF type of kind K with the properties T; `name` is empty for types without one. */
export type Named<K extends BtfKind, T> = { readonly kind: K; readonly name: string } & Readonly<T>;

/** One type by its kind; `type` is the id of the type referred to, 0 is void. */
export type BtfType =
  | Named<'int', { size: number; bits: number; offset?: number; signed: boolean; char: boolean; bool: boolean }>
  | Named<'array', { type: number; index: number; count: number }>
  | Named<'struct' | 'union', { size: number; members: readonly BtfMember[] }>
  | Named<'enum' | 'enum64', { size: number; signed: boolean; values: readonly (readonly [string, bigint])[] }>
  | Named<'float', { size: number }>
  | Named<'ptr' | 'typedef' | 'volatile' | 'const' | 'restrict' | 'type_tag', { type: number }>
  | Named<'func', { type: number; linkage: number }>
  | Named<'func_proto', { ret: number; params: readonly { readonly name: string; readonly type: number }[] }>
  | Named<'var', { type: number; linkage: number }>
  | Named<
      'datasec',
      { size: number; vars: readonly { readonly type: number; readonly offset: number; readonly size: number }[] }
    >
  | Named<'decl_tag', { type: number; component: number }>
  | Named<'fwd', { union: boolean }>;

/** A parsed BTF blob: types by their ids. */
export interface Btf {
  /** By id; 0 is void and has none. */
  readonly types: readonly (BtfType | undefined)[];
  /** Bytes of the string section. */
  readonly stringBytes: number;
  /** The string at an offset of the string section, '' beyond its end. */
  string(offset: number): string;
}

export const KIND_NAMES: ReadonlyMap<number, BtfKind> = new Map(
  Object.entries(BTF_KINDS).map(([name, n]) => [n, name as BtfKind] as const),
);

/** What follows the 12 bytes that all types have: so many bytes once, or for each of vlen. */
export const EXTRA: Readonly<Partial<Record<BtfKind, readonly [once: number, each: number]>>> = {
  int: [4, 0],
  array: [12, 0],
  struct: [0, 12],
  union: [0, 12],
  enum: [0, 8],
  func_proto: [0, 8],
  var: [4, 0],
  datasec: [0, 12],
  decl_tag: [4, 0],
  enum64: [0, 12],
};

const BTF_VERSION = 1;
const SWAPPED_MAGIC = ((BTF_MAGIC & 0xff) << 8) | (BTF_MAGIC >> 8);
/** BTF_MAX_TYPE. */
export const MAX_TYPES = 0xf_ffff;

/** Where a blob's types and strings lie, in bytes from its start. */
interface Sections {
  readonly view: DataView;
  readonly types: { readonly start: number; readonly length: number };
  readonly strings: Uint8Array;
}

/** Reads and checks the header. */
export function readHeader(blob: Uint8Array): Result<Sections> {
  const view = new DataView(blob.buffer, blob.byteOffset, blob.length);
  if (blob.length < BTF_HEADER) return fail(btfProblem('too-short', { byte: 0 }, { length: blob.length }));
  const magic = view.getUint16(0, true);
  if (magic === SWAPPED_MAGIC) return fail(btfProblem('big-endian', { byte: 0 }));
  if (magic !== BTF_MAGIC) return fail(btfProblem('bad-magic', { byte: 0 }, { magic: `0x${magic.toString(16)}` }));
  if (blob[2] !== BTF_VERSION) return fail(btfProblem('bad-version', { byte: 2 }, { version: blob[2]! }));
  const header = view.getUint32(4, true);
  const section = (at: number) => ({ start: header + view.getUint32(at, true), length: view.getUint32(at + 4, true) });
  const types = section(8);
  const strings = section(16);
  for (const [name, { start, length }] of Object.entries({ types, strings })) {
    if (header < BTF_HEADER || start + length > blob.length) {
      return fail(btfProblem('bad-section', { byte: 4 }, { name, end: start + length, length: blob.length }));
    }
  }
  return ok({ view, types, strings: blob.subarray(strings.start, strings.start + strings.length) });
}

/** Parses a blob as BPF_BTF_LOAD takes it, little-endian. */
export function parseBtf(blob: Uint8Array): Result<Btf> {
  const sections = readHeader(blob);
  if (!sections.ok) return sections;
  const { view, types, strings } = sections.value;
  return readTypes(view, types, strings);
}

type Strings = (offset: number) => string;

/** KSYM_NAME_LEN: no name that the kernel takes is longer. */
const MAX_NAME = 512;

/**
 * Reads strings by offset. Those that begin inside of another string are cut after 512 bytes: thousands of offsets into one long
 * string would otherwise make far more text than the section has.
 */
export function stringReader(text: Uint8Array): Strings {
  const decoder = new TextDecoder();
  const known = new Map<number, string>();
  return (offset) => {
    const before = known.get(offset);
    if (before !== undefined) return before;
    const inside = offset > 0 && text[offset - 1] !== 0;
    const rest = text.subarray(offset, inside ? offset + MAX_NAME : text.length);
    const end = rest.indexOf(0);
    const value = decoder.decode(end < 0 ? rest : rest.subarray(0, end));
    known.set(offset, value);
    return value;
  };
}

function readTypes(view: DataView, { start, length }: Sections['types'], strings: Uint8Array): Result<Btf> {
  const types: (BtfType | undefined)[] = [undefined];
  const end = start + length;
  const name = stringReader(strings);
  for (let at = start; at < end; ) {
    const id = types.length;
    if (id > MAX_TYPES) return fail(btfProblem('too-many-types', { byte: at }, { limit: MAX_TYPES }));
    if (at + 12 > end) return fail(btfProblem('type-cut', { byte: at }, { id }));
    const info = view.getUint32(at + 4, true);
    const kind = KIND_NAMES.get((info >>> 24) & 31);
    if (!kind) return fail(btfProblem('bad-kind', { byte: at }, { id, kind: (info >>> 24) & 31 }));
    const vlen = info & 0xffff;
    const [once, each] = EXTRA[kind] ?? [0, 0];
    const next = at + 12 + once + each * vlen;
    if (next > end) return fail(btfProblem('type-cut', { byte: at }, { id }));
    const from = at;
    types.push(readType((offset) => view.getUint32(from + offset, true), kind, vlen, info >>> 31 === 1, name));
    at = next;
  }
  return ok({ types, stringBytes: strings.length, string: name });
}

/** One type; `u32` reads at offsets from the type's first byte, all of them inside the section. */
export function readType(
  u32: (offset: number) => number,
  kind: BtfKind,
  vlen: number,
  flag: boolean,
  names: Strings,
): BtfType {
  const name = names(u32(0));
  const word = u32(8);
  const each = <T>(step: number, read: (at: number) => T): T[] =>
    Array.from({ length: vlen }, (_, i) => read(12 + step * i));
  switch (kind) {
    case 'int': {
      const info = u32(12);
      const encoding = info >>> 24;
      return {
        kind,
        name,
        size: word,
        bits: info & 0xff,
        ...((info & 0xff_0000) !== 0 && { offset: (info >>> 16) & 0xff }),
        signed: (encoding & INT_SIGNED) !== 0,
        char: (encoding & INT_CHAR) !== 0,
        bool: (encoding & INT_BOOL) !== 0,
      };
    }
    case 'array':
      return { kind, name, type: u32(12), index: u32(16), count: u32(20) };
    case 'struct':
    case 'union':
      return { kind, name, size: word, members: each(12, (at) => readMember(u32, at, flag, names)) };
    case 'enum':
      return {
        kind,
        name,
        size: word,
        signed: flag,
        values: each(8, (at) => [names(u32(at)), enumValue(u32(at + 4), flag)]),
      };
    case 'enum64':
      return {
        kind,
        name,
        size: word,
        signed: flag,
        values: each(12, (at) => [names(u32(at)), enum64Value(u32(at + 4), u32(at + 8), flag)]),
      };
    case 'float':
      return { kind, name, size: word };
    case 'func_proto':
      return { kind, name, ret: word, params: each(8, (at) => ({ name: names(u32(at)), type: u32(at + 4) })) };
    case 'func':
      return { kind, name, type: word, linkage: vlen };
    case 'var':
      return { kind, name, type: word, linkage: u32(12) };
    case 'datasec':
      return {
        kind,
        name,
        size: word,
        vars: each(12, (at) => ({ type: u32(at), offset: u32(at + 4), size: u32(at + 8) })),
      };
    case 'decl_tag':
      return { kind, name, type: word, component: u32(12) | 0 };
    case 'fwd':
      return { kind, name, union: flag };
    default:
      return { kind, name, type: word };
  }
}

const enumValue = (value: number, signed: boolean): bigint => BigInt(signed ? value | 0 : value);

function enum64Value(lo: number, hi: number, signed: boolean): bigint {
  const value = (BigInt(hi) << 32n) | BigInt(lo);
  return signed ? BigInt.asIntN(64, value) : value;
}

function readMember(u32: (offset: number) => number, at: number, flag: boolean, name: Strings): BtfMember {
  const word = u32(at + 8);
  return {
    name: name(u32(at)),
    type: u32(at + 4),
    bitOffset: flag ? word & 0xff_ffff : word,
    bits: flag ? word >>> 24 : 0,
  };
}
