/** Members of structs, unions and sections: by name, and by the byte that an address lies in. */
import { resolveType, typeSize } from '../../btf/format.ts';
import type { Btf, BtfType } from '../../btf/parse.ts';
import { elementType, sizeOf } from './types.ts';
import type { Type } from './value.ts';

const MAX_DEPTH = 16;
/** Members that are looked at to find one: types of hostile files hold themselves a thousand times over. */
const MAX_MEMBERS = 20_000;

/** A member of a struct, union or section. */
export interface Member {
  readonly name: string;
  readonly type: Type;
  /** Bytes from the beginning of the struct. */
  readonly offset: number;
  /** A part of the `size` bytes there: the number of its lowest bit, and how many. */
  readonly bits?: { readonly shift: number; readonly width: number; readonly size: number };
}

interface Budget {
  left: number;
}

const budget = (): Budget => ({ left: MAX_MEMBERS });

function memberAt(btf: Btf, id: number, bitOffset: number, bits: number, name: string): Member {
  const type: Type = { kind: 'btf', btf, id, name };
  const size = typeSize(btf, id) ?? 0;
  const declared = resolveType(btf, id)?.type;
  const width = bits || (declared?.kind === 'int' && declared.bits < 8 * size ? declared.bits : 0);
  if (width === 0 && bitOffset % 8 === 0) return { name, type, offset: bitOffset / 8 };
  const offset = Math.floor(bitOffset / 8);
  const shift = bitOffset % 8;
  const span = Math.ceil((shift + (width || 8 * size)) / 8);
  return { name, type, offset, bits: { shift, width: width || 8 * size, size: span } };
}

function* variables(btf: Btf, section: BtfType & { readonly kind: 'datasec' }, left: Budget): Generator<Member> {
  for (const v of section.vars) {
    if (--left.left < 0) return;
    const variable = btf.types[v.type];
    if (variable?.kind !== 'var') continue;
    const { name, type: id } = variable;
    yield { name, type: { kind: 'btf', btf, id, name }, offset: v.offset };
  }
}

/** All members that have names, those of anonymous ones among them, and the variables of a section. */
function* membersOf(btf: Btf, id: number, left: Budget, bit = 0, depth = 0): Generator<Member> {
  const type = depth > MAX_DEPTH ? undefined : resolveType(btf, id)?.type;
  if (type?.kind === 'datasec') yield* variables(btf, type, left);
  if (type?.kind !== 'struct' && type?.kind !== 'union') return;
  for (const m of type.members) {
    if (--left.left < 0) return;
    if (m.name === '') yield* membersOf(btf, m.type, left, bit + m.bitOffset, depth + 1);
    else yield memberAt(btf, m.type, bit + m.bitOffset, m.bits, m.name);
  }
}

/** A member by name. */
export function memberNamed(btf: Btf, id: number, name: string): Member | undefined {
  for (const member of membersOf(btf, id, budget())) if (member.name === name) return member;
  return undefined;
}

/** Names of the members of a type. */
export function memberNames(btf: Btf, id: number): string[] {
  return Array.from(membersOf(btf, id, budget()), (member) => member.name);
}

/** Has the type members with names? */
export function hasMembers(btf: Btf, id: number): boolean {
  return membersOf(btf, id, budget()).next().done !== true;
}

/** The struct that begins at an offset of a type, for pointers into the middle of a value. */
export function structAt(type: Type, offset: number, left = budget(), depth = 0): Type | undefined {
  if (type.kind !== 'btf' || depth > MAX_DEPTH) return undefined;
  const resolved = resolveType(type.btf, type.id)?.type;
  if (resolved?.kind === 'array') {
    const element = elementType(type)!;
    const size = sizeOf(element) ?? 0;
    return size > 0 ? structAt(element, offset % size, left, depth + 1) : undefined;
  }
  if (resolved?.kind !== 'struct' && resolved?.kind !== 'union' && resolved?.kind !== 'datasec') return undefined;
  if (offset === 0 && resolved.kind !== 'datasec') return type;
  for (const member of membersOf(type.btf, type.id, left)) {
    const size = sizeOf(member.type) ?? 0;
    if (member.bits || offset < member.offset || offset >= member.offset + size) continue;
    const found = structAt(member.type, offset - member.offset, left, depth + 1);
    if (found) return found;
  }
  return undefined;
}
