/** A map's keys and values by their BTF types: as JSON, as one line for people, and back from JSON. */
import type { TypedValue } from '../../btf/format.ts';
import { resolveType, typedValue, typeSize } from '../../btf/format.ts';
import type { Btf } from '../../btf/parse.ts';
import { parseBtf } from '../../btf/parse.ts';
import { formatIpv4, formatMac, parseIpv4, parseMac } from '../../net/addr.ts';
import { suggest } from '../../util/suggest.ts';
import type { MapRecord } from '../world.ts';

const MAX_DEPTH = 16;
/** Array elements that a line for people shows. */
const SHOWN = 32;

/** Members that say nothing where they are zero. */
const FILLER = /^_*(pad|unused|reserved|rsvd)/;

/** A map's keys and values by their BTF types. */
export class TypedMap {
  readonly #btf: Btf;
  readonly #key: number;
  readonly #value: number;

  private constructor(btf: Btf, key: number, value: number) {
    this.#btf = btf;
    this.#key = key;
    this.#value = value;
  }

  /** The types of a loaded map; undefined where it came without BTF. */
  static of(map: MapRecord): TypedMap | undefined {
    if (!map.btf) return undefined;
    const btf = parseBtf(map.btf.blob);
    return btf.ok ? new TypedMap(btf.value, map.btf.key, map.btf.value) : undefined;
  }

  /** Name of the value's (or key's) member type at an offset, through typedefs: `__be16`. */
  memberTypedefs(of: 'key' | 'value', member: string): readonly string[] {
    const type = resolveType(this.#btf, of === 'key' ? this.#key : this.#value)?.type;
    const found = type?.kind === 'struct' ? type.members.find((m) => m.name === member) : undefined;
    return (found && resolveType(this.#btf, found.type)?.names) ?? [];
  }

  /** A key as `bpftool map dump` prints it in `formatted`. */
  keyJson(bytes: Uint8Array): TypedValue {
    return typedValue(this.#btf, this.#key, bytes);
  }

  /** A value as `bpftool map dump` prints it in `formatted`. */
  valueJson(bytes: Uint8Array): TypedValue {
    return typedValue(this.#btf, this.#value, bytes);
  }

  /** A key as one line for people. */
  keyText(bytes: Uint8Array): string {
    return textOf(this.#btf, this.#key, bytes, '', 0);
  }

  /** A value as one line for people. */
  valueText(bytes: Uint8Array): string {
    return textOf(this.#btf, this.#value, bytes, '', 0);
  }

  /** A key from its JSON form, or what is wrong with that in words. */
  keyBytes(json: unknown): Uint8Array | string {
    return bytesOf(this.#btf, this.#key, json);
  }

  /** A value from its JSON form, or what is wrong with that in words. Members that are not named become zero. */
  valueBytes(json: unknown): Uint8Array | string {
    return bytesOf(this.#btf, this.#value, json);
  }
}

const isMac = (name: string): boolean => /mac|h_dest|h_source|lladdr/.test(name);
const isAddress = (name: string): boolean => /addr|ip4?$|ip4|tunnel_endpoint|^[sd]ip/.test(name);
const beSize = (names: readonly string[]): number => {
  const name = names.find((n) => /^(__)?be(16|32|64)$/.test(n));
  return name === undefined ? 0 : Number(name.replace(/\D/g, '')) / 8;
};

/** One value as people read it: `10.0.0.1`, `02:00:…`, `{daddr 10.0.0.1, dport 80}`. */
function textOf(btf: Btf, id: number, bytes: Uint8Array, name: string, depth: number): string {
  const resolved = depth > MAX_DEPTH ? undefined : resolveType(btf, id);
  if (!resolved) return '?';
  const { type, names } = resolved;
  if (beSize(names) === 4 && (isAddress(name) || name === '')) return formatIpv4(bytes);
  if (type.kind === 'struct' || type.kind === 'union') {
    const members = type.members.flatMap((m) => {
      if (m.bits !== 0 || m.bitOffset % 8 !== 0) return [`${m.name} ${String(bitfield(btf, id, bytes, m.name))}`];
      const size = typeSize(btf, m.type) ?? 0;
      const at = bytes.subarray(m.bitOffset / 8, m.bitOffset / 8 + size);
      if (FILLER.test(m.name) && at.every((b) => b === 0)) return [];
      const text = textOf(btf, m.type, at, m.name, depth + 1);
      return [m.name === '' ? text : `${m.name} ${text}`];
    });
    return depth === 0 ? members.join(', ') : `{${members.join(', ')}}`;
  }
  if (type.kind === 'array') {
    const size = typeSize(btf, type.type) ?? 0;
    if (isMac(name) && size === 1 && type.count >= 6 && bytes.subarray(6).every((b) => b === 0))
      return formatMac(bytes);
    const whole = typedValue(btf, id, bytes);
    if (typeof whole === 'string') return JSON.stringify(whole);
    const items = Array.from(
      { length: Math.min(type.count, SHOWN, size === 0 ? 0 : Math.floor(bytes.length / size)) },
      (_, i) => textOf(btf, type.type, bytes.subarray(i * size, (i + 1) * size), name, depth + 1),
    );
    return `[${items.join(' ')}${type.count > SHOWN ? ' …' : ''}]`;
  }
  return String(typedValue(btf, id, bytes));
}

function bitfield(btf: Btf, struct: number, bytes: Uint8Array, member: string): TypedValue {
  const whole = typedValue(btf, struct, bytes);
  return typeof whole === 'object' && whole !== null && !Array.isArray(whole)
    ? ((whole as Record<string, TypedValue>)[member] ?? null)
    : null;
}

function bytesOf(btf: Btf, id: number, json: unknown): Uint8Array | string {
  const size = typeSize(btf, id);
  if (size === undefined || size > 1 << 20) return 'its type has no values';
  const bytes = new Uint8Array(size);
  const wrong = write(btf, id, json, bytes, 0, '', 0);
  return wrong ?? bytes;
}

/** Writes what `typedValue` and `textOf` show; members that are absent stay zero. Answers what is wrong. */
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
      if (member.bits !== 0) return `${where}${name} is a bitfield`;
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
      out.set(text, at);
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
  const address = beSize(names) === 4 && typeof json === 'string' ? parseIpv4(json) : undefined;
  if (address) {
    out.set(address, at);
    return undefined;
  }
  const value =
    scalar(json) ??
    (type.kind === 'enum' || type.kind === 'enum64' ? type.values.find(([n]) => n === json)?.[1] : undefined);
  if (value === undefined) return `${where}${JSON.stringify(json)} is no value of ${size} bytes`;
  const bits = BigInt(8 * size);
  if (value >= 1n << bits || value < -(1n << (bits - 1n))) return `${where}${value} does not fit into ${size} bytes`;
  let rest = BigInt.asUintN(8 * size, value);
  const big = beSize(names) === size;
  for (let i = 0; i < size; i++, rest >>= 8n) out[at + (big ? size - 1 - i : i)] = Number(rest & 0xffn);
  return undefined;
}

function scalar(json: unknown): bigint | undefined {
  if (typeof json === 'boolean') return json ? 1n : 0n;
  if (typeof json === 'number') return Number.isSafeInteger(json) ? BigInt(json) : undefined;
  return typeof json === 'string' && /^(-?\d{1,20}|0x[0-9a-fA-F]{1,16})$/.test(json) ? BigInt(json) : undefined;
}
