/** `a[b]`, `a[off:size]` and `MAP[key]@cpu`: bytes of packet and memory, elements of maps and arrays. */
import type { MapRecord } from '../../kernel/world.ts';
import { mapInfo } from '../../maps/object.ts';
import { mapTypeName } from '../../spec/mapTypes.ts';
import type { Problem } from '../../util/problem.ts';
import type { Node, NodeOf } from './ast.ts';
import { type Evaluation, isProblem, isSpot, type Operand } from './evaluation.ts';
import { keyBytes } from './keys.ts';
import { elementOf, hasKeys, isPercpu } from './mapElement.ts';
import { addressIn, moved, valueType } from './members.ts';
import { isLayer, packetSpot } from './packetFields.ts';
import type { Spot } from './spot.ts';
import { elementType, isArray, sizeOf } from './types.ts';
import { ABSENT, kindText, number, type Value } from './value.ts';

type Index = NodeOf<'index'>;

/** Bytes that are read at once. */
const MAX_BYTES = 65_536;

/** A number, read as signed; undefined where it is absent. */
function signedNumber(e: Evaluation, node: Node): bigint | Problem | undefined {
  const value = e.value(node);
  if (isProblem(value)) return value;
  if (value.kind === 'absent') return undefined;
  if (value.kind !== 'number') return e.problem('expr-not-number', node, { what: kindText(value) });
  return BigInt.asIntN(64, value.value);
}

interface Range {
  readonly offset: number;
  readonly size: number;
}

/** Offset and size in bytes (1 without); undefined where one of them is absent. */
function range(e: Evaluation, node: Index): Range | Problem | undefined {
  const offset = signedNumber(e, node.index);
  if (offset === undefined || typeof offset !== 'bigint') return offset;
  const size = node.size ? signedNumber(e, node.size) : 1n;
  if (size === undefined || typeof size !== 'bigint') return size;
  if (size < 1n || size > BigInt(MAX_BYTES)) {
    return e.problem('expr-range', node.size ?? node, { what: 'size', value: `${size}`, range: `1 to ${MAX_BYTES}` });
  }
  if (offset > 1n << 40n || offset < -(1n << 40n)) {
    return e.problem('expr-range', node.index, { what: 'offset', value: `${offset}`, range: 'below 2^40' });
  }
  return { offset: Number(offset), size: Number(size) };
}

/** The element of a map, for the current CPU. */
function mapOperand(e: Evaluation, node: Index, map: MapRecord): Operand {
  const { kernel } = e.view;
  if (!hasKeys(map)) {
    return e.problem('expr-map-lookup', node, { type: mapTypeName(map.type) ?? `${map.type}`, map: map.name });
  }
  if (node.size) return e.problem('expr-key', node.size, { map: map.name, why: 'one key is expected, no range' });
  const key = keyBytes(e, map, node.index);
  if (key === undefined) return ABSENT;
  if (isProblem(key)) return key;
  const cpu = isPercpu(map) ? kernel.world.cpu : 0;
  const element = elementOf(kernel, map, key, cpu);
  if (element?.kind === 'map') return { kind: 'map', map: element.map };
  if (element?.kind === 'socket') {
    const view = kernel.arena.ownerAt(element.at);
    const to = view === 0 ? undefined : ({ kind: 'ctx', struct: 'bpf_sock' } as const);
    return number(view === 0 ? element.at : view, { kind: 'pointer', to });
  }
  const type = element?.kind === 'bytes' ? undefined : valueType(map);
  const size = element?.kind === 'bytes' ? element.bytes.length : mapInfo(kernel.maps, map.address).value_size;
  return { where: { kind: 'map', map, key, cpu, offset: 0 }, size, ...(type && { type }) };
}

/** Part of a piece of storage. */
function part(e: Evaluation, node: Index, spot: Spot): Operand {
  const element = spot.elements ?? (spot.type && isArray(spot.type) ? elementType(spot.type) : undefined);
  if (element && !node.size) {
    const one = sizeOf(element) ?? 0;
    const index = signedNumber(e, node.index);
    if (index === undefined) return ABSENT;
    if (typeof index !== 'bigint') return index;
    const count = one === 0 ? 0 : Math.floor(spot.size / one);
    if (index < 0n || index >= BigInt(count)) {
      const args = { what: 'index', value: `${index}`, range: `0 to ${count - 1}` };
      return e.problem('expr-range', node.index, args);
    }
    return { where: moved(spot.where, Number(index) * one), size: one, type: element };
  }
  const bytes = range(e, node);
  if (bytes === undefined) return ABSENT;
  if (isProblem(bytes)) return bytes;
  if (bytes.offset < 0 || bytes.offset + bytes.size > spot.size) {
    const last = spot.size - 1;
    return e.problem('expr-range', node.index, { what: 'byte', value: `${bytes.offset}`, range: `0 to ${last}` });
  }
  const { order, raw } = spot;
  const where = moved(spot.where, bytes.offset);
  return { where, size: bytes.size, ...(order ? { order } : raw === true && { raw }) };
}

/** Bytes at an address, or the element of what a pointer with a type points to. */
function behind(e: Evaluation, node: Index, value: Value & { readonly kind: 'number' }): Operand {
  const to = value.form?.kind === 'pointer' ? value.form.to : undefined;
  const bytes = range(e, node);
  if (bytes === undefined) return ABSENT;
  if (isProblem(bytes)) return bytes;
  const base = addressIn(value.value) ?? -1;
  const size = to && !node.size ? sizeOf(to) : undefined;
  if (to && size !== undefined) {
    return { where: { kind: 'memory', at: base < 0 ? -1 : base + bytes.offset * size }, size, type: to };
  }
  return { where: { kind: 'memory', at: base < 0 ? -1 : base + bytes.offset }, size: bytes.size };
}

/** What `base[index]` is. */
export function indexOperand(e: Evaluation, node: Index): Operand {
  const { base } = node;
  if (base.kind === 'name' && !base.quoted) {
    if (base.name === 'pkt') {
      const bytes = range(e, node);
      if (bytes === undefined) return ABSENT;
      return isProblem(bytes) ? bytes : (packetSpot(e.view, bytes.offset, bytes.size) ?? ABSENT);
    }
    if (base.name === 'mem') {
      const bytes = range(e, node);
      if (bytes === undefined) return ABSENT;
      if (isProblem(bytes)) return bytes;
      return { where: { kind: 'memory', at: bytes.offset }, size: bytes.size, ...(node.size && { raw: true }) };
    }
    const map = e.view.kernel.map(base.name);
    if (map) return mapOperand(e, node, map);
    if (isLayer(base.name)) return e.problem('expr-no-index', base, { what: base.name });
  }
  const operand = e.operand(base);
  if (isProblem(operand)) return operand;
  if (isSpot(operand)) {
    const pointer =
      operand.type?.kind === 'pointer' || (operand.type && !isArray(operand.type) && elementType(operand.type));
    if (!pointer && operand.where.kind !== 'register') return part(e, node, operand);
    const value = e.load(operand, base);
    return isProblem(value) || value.kind !== 'number' ? value : behind(e, node, value);
  }
  switch (operand.kind) {
    case 'map':
      return mapOperand(e, node, operand.map);
    case 'number':
      return behind(e, node, operand);
    case 'absent':
      return ABSENT;
    default: {
      const { bytes, type } =
        operand.kind === 'bytes'
          ? { bytes: operand.bytes, type: undefined }
          : { bytes: operand.typed.bytes, type: { kind: 'btf', ...operand.typed } as const };
      const where = { kind: 'bytes', bytes, offset: 0 } as const;
      return part(e, node, { where, size: bytes.length, ...(type ? { type } : { order: 'network' }) });
    }
  }
}

/** What `MAP[key]@cpu` is. */
export function cpuOperand(e: Evaluation, node: NodeOf<'cpu'>): Operand {
  const base = e.operand(node.base);
  if (isProblem(base)) return base;
  if (!isSpot(base)) return base.kind === 'absent' ? ABSENT : e.problem('expr-at', node);
  if (base.where.kind !== 'map') return e.problem('expr-at', node);
  const { map } = base.where;
  if (!isPercpu(map)) return e.problem('expr-not-percpu', node, { map: map.name });
  const cpu = signedNumber(e, node.cpu);
  if (cpu === undefined) return ABSENT;
  if (typeof cpu !== 'bigint') return cpu;
  const { cpus } = e.view.kernel.maps;
  if (cpu < 0n || cpu >= BigInt(cpus)) {
    return e.problem('expr-range', node.cpu, { what: 'CPU', value: `${cpu}`, range: `0 to ${cpus - 1}` });
  }
  return { ...base, where: { ...base.where, cpu: Number(cpu) } };
}
