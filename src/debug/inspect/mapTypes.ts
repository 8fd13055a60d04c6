/** The types that a map brought along, read once: its keys and values in words, and names for places in a value. */
import { resolveType, typeSize } from '../../btf/format.ts';
import { type Btf, parseBtf } from '../../btf/parse.ts';
import { TypedMap } from '../../kernel/replay/typedMap.ts';
import type { MapRecord } from '../../kernel/world.ts';
import { mapTypeName } from '../../spec/mapTypes.ts';
import { toHex } from '../../util/hex.ts';

/** What is known of a map's types. */
export interface MapTypes {
  readonly btf: Btf;
  /** Type ids in `btf`; 0 where a section has no type of a key. */
  readonly key: number;
  readonly value: number;
  readonly typed: TypedMap;
}

/** Records are never changed, so what one of them means stays true. */
const KNOWN = new WeakMap<MapRecord, { readonly types: MapTypes | undefined }>();
const MAX_DEPTH = 16;
/** Bytes of a key without types that are shown. */
const SHOWN = 16;

function read(map: MapRecord): MapTypes | undefined {
  const typed = TypedMap.of(map);
  const parsed = map.btf && parseBtf(map.btf.blob);
  if (!typed || !map.btf || !parsed?.ok) return undefined;
  const { key, value } = map.btf;
  return { btf: parsed.value, key, value, typed };
}

/** The types of a map; undefined where it has none. */
export function mapTypes(map: MapRecord): MapTypes | undefined {
  const known = KNOWN.get(map);
  if (known) return known.types;
  const types = read(map);
  KNOWN.set(map, { types });
  return types;
}

/** Does the map hold the variables of a section? It has one value, and no key to name. */
export function isSection(map: MapRecord): boolean {
  const types = mapTypes(map);
  if (types && resolveType(types.btf, types.value)?.type.kind === 'datasec') return true;
  return mapTypeName(map.type) === 'array' && /\.(data|bss|rodata|kconfig)\b/.test(map.name);
}

/**
 * The place of a byte in a type: `.lifetime`, `.stats[2].packets`, `counter` for a variable of a section; inside of what has no
 * members with its offset: `.mac+3`. '' for the whole type, undefined where no member lies there.
 */
export function placeIn(btf: Btf, id: number, offset: number, depth = 0): string | undefined {
  const type = depth > MAX_DEPTH ? undefined : resolveType(btf, id)?.type;
  const size = type && typeSize(btf, id);
  if (!type || size === undefined || offset < 0 || offset >= size) return undefined;
  if (type.kind === 'struct' || type.kind === 'union') {
    if (offset === 0 && depth === 0) return '';
    for (const member of type.members) {
      const at = Math.floor(member.bitOffset / 8);
      const bytes = member.bits > 0 ? Math.ceil((member.bitOffset + member.bits) / 8) - at : typeSize(btf, member.type);
      if (offset < at || offset >= at + (bytes ?? 0)) continue;
      const name = member.name === '' ? '' : `.${member.name}`;
      if (offset === at || member.bits > 0) return name === '' ? placeIn(btf, member.type, 0, depth + 1) : name;
      const inner = placeIn(btf, member.type, offset - at, depth + 1);
      return inner === undefined ? `${name}+${offset - at}` : `${name}${inner}`;
    }
    return undefined;
  }
  if (type.kind === 'array') {
    const one = typeSize(btf, type.type) ?? 0;
    if (one <= 1) return offset === 0 ? '' : `[${offset}]`;
    const inner = placeIn(btf, type.type, offset % one, depth + 1) ?? '';
    return `[${Math.floor(offset / one)}]${inner}`;
  }
  if (type.kind === 'datasec') {
    const found = type.vars.find((v) => offset >= v.offset && offset < v.offset + v.size);
    const variable = found && btf.types[found.type];
    if (variable?.kind !== 'var') return undefined;
    const past = offset - found!.offset;
    const inner = past === 0 ? '' : (placeIn(btf, variable.type, past, depth + 1) ?? '');
    return `${variable.name}${inner}`;
  }
  return offset === 0 ? '' : `+${offset}`;
}

/** A part of a value that is told as one: a number, an address, an array of numbers. */
export interface Leaf {
  /** `.lifetime`, `.stats[2].packets`, `counter`. */
  readonly place: string;
  readonly offset: number;
  readonly size: number;
  readonly type: number;
}

/** Parts of one type that are listed; what lies behind them is told as bytes. */
const MAX_LEAVES = 1024;
const MAX_VISITS = 16_384;

/** The parts of a type in the order of its members. Bitfields are told with the bytes that they lie in. */
export function leavesOf(btf: Btf, id: number): readonly Leaf[] {
  const leaves: Leaf[] = [];
  // Types without parts may be nested in arrays as often as somebody likes.
  let visits = 0;
  const full = (): boolean => visits > MAX_VISITS || leaves.length >= MAX_LEAVES;
  const visit = (type: number, place: string, offset: number, depth: number): void => {
    visits++;
    const resolved = depth > MAX_DEPTH || full() ? undefined : resolveType(btf, type)?.type;
    const size = typeSize(btf, type) ?? 0;
    if (!resolved || size === 0) return;
    if (resolved.kind === 'struct') {
      for (const m of resolved.members) {
        const name = m.name === '' ? place : `${place}.${m.name}`;
        const at = offset + Math.floor(m.bitOffset / 8);
        if (m.bits === 0) visit(m.type, name, at, depth + 1);
        else leaves.push({ place: name, offset: at, size: Math.ceil(((m.bitOffset % 8) + m.bits) / 8), type: 0 });
      }
    } else if (resolved.kind === 'datasec') {
      for (const v of resolved.vars) {
        const variable = btf.types[v.type];
        if (variable?.kind === 'var') visit(variable.type, variable.name, offset + v.offset, depth + 1);
      }
    } else if (resolved.kind === 'array' && isStruct(btf, resolved.type)) {
      const one = typeSize(btf, resolved.type) ?? 0;
      for (let i = 0; i < resolved.count && !full(); i++) {
        visit(resolved.type, `${place}[${i}]`, offset + i * one, depth + 1);
      }
    } else leaves.push({ place, offset, size, type });
  };
  visit(id, '', 0, 0);
  return leaves;
}

function isStruct(btf: Btf, id: number): boolean {
  const kind = resolveType(btf, id)?.type.kind;
  return kind === 'struct' || kind === 'array';
}

/** Cuts a text that is longer than `max` characters. */
export function cut(text: string, max: number): string {
  return text.length > max ? `${text.slice(0, max - 1)}…` : text;
}

/** A key in words: by its type, as a number where it is the index of an array, else as hex. */
export function keyText(map: MapRecord, key: Uint8Array, indexed: boolean): string {
  if (indexed && key.length === 4) return `${new DataView(key.buffer, key.byteOffset).getUint32(0, true)}`;
  const types = mapTypes(map);
  if (types && types.key !== 0) {
    const text = types.typed.keyText(key);
    const kind = resolveType(types.btf, types.key)?.type.kind;
    return kind === 'struct' || kind === 'union' ? `{${text}}` : text;
  }
  return `${toHex(key.subarray(0, SHOWN), ' ')}${key.length > SHOWN ? ' …' : ''}`;
}
