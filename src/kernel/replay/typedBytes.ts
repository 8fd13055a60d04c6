/** Values of BTF types from JSON: what people write into files that fill maps. */
import { resolveType, typeSize } from '../../btf/format.ts';
import type { Btf, BtfMember, BtfType } from '../../btf/parse.ts';
import { parseIpv4, parseIpv6, parseMac } from '../../net/addr.ts';
import { suggest } from '../../util/suggest.ts';
import { bigEndianSize, isIpv6 } from './typedText.ts';

const MAX_DEPTH = 16;

/**
 * The bytes of a value from its JSON form, or what is wrong with that in words. Members that are not named are those of
 * `rest`, a value of the type; without it they become zero.
 */
export function typedBytes(btf: Btf, id: number, json: unknown, rest?: Uint8Array): Uint8Array | string {
  const size = typeSize(btf, id);
  if (size === undefined || size > 1 << 20) return 'its type has no values';
  const bytes = new Uint8Array(size);
  if (rest) bytes.set(rest.subarray(0, size));
  const wrong = write(btf, id, json, bytes, 0, '', 0);
  return wrong ?? bytes;
}

/** Writes what `typedValue` and `textOf` show; members that are absent stay as they are. Answers what is wrong. */
function write(
  btf: Btf,
  id: number,
  json: unknown,
  out: Uint8Array,
  at: number,
  path: string,
  depth: number,
): string | undefined {
  const resolved = resolveType(btf, id);
  const size = typeSize(btf, id);
  const where = path === '' ? '' : `${path}: `;
  if (!resolved || size === undefined || depth > MAX_DEPTH) return `${where}its type has no values`;
  const { type, names } = resolved;
  const v6 = typeof json === 'string' && isIpv6(btf, id, path.replace(/^.*\./, '')) ? parseIpv6(json) : undefined;
  if (v6) {
    out.set(v6, at);
    return undefined;
  }
  if (type.kind === 'datasec') return writeSection(btf, type, json, out, at, where, depth);
  if (type.kind === 'struct' || type.kind === 'union') {
    if (typeof json !== 'object' || json === null || Array.isArray(json)) return `${where}an object is wanted`;
    for (const [name, value] of Object.entries(json)) {
      const member = type.members.find((m) => m.name === name);
      if (!member) {
        const hint = suggest(
          name,
          type.members.map((m) => m.name),
        );
        return `${where}${type.kind} ${type.name} has no member ${name}${hint === undefined ? '' : `; did you mean ${hint}?`}`;
      }
      if (member.bits !== 0 || member.bitOffset % 8 !== 0) {
        const wrong = writeBits(btf, member, value, out, at);
        if (wrong !== undefined) return `${where}${name}: ${wrong}`;
        continue;
      }
      const inner = path === '' ? name : `${path}.${name}`;
      const wrong = write(btf, member.type, value, out, at + member.bitOffset / 8, inner, depth + 1);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  }
  if (type.kind === 'array') {
    const element = typeSize(btf, type.type) ?? 0;
    if (typeof json === 'string' && element === 1) {
      const mac = parseMac(json);
      // Letters where no letters belong are a misspelt address.
      const unit = resolveType(btf, type.type)?.type;
      if (!mac && json !== '' && !(unit?.kind === 'int' && unit.char)) {
        return `${where}${JSON.stringify(json)} is neither a MAC address nor a list of ${type.count} bytes`;
      }
      const text = mac ?? new TextEncoder().encode(json);
      if (text.length > type.count) return `${where}longer than ${type.count} bytes`;
      out.fill(0, at, at + type.count).set(text, at);
      return undefined;
    }
    if (!Array.isArray(json)) return `${where}a list is wanted`;
    if (json.length > type.count) return `${where}${json.length} elements are more than ${type.count}`;
    for (const [i, item] of json.entries()) {
      const wrong = write(btf, type.type, item, out, at + i * element, `${path}[${i}]`, depth + 1);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  }
  const address = bigEndianSize(names) === 4 && typeof json === 'string' ? parseIpv4(json) : undefined;
  if (address) {
    out.set(address, at);
    return undefined;
  }
  const value = scalar(json) ?? enumValue(type, json);
  if (value === undefined) return `${where}${JSON.stringify(json)} is no value of ${size} bytes`;
  const bits = BigInt(8 * size);
  if (value >= 1n << bits || value < -(1n << (bits - 1n))) return `${where}${value} does not fit into ${size} bytes`;
  let rest = BigInt.asUintN(8 * size, value);
  const big = bigEndianSize(names) === size;
  for (let i = 0; i < size; i++, rest >>= 8n) out[at + (big ? size - 1 - i : i)] = Number(rest & 0xffn);
  return undefined;
}

function scalar(json: unknown): bigint | undefined {
  if (typeof json === 'boolean') return json ? 1n : 0n;
  if (typeof json === 'number') return Number.isSafeInteger(json) ? BigInt(json) : undefined;
  return typeof json === 'string' && /^(-?\d{1,20}|0x[0-9a-fA-F]{1,16})$/.test(json) ? BigInt(json) : undefined;
}

/** The value of an enum's name, or of several with `|` between them. */
function enumValue(type: BtfType, json: unknown): bigint | undefined {
  if ((type.kind !== 'enum' && type.kind !== 'enum64') || typeof json !== 'string') return undefined;
  let value = 0n;
  for (const name of json.split('|')) {
    const found = type.values.find(([n]) => n === name)?.[1];
    if (found === undefined) return undefined;
    value |= found;
  }
  return value;
}

function writeBits(btf: Btf, member: BtfMember, json: unknown, out: Uint8Array, at: number): string | undefined {
  const type = resolveType(btf, member.type)?.type;
  const bits = member.bits || (type?.kind === 'int' ? type.bits : 0);
  const value = scalar(json) ?? (type && enumValue(type, json));
  if (value === undefined) return `${JSON.stringify(json)} is no value of ${bits} bits`;
  if (bits === 0 || value >= 1n << BigInt(bits) || value < -(1n << BigInt(bits - 1)))
    return `${value} does not fit into ${bits} bits`;
  const raw = BigInt.asUintN(bits, value);
  for (let i = 0; i < bits; i++) {
    const bit = member.bitOffset + i;
    if ((raw >> BigInt(i)) & 1n) out[at + (bit >> 3)]! |= 1 << (bit & 7);
    else out[at + (bit >> 3)]! &= ~(1 << (bit & 7));
  }
  return undefined;
}

/** The variables of a section: an object of them. */
function writeSection(
  btf: Btf,
  type: BtfType & { readonly kind: 'datasec' },
  json: unknown,
  out: Uint8Array,
  at: number,
  where: string,
  depth: number,
): string | undefined {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return `${where}an object is wanted`;
  for (const [name, value] of Object.entries(json)) {
    const v = type.vars.find((one) => btf.types[one.type]?.name === name);
    const variable = v && btf.types[v.type];
    if (variable?.kind !== 'var') return `${where}section ${type.name} has no variable ${name}`;
    const wrong = write(btf, variable.type, value, out, at + v!.offset, name, depth + 1);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}
