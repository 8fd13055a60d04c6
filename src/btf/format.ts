/** Values by their BTF type, in the shapes of bpftool's typed map dumps. */
import type { Btf, BtfType } from './parse.ts';

/** What JSON can hold; 64-bit numbers beyond 2^53 come as bigint. */
export type TypedValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly TypedValue[]
  | { readonly [field: string]: TypedValue };

const MAX_DEPTH = 32;
/** Values of one dump, arrays' elements counted: hostile types multiply. */
const MAX_VALUES = 100_000;

/** The type behind typedefs and qualifiers, with the typedef names passed on the way; undefined for void and bad ids. */
export function resolveType(btf: Btf, id: number): { type: BtfType; names: readonly string[] } | undefined {
  const names: string[] = [];
  for (let i = 0; i < MAX_DEPTH; i++) {
    const type = btf.types[id];
    if (!type) return undefined;
    switch (type.kind) {
      case 'typedef':
        names.push(type.name);
        id = type.type;
        break;
      case 'const':
      case 'volatile':
      case 'restrict':
      case 'type_tag':
        id = type.type;
        break;
      default:
        return { type, names };
    }
  }
  return undefined;
}

/** Size in bytes; undefined for void, functions and bad ids. */
export function typeSize(btf: Btf, id: number, depth = 0): number | undefined {
  const type = depth > MAX_DEPTH ? undefined : resolveType(btf, id)?.type;
  switch (type?.kind) {
    case 'int':
    case 'float':
    case 'struct':
    case 'union':
    case 'enum':
    case 'enum64':
    case 'datasec':
      return type.size;
    case 'ptr':
      return 8;
    case 'array': {
      const one = typeSize(btf, type.type, depth + 1);
      return one === undefined ? undefined : one * type.count;
    }
    default:
      return undefined;
  }
}

interface Budget {
  left: number;
}

function bitsAt(bytes: Uint8Array, bit: number, bits: number): bigint {
  const first = Math.floor(bit / 8);
  // Sizes come from the blob and may be anything; bytes that are missing count as 0.
  const last = Math.min(Math.ceil((bit + bits) / 8), bytes.length);
  let value = 0n;
  for (let i = last - 1; i >= first; i--) value = (value << 8n) | BigInt(bytes[i]!);
  return BigInt.asUintN(bits, value >> BigInt(bit & 7));
}

const plain = (v: bigint): number | bigint =>
  v >= BigInt(Number.MIN_SAFE_INTEGER) && v <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(v) : v;

/** Byte order that a typedef's name tells: `__be32` values are shown as the numbers they mean. */
const isBigEndian = (names: readonly string[]): boolean => names.some((n) => /^(?:__)?be(?:16|32|64)$/.test(n));

function swap(value: bigint, bytes: number): bigint {
  let out = 0n;
  for (let i = 0; i < bytes; i++, value >>= 8n) out = (out << 8n) | (value & 0xffn);
  return out;
}

function show(
  btf: Btf,
  id: number,
  bytes: Uint8Array,
  bit: number,
  bits: number,
  depth: number,
  budget: Budget,
): TypedValue {
  const resolved = depth > MAX_DEPTH || --budget.left < 0 ? undefined : resolveType(btf, id);
  if (!resolved) return null;
  const { type, names } = resolved;
  switch (type.kind) {
    case 'int': {
      // Compilers once made bitfields of ints that are narrower than their bytes.
      const width = bits || type.bits || type.size * 8;
      const from = bit + (type.offset ?? 0);
      if (width > 64) return `0x${bitsAt(bytes, from, width).toString(16)}`;
      let value = bitsAt(bytes, from, width);
      if (isBigEndian(names) && bits === 0) value = swap(value, type.size);
      if (type.bool) return value !== 0n;
      if (type.char && type.size === 1) {
        const code = Number(value);
        return code >= 0x20 && code < 0x7f ? String.fromCharCode(code) : code;
      }
      return plain(type.signed ? BigInt.asIntN(width, value) : value);
    }
    case 'enum':
    case 'enum64': {
      const raw = bitsAt(bytes, bit, bits || type.size * 8);
      const value = type.signed ? BigInt.asIntN(bits || type.size * 8, raw) : raw;
      return type.values.find(([, v]) => v === value)?.[0] ?? plain(value);
    }
    case 'ptr':
      return `0x${bitsAt(bytes, bit, 64).toString(16)}`;
    case 'float': {
      const view = new DataView(bytes.slice(bit >> 3, (bit >> 3) + type.size).buffer);
      if (view.byteLength < type.size) return null;
      return type.size === 4 ? view.getFloat32(0, true) : type.size === 8 ? view.getFloat64(0, true) : null;
    }
    case 'array':
      return showArray(btf, type, bytes, bit, depth, budget);
    case 'struct':
    case 'union':
      return Object.fromEntries(
        type.members.map((m, i) => [
          m.name === '' ? `(anon)${i}` : m.name,
          show(btf, m.type, bytes, bit + m.bitOffset, m.bits, depth + 1, budget),
        ]),
      );
    case 'datasec':
      return Object.fromEntries(
        type.vars.map((v) => {
          const variable = btf.types[v.type];
          const of = variable?.kind === 'var' ? variable.type : 0;
          return [variable?.name ?? '', show(btf, of, bytes, bit + v.offset * 8, 0, depth + 1, budget)];
        }),
      );
    default:
      return null;
  }
}

function showArray(
  btf: Btf,
  type: BtfType & { kind: 'array' },
  bytes: Uint8Array,
  bit: number,
  depth: number,
  budget: Budget,
): TypedValue {
  const size = typeSize(btf, type.type);
  const count = Math.min(type.count, size ? Math.ceil((bytes.length - (bit >> 3)) / size) : 0);
  const element = resolveType(btf, type.type)?.type;
  if (element?.kind === 'int' && element.char && element.size === 1) {
    const text = bytes.subarray(bit >> 3, (bit >> 3) + count);
    const end = text.indexOf(0);
    const shown = end < 0 ? text : text.subarray(0, end);
    const printable = shown.every((c) => c >= 0x20 && c < 0x7f) && text.subarray(shown.length).every((c) => c === 0);
    if (printable) return String.fromCharCode(...shown.subarray(0, 4096));
  }
  const values: TypedValue[] = [];
  for (let i = 0; i < count && budget.left > 0; i++)
    values.push(show(btf, type.type, bytes, bit + i * size! * 8, 0, depth + 1, budget));
  return values;
}

/**
 * A value of a type: objects for structs (members in order) and sections (variables), arrays, numbers, strings for `char[]` and pointers, names for
 * enums. Big-endian kinds (`__be32`) come as the number they mean. Bytes that are missing count as 0; what BTF does not
 * describe is null.
 */
export function typedValue(btf: Btf, typeId: number, bytes: Uint8Array): TypedValue {
  return show(btf, typeId, bytes, 0, 0, 0, { left: MAX_VALUES });
}
