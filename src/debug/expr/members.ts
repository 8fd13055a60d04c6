/** `a.b` and `a->b`: packet fields, context fields, members of values in maps and of what pointers point to. */
import type { MapRecord } from '../../kernel/world.ts';
import { mapAt } from '../../kernel/world.ts';
import type { Problem } from '../../util/problem.ts';
import { suggest } from '../../util/suggest.ts';
import { elementAt } from '../inspect/elements.ts';
import { isSection, mapTypes } from '../inspect/mapTypes.ts';
import { kernelObject } from '../inspect/objects.ts';
import { packetOf } from '../inspect/packet.ts';
import type { View } from '../view.ts';
import type { Node, NodeOf } from './ast.ts';
import { contextFields, contextSpot, viewStruct } from './contextFields.ts';
import { type Evaluation, isProblem, isSpot, type Operand } from './evaluation.ts';
import { fieldSpot, isLayer, layerFields } from './packetFields.ts';
import type { Spot } from './spot.ts';
import { hasMembers, memberNamed, memberNames, structAt } from './structs.ts';
import { sizeOf, typeName, typeNamed } from './types.ts';
import { ABSENT, kindText, number, type Type, type Value } from './value.ts';

type Member = NodeOf<'member'>;

function noField(e: Evaluation, node: Member, what: string, known: readonly string[]): Problem {
  const hint = suggest(node.name, known);
  const list = known.slice(0, 40).join(', ') || 'none';
  const help = hint === undefined ? `there are: ${list}` : `did you mean ${hint}?`;
  return e.problem('expr-field', node, { what, name: node.name, help });
}

/** `pkt.len`, `ipv4.src`, `ctx.mark`, `.rodata.name`: where the base is a word; undefined where the word is something else. */
function ofWord(e: Evaluation, node: Member, base: NodeOf<'name'>): Operand | undefined {
  const { view } = e;
  const dotted = view.kernel.map(`${base.name}.${node.name}`);
  if (dotted) return { kind: 'map', map: dotted };
  if (base.quoted) return undefined;
  if (base.name === 'pkt') {
    const packet = packetOf(view);
    if (node.name === 'len') return packet ? number(packet.total) : ABSENT;
    if (node.name === 'data') return packet ? number(packet.at, { kind: 'pointer', to: undefined }) : ABSENT;
    return noField(e, node, 'pkt', ['len', 'data']);
  }
  if (!isLayer(base.name)) return undefined;
  const spot = fieldSpot(view, base.name, node.name);
  if (spot) return spot;
  const fields = layerFields(base.name);
  return fields.includes(node.name) ? ABSENT : noField(e, node, base.name, fields);
}

/** A member of what lies at an address. */
function atAddress(e: Evaluation, node: Member, address: number, type: Type): Operand {
  if (type.kind === 'ctx') {
    return (
      contextSpot(e.view, address, type.struct, node.name) ??
      noField(e, node, `struct ${type.struct}`, contextFields(type.struct))
    );
  }
  return ofSpot(e, node, { where: { kind: 'memory', at: address }, size: sizeOf(type) ?? 0, type });
}

/** A member of a struct in storage. */
function ofSpot(e: Evaluation, node: Member, spot: Spot): Operand {
  const { type, where } = spot;
  if (type?.kind !== 'btf') return e.problem('expr-no-members', node.base, { what: text(node.base) });
  const member = memberNamed(type.btf, type.id, node.name);
  if (!member && !hasMembers(type.btf, type.id)) {
    return e.problem('expr-no-members', node.base, { what: text(node.base) });
  }
  if (!member) return noField(e, node, typeName(type), memberNames(type.btf, type.id));
  const size = member.bits?.size ?? sizeOf(member.type) ?? 0;
  const { bits } = member;
  return {
    where: moved(where, member.offset),
    size,
    type: member.type,
    ...(bits && { bits: { shift: bits.shift, width: bits.width } }),
  };
}

/** Some bytes further on. */
export function moved(where: Spot['where'], by: number): Spot['where'] {
  switch (where.kind) {
    case 'map':
    case 'bytes':
      return { ...where, offset: where.offset + by };
    case 'register':
      return where;
    default:
      return { ...where, at: where.at + by };
  }
}

/** What a number points to, as far as memory tells: a value of a map with types, a context, a kernel object. */
function pointee(view: View, address: number): Type | undefined {
  const { arena, maps, world } = view.kernel;
  const struct = viewStruct(view, address);
  if (struct !== undefined) return { kind: 'ctx', struct };
  const region = address > 0 ? arena.region(address) : undefined;
  if (region?.kind === 'kernel') {
    const object = kernelObject(view, address);
    const type = object && typeNamed(view, { kind: 'struct', name: object.struct, stars: 0 });
    return type && 'kind' in type ? type : undefined;
  }
  if (region?.kind !== 'map value') return undefined;
  const element = elementAt(maps, region, address);
  const map = mapAt(world, region.owner);
  const type = map && valueType(map);
  return element && type && structAt(type, address - element.value);
}

/** The BTF type of a map's values. */
export function valueType(map: MapRecord): Type | undefined {
  const types = mapTypes(map);
  return types && { kind: 'btf', btf: types.btf, id: types.value, name: '' };
}

/** An address below 2^32; undefined for numbers that are none. */
export function addressIn(value: bigint): number | undefined {
  return value < 1n << 32n ? Number(value) : undefined;
}

function text(node: Node): string {
  return node.kind === 'register' || node.kind === 'name' ? nameText(node) : 'this';
}

function nameText(node: NodeOf<'register'> | NodeOf<'name'>): string {
  return node.kind === 'name' ? node.name : `${node.half ? 'w' : 'r'}${node.reg}`;
}

function ofValue(e: Evaluation, node: Member, value: Value): Operand {
  if (value.kind === 'absent') return ABSENT;
  if (value.kind === 'typed') {
    const { btf, id, name, bytes } = value.typed;
    return ofSpot(e, node, {
      where: { kind: 'bytes', bytes, offset: 0 },
      size: bytes.length,
      type: { kind: 'btf', btf, id, name },
    });
  }
  if (value.kind === 'map') return ofSection(e, node, value.map);
  if (value.kind !== 'number') return e.problem('expr-no-members', node.base, { what: kindText(value) });
  const address = addressIn(value.value);
  const to = value.form?.kind === 'pointer' ? value.form.to : undefined;
  const type = to ?? (address === undefined ? undefined : pointee(e.view, address));
  if (!type) return e.problem('expr-no-members', node.base, { what: text(node.base) });
  return atAddress(e, node, address ?? -1, type);
}

/** Variables of a section: its map has one element. */
function ofSection(e: Evaluation, node: Member, map: MapRecord): Operand {
  const type = valueType(map);
  if (!type || !isSection(map)) {
    return e.problem('expr-no-members', node.base, { what: `map ${map.name}` });
  }
  const where = { kind: 'map', map, key: new Uint8Array(4), cpu: 0, offset: 0 } as const;
  return ofSpot(e, node, { where, size: sizeOf(type) ?? 0, type });
}

/** What a member is. */
export function memberOperand(e: Evaluation, node: Member): Operand {
  if (node.base.kind === 'name') {
    const word = ofWord(e, node, node.base);
    if (word) return word;
  }
  const base = e.operand(node.base);
  if (isProblem(base)) return base;
  if (!isSpot(base)) return ofValue(e, node, base);
  const struct = base.type?.kind === 'btf' && hasMembers(base.type.btf, base.type.id);
  if (struct) return ofSpot(e, node, base);
  const value = e.load(base, node.base);
  return isProblem(value) ? value : ofValue(e, node, value);
}
