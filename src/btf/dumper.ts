/** Values by their BTF type, byte for byte as bpftool (7.5, of Linux 6.12) prints them. */
import type { JsonWriter } from '../util/jsonWriter.ts';
import type { Btf, BtfType } from './parse.ts';

/** For a JSON document, or for the plain form, where hexadecimal numbers stand without quotes. */
export type DumpFor = 'json' | 'plain';

interface Dumper {
  readonly btf: Btf;
  readonly writer: JsonWriter;
  readonly dumpFor: DumpFor;
  /** Values that may still be written: hostile types multiply. */
  left: number;
}

const MAX_DEPTH = 32;
const MAX_VALUES = 1_000_000;
/** Widths of ints that are printed as numbers. */
const NUMBER_BITS: ReadonlySet<number> = new Set([8, 16, 32, 64]);

/**
 * Writes a value of a type. Like bpftool it gives up at the first member of a kind that it does not know (floats):
 * `(unsupported-kind` stands there, and nothing follows but closing brackets.
 *
 * @param bytes what is missing counts as 0
 * @returns whether all of it was written
 */
export function dumpValue(btf: Btf, id: number, bytes: Uint8Array, writer: JsonWriter, dumpFor: DumpFor): boolean {
  return dumpType({ btf, writer, dumpFor, left: MAX_VALUES }, id, bytes, 0, 0);
}

/** `bits` bits from bit `from` on, little-endian. */
function bitsAt(bytes: Uint8Array, from: number, bits: number): bigint {
  let value = 0n;
  const end = Math.min(Math.ceil((from + bits) / 8), bytes.length);
  for (let i = end - 1; i >= from >> 3; i--) value = (value << 8n) | BigInt(bytes[i]!);
  return BigInt.asUintN(bits, value >> BigInt(from & 7));
}

function dumpType(d: Dumper, id: number, bytes: Uint8Array, at: number, depth: number): boolean {
  const type = d.btf.types[id];
  if (depth > MAX_DEPTH || --d.left < 0) return unsupported(d);
  switch (type?.kind) {
    case 'int':
      return dumpInt(d, type, bytes, at * 8);
    case 'enum':
    case 'enum64':
      return dumpEnum(d, type, bytes, at);
    case 'ptr':
      return dumpPointer(d, bytes, at);
    case 'array':
      return dumpArray(d, type, bytes, at, depth);
    case 'struct':
    case 'union':
      return dumpStruct(d, type, bytes, at, depth);
    case 'datasec':
      return dumpDatasec(d, type, bytes, at, depth);
    case 'typedef':
    case 'volatile':
    case 'const':
    case 'restrict':
    case 'type_tag':
    case 'var':
      return dumpType(d, type.type, bytes, at, depth + 1);
    default:
      return unsupported(d);
  }
}

function unsupported(d: Dumper): boolean {
  d.writer.raw('(unsupported-kind');
  return false;
}

type Kind<K extends BtfType['kind']> = Extract<BtfType, { readonly kind: K }>;

function hex(d: Dumper, value: bigint): void {
  const text = `0x${value.toString(16)}`;
  d.writer.raw(d.dumpFor === 'json' ? `"${text}"` : text);
}

/** Is the int printed as bits: not a whole number of bytes from a whole byte on? */
function isBits(type: Kind<'int'>, bit: number): boolean {
  return bit % 8 !== 0 || (type.offset ?? 0) !== 0 || !(NUMBER_BITS.has(type.bits) || type.bits === 128);
}

function dumpInt(d: Dumper, type: Kind<'int'>, bytes: Uint8Array, bit: number): boolean {
  if (isBits(type, bit) || type.bits === 128) {
    hex(d, bitsAt(bytes, bit + (type.offset ?? 0), type.bits));
    return true;
  }
  const first = bytes[bit >> 3] ?? 0;
  if (type.char) {
    if (first >= 0x20 && first < 0x7f) d.writer.raw(`"${String.fromCharCode(first)}"`);
    else if (d.dumpFor === 'plain') hex(d, BigInt(first));
    else d.writer.raw(`"\\u00${first.toString(16).padStart(2, '0')}"`);
  } else if (type.bool) d.writer.raw(first === 0 ? 'false' : 'true');
  else {
    const value = bitsAt(bytes, bit, type.bits);
    d.writer.raw(`${type.signed ? BigInt.asIntN(type.bits, value) : value}`);
  }
  return true;
}

function dumpEnum(d: Dumper, type: Kind<'enum' | 'enum64'>, bytes: Uint8Array, at: number): boolean {
  const bits = type.size * 8;
  const raw = bitsAt(bytes, at * 8, bits);
  // All 32-bit enums are signed here, and narrow 64-bit ones are not, whatever the type says.
  const value = BigInt.asIntN(type.kind === 'enum64' ? 64 : bits, raw);
  const width = type.kind === 'enum64' ? 64 : 32;
  const known = type.values.find(([, v]) => BigInt.asIntN(width, v) === value);
  if (known) d.writer.string(known[0]);
  else d.writer.raw(`${value}`);
  return true;
}

function dumpPointer(d: Dumper, bytes: Uint8Array, at: number): boolean {
  const value = bitsAt(bytes, at * 8, 64);
  if (d.dumpFor === 'json') d.writer.raw(`${value}`);
  else d.writer.raw(value === 0n ? '"(nil)"' : `"0x${value.toString(16)}"`);
  return true;
}

/** The type behind modifiers; typedefs are kept where `typedefs` says so. */
function skipModifiers(btf: Btf, id: number, typedefs: 'skip' | 'keep'): BtfType | undefined {
  for (let i = 0; i < MAX_DEPTH; i++) {
    const type = btf.types[id];
    switch (type?.kind) {
      case 'typedef':
        if (typedefs === 'keep') return type;
        id = type.type;
        break;
      case 'volatile':
      case 'const':
      case 'restrict':
      case 'type_tag':
        id = type.type;
        break;
      default:
        return type;
    }
  }
  return undefined;
}

/** The text of a char array; undefined where it is none: no NUL, or something that does not print. */
function textOf(d: Dumper, array: Kind<'array'>, bytes: Uint8Array, at: number): string | undefined {
  // A typedef of char is no character.
  const unit = skipModifiers(d.btf, array.type, 'keep');
  if (unit?.kind !== 'int' || unit.size !== 1 || !(unit.char || unit.name === 'char')) return undefined;
  const end = bytes.subarray(at, at + array.count).indexOf(0);
  if (end < 0) return undefined;
  const text = bytes.subarray(at, at + end);
  return text.every((c) => c >= 0x20 && c < 0x7f)
    ? Array.from(text, (c) => String.fromCharCode(c)).join('')
    : undefined;
}

function dumpArray(d: Dumper, array: Kind<'array'>, bytes: Uint8Array, at: number, depth: number): boolean {
  const text = textOf(d, array, bytes, at);
  if (text !== undefined) {
    d.writer.string(text);
    return true;
  }
  const size = sizeOf(d.btf, array.type, 0);
  d.writer.open('[');
  let whole = size !== undefined;
  for (let i = 0; whole && i < array.count; i++) whole = dumpType(d, array.type, bytes, at + i * size!, depth + 1);
  d.writer.close(']');
  return whole;
}

function sizeOf(btf: Btf, id: number, depth: number): number | undefined {
  const type = skipModifiers(btf, id, 'skip');
  if (type?.kind === 'ptr') return 8;
  if (type?.kind !== 'array') return type && 'size' in type ? type.size : undefined;
  const one = depth > MAX_DEPTH ? undefined : sizeOf(btf, type.type, depth + 1);
  return one === undefined ? undefined : one * type.count;
}

function dumpStruct(d: Dumper, type: Kind<'struct' | 'union'>, bytes: Uint8Array, at: number, depth: number): boolean {
  d.writer.open('{');
  let whole = true;
  for (const m of type.members) {
    d.writer.name(m.name);
    const bit = at * 8 + m.bitOffset;
    const unit = skipModifiers(d.btf, m.type, 'skip');
    if (m.bits !== 0) hex(d, bitsAt(bytes, bit, m.bits));
    else if (unit?.kind === 'int' && isBits(unit, bit)) dumpInt(d, unit, bytes, bit);
    else whole = dumpType(d, m.type, bytes, bit >> 3, depth + 1);
    if (!whole) break;
  }
  d.writer.close('}');
  return whole;
}

function dumpDatasec(d: Dumper, type: Kind<'datasec'>, bytes: Uint8Array, at: number, depth: number): boolean {
  d.writer.open('{');
  d.writer.name(type.name);
  d.writer.open('[');
  let whole = true;
  for (const v of type.vars) {
    d.writer.open('{');
    d.writer.name(d.btf.types[v.type]?.name ?? '');
    whole = dumpType(d, v.type, bytes, at + v.offset, depth + 1);
    d.writer.close('}');
    if (!whole) break;
  }
  d.writer.close(']');
  d.writer.close('}');
  return whole;
}
