/** Operators, casts and functions over values. */

import type { MapRecord } from '../../kernel/world.ts';
import { htabEach } from '../../maps/hashTable.ts';
import { mapInfo } from '../../maps/object.ts';
import { MAP_TYPES } from '../../spec/mapTypes.ts';
import type { Problem } from '../../util/problem.ts';
import type { View } from '../view.ts';
import type { Node, NodeOf } from './ast.ts';
import { type Evaluation, isProblem } from './evaluation.ts';
import { NUMBER_FUNCTIONS } from './functions.ts';
import { BINARY, COMPARISONS, EQUALITY, UNARY } from './operators.ts';
import { scalarType, typeNamed } from './types.ts';
import { ABSENT, bytesOf, isTrue, kindText, networkNumber, number, type Type, type Value } from './value.ts';

const FALSE = number(0);
const TRUE = number(1);
const truth = (v: boolean): Value => (v ? TRUE : FALSE);

/** A value as a number; bytes (at most 8) in network order. Undefined where it is absent. */
function numeric(e: Evaluation, node: Node, value: Value): bigint | Problem | undefined {
  if (value.kind === 'number') return value.value;
  if (value.kind === 'absent') return undefined;
  const bytes = bytesOf(value);
  if (value.kind === 'bytes' && bytes && bytes.length <= 8) return networkNumber(bytes);
  return e.problem('expr-not-number', node, { what: kindText(value) });
}

export function unaryValue(e: Evaluation, node: NodeOf<'unary'>): Value | Problem {
  const arg = e.value(node.arg);
  if (isProblem(arg)) return arg;
  if (node.op === '!') return truth(!isTrue(arg));
  const v = numeric(e, node.arg, arg);
  if (v === undefined) return ABSENT;
  return typeof v === 'bigint' ? number(UNARY[node.op]!(v)) : v;
}

export function binaryValue(e: Evaluation, node: NodeOf<'binary'>): Value | Problem {
  const { op } = node;
  const left = e.value(node.left);
  if (isProblem(left)) return left;
  if (op === '&&' && !isTrue(left)) return FALSE;
  if (op === '||' && isTrue(left)) return TRUE;
  const right = e.value(node.right);
  if (isProblem(right)) return right;
  if (op === '&&' || op === '||') return truth(isTrue(right));
  if (left.kind === 'absent' || right.kind === 'absent') {
    if (EQUALITY.has(op)) return truth((left.kind === right.kind) === (op === '=='));
    return COMPARISONS.has(op) ? FALSE : ABSENT;
  }
  if (EQUALITY.has(op) && !(left.kind === 'number' && right.kind === 'number')) {
    const equal = equalValues(left, right);
    if (equal !== undefined) return truth(equal === (op === '=='));
    return e.problem('expr-compare', node, { left: kindText(left), right: kindText(right) });
  }
  const a = numeric(e, node.left, left);
  if (typeof a !== 'bigint') return a ?? ABSENT;
  const b = numeric(e, node.right, right);
  if (typeof b !== 'bigint') return b ?? ABSENT;
  return number(BINARY[op]!.eval!(a, b));
}

/** Are they the same, at least one of them being no number? Undefined where that is no question. */
function equalValues(a: Value, b: Value): boolean | undefined {
  if (a.kind === 'map' || b.kind === 'map') {
    return a.kind === 'map' && b.kind === 'map' ? a.map === b.map : undefined;
  }
  const [left, right] = [bytesOf(a), bytesOf(b)];
  if (left && right) return left.length === right.length && left.every((byte, i) => byte === right[i]);
  const bytes = (left ?? right)!;
  const other = left ? b : a;
  if (other.kind !== 'number') return undefined;
  // A MAC address in an array with padding behind it.
  const mac = other.form?.kind === 'mac' && bytes.length > 6 && bytes.subarray(6).every((byte) => byte === 0);
  return networkNumber(mac ? bytes.subarray(0, 6) : bytes) === other.value;
}

export function castValue(e: Evaluation, node: NodeOf<'cast'>): Value | Problem {
  const value = e.value(node.arg);
  if (isProblem(value)) return value;
  const type: Type | { readonly help: string } =
    node.type.kind === 'scalar' && node.type.stars === 0 ? scalarType(node.type.name) : typeNamed(e.view, node.type);
  if ('help' in type)
    return e.problem('expr-type', node, { name: `${node.type.kind} ${node.type.name}`, help: type.help });
  const v = numeric(e, node.arg, value);
  if (typeof v !== 'bigint') return v ?? ABSENT;
  if (type.kind === 'pointer') return number(v, { kind: 'pointer', to: type.to });
  if (type.kind !== 'scalar') return e.problem('expr-not-number', node, { what: kindText(value) });
  if (type.big) return number(NUMBER_FUNCTIONS[type.name]!(v));
  const bits = 8 * type.size;
  return type.signed ? number(BigInt.asIntN(bits, v), { kind: 'signed' }) : number(BigInt.asUintN(bits, v));
}

export function callValue(e: Evaluation, node: NodeOf<'call'>): Value | Problem {
  const arg = node.args[0]!;
  const value = e.value(arg);
  if (isProblem(value)) return value;
  if (value.kind === 'absent') return ABSENT;
  if (node.name === 'len') {
    if (value.kind === 'map') {
      const count = elements(e.view, value.map);
      return count === undefined ? e.problem('expr-no-index', arg, { what: kindText(value) }) : number(count);
    }
    const bytes = bytesOf(value);
    return bytes ? number(bytes.length) : e.problem('expr-no-index', arg, { what: kindText(value) });
  }
  const v = numeric(e, arg, value);
  if (typeof v !== 'bigint') return v ?? ABSENT;
  const result = NUMBER_FUNCTIONS[node.name]!(v);
  return number(result, node.name.startsWith('s') ? { kind: 'signed' } : undefined);
}

const HASHES: ReadonlySet<number> = new Set(
  (['hash', 'lru_hash', 'percpu_hash', 'lru_percpu_hash', 'hash_of_maps'] as const).map((name) => MAP_TYPES[name].id),
);
const ARRAYS: ReadonlySet<number> = new Set(
  (['array', 'percpu_array', 'prog_array', 'array_of_maps', 'devmap', 'cpumap'] as const).map((n) => MAP_TYPES[n].id),
);

/** Elements of a map that has them in a table; undefined for other types. */
function elements({ kernel }: View, map: MapRecord): number | undefined {
  if (ARRAYS.has(map.type)) return mapInfo(kernel.maps, map.address).max_entries;
  if (!HASHES.has(map.type)) return undefined;
  let count = 0;
  const first = { index: 0, node: 0 };
  for (let step = htabEach(kernel.maps, map.address, first, 0); step; count++) {
    step = htabEach(kernel.maps, map.address, step.cursor, 0);
  }
  return count;
}
