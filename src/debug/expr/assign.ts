/** `PLACE = EXPR`: an assignment as a change of the session. */
import { resolveType } from '../../btf/format.ts';
import { typedBytes } from '../../kernel/replay/typedBytes.ts';
import { mapInfo, roundUp8 } from '../../maps/object.ts';
import { fail, ok, type Problem, type Result } from '../../util/problem.ts';
import type { Edit } from '../session/types.ts';
import type { View } from '../view.ts';
import type { Expr, Node } from './ast.ts';
import { evaluationOf } from './evaluate.ts';
import { type Evaluation, isProblem, isSpot } from './evaluation.ts';
import { jsonOf } from './keys.ts';
import { elementOf, isPercpu } from './mapElement.ts';
import { parseExpr } from './parse.ts';
import { networkBytes } from './print.ts';
import { readBytes, type Spot } from './spot.ts';
import { isBigEndian } from './types.ts';
import { bytesOf, hostBytes, hostNumber, kindText, networkNumber, type Value } from './value.ts';

type MapWhere = Extract<Spot['where'], { readonly kind: 'map' }>;

/** Does a number fit, read as unsigned or as two's complement? */
function fits(value: bigint, bits: number): boolean {
  const signed = BigInt.asIntN(64, value);
  return value < 1n << BigInt(bits) || (signed < 0n && signed >= -(1n << BigInt(bits - 1)));
}

/** A number as the contents of a spot; undefined where it does not fit. */
function numberBytes(view: View, spot: Spot, value: bigint, mac: boolean): Uint8Array | undefined {
  const { size, bits, type } = spot;
  const network = spot.order === 'network' || (type !== undefined && isBigEndian(type));
  const write = (v: bigint): Uint8Array => (network ? networkBytes(v, size) : hostBytes(v, size));
  if (bits) {
    const now = readBytes(view, spot);
    if (!(now instanceof Uint8Array) || !fits(value, bits.width)) return undefined;
    const mask = ((1n << BigInt(bits.width)) - 1n) << BigInt(bits.shift);
    const word = network ? networkNumber(now) : hostNumber(now);
    return write((word & ~mask) | ((value << BigInt(bits.shift)) & mask));
  }
  if (mac && size >= 6) {
    const bytes = new Uint8Array(size);
    bytes.set(networkBytes(value, 6));
    return bytes;
  }
  const kind = type?.kind === 'btf' ? resolveType(type.btf, type.id)?.type.kind : 'int';
  const scalar = kind === 'int' || kind === 'enum' || kind === 'enum64' || kind === 'ptr';
  return scalar && size <= 8 && fits(value, 8 * size) ? write(value) : undefined;
}

/** The bytes that a value becomes in a spot. */
function contentsFor(e: Evaluation, spot: Spot, node: Node): Uint8Array | Problem {
  const { bits, size } = spot;
  const room = bits ? `${bits.width} bits` : `${size} bytes`;
  const bad = (value: string): Problem => e.problem('expr-set-value', node, { value, room });
  if (node.kind === 'record' || node.kind === 'list') {
    const json = jsonOf(e, node);
    if (json === undefined) return bad('absent');
    if (isProblem(json)) return json;
    if (spot.type?.kind !== 'btf') return e.problem('expr-record', node);
    const bytes = typedBytes(spot.type.btf, spot.type.id, json.json);
    return typeof bytes === 'string' ? e.problem('expr-set-typed', node, { why: bytes }) : bytes;
  }
  const value = e.value(node);
  if (isProblem(value)) return value;
  if (value.kind === 'number') {
    const mac = value.form?.kind === 'mac';
    return numberBytes(e.view, spot, value.value, mac) ?? bad(`${value.value}`);
  }
  const bytes = bytesOf(value);
  return bytes?.length === size && !bits ? bytes : bad(kindText(value));
}

function memoryEdit(view: View, address: number, bytes: Uint8Array): Edit {
  if (view.kernel.arena.region(address)?.kind !== 'ctx') return { kind: 'memory', address, bytes };
  return { kind: 'ctx', address, size: bytes.length, value: hostNumber(bytes) };
}

/** In place where the element is there, so that pointers to it stay good; as an update by user space otherwise. */
function mapEdit(view: View, { map, key, cpu, offset }: MapWhere, bytes: Uint8Array): Edit {
  const { kernel } = view;
  const element = elementOf(kernel, map, key, cpu);
  if (element?.kind === 'address') return memoryEdit(view, element.at + offset, bytes);
  const { value_size, cpus } = mapInfo(kernel.maps, map.address);
  const stride = roundUp8(value_size);
  const percpu = isPercpu(map);
  const value = element?.kind === 'bytes' ? element.bytes : new Uint8Array(percpu ? stride * cpus : value_size);
  value.set(bytes, (percpu ? cpu * stride : 0) + offset);
  return { kind: 'map-update', map: map.name, key, value };
}

function editOf(e: Evaluation, target: Expr, spot: Spot, from: Evaluation, value: Expr): Edit | Problem {
  const { where, size } = spot;
  const { view } = e;
  const whole = where.kind === 'map' && where.offset === 0 && size === valueSize(view, where);
  const given: Value | Problem | undefined = value.root.kind === 'name' ? from.value(value.root) : undefined;
  if (whole && given && !isProblem(given) && given.kind === 'absent') {
    return { kind: 'map-delete', map: where.map.name, key: where.key };
  }
  if (where.kind === 'bytes') return e.problem('expr-set', target.root, { what: target.text });
  const bytes = contentsFor(from, spot, value.root);
  if (isProblem(bytes)) return bytes;
  switch (where.kind) {
    case 'register':
      return { kind: 'register', depth: where.depth, reg: where.reg, value: hostNumber(bytes) };
    case 'memory':
      return memoryEdit(view, where.at, bytes);
    case 'ctx':
      return { kind: 'ctx', address: where.at, size, value: hostNumber(bytes) };
    case 'map':
      return mapEdit(view, where, bytes);
  }
}

function valueSize(view: View, { map }: MapWhere): number {
  return mapInfo(view.kernel.maps, map.address).value_size;
}

/**
 * What `target = value` changes: a register, memory, a context field, an element of a map (`MAP[key] = absent` deletes
 * it). Numbers are put down in the byte order of what they are assigned to.
 */
export function assignment(target: string, value: string, view: View): Result<Edit> {
  const to = parseExpr(target);
  if (!to.ok) return to;
  const from = parseExpr(value);
  if (!from.ok) return from;
  const e = evaluationOf(to.value, view);
  const spot = e.operand(to.value.root);
  if (isProblem(spot)) return fail(spot);
  if (!isSpot(spot)) return fail(e.problem('expr-set', to.value.root, { what: target }));
  const edit = editOf(e, to.value, spot, evaluationOf(from.value, view), from.value);
  return isProblem(edit) ? fail(edit) : ok(edit);
}
