/** Keys of maps as they are written in expressions. */
import { resolveType } from '../../btf/format.ts';
import type { MapRecord } from '../../kernel/world.ts';
import { mapInfo } from '../../maps/object.ts';
import { formatIpv6, formatMac } from '../../net/addr.ts';
import type { Problem } from '../../util/problem.ts';
import { mapTypes } from '../inspect/mapTypes.ts';
import type { Node } from './ast.ts';
import type { Evaluation } from './evaluation.ts';
import { networkBytes } from './print.ts';
import { bytesOf, hostBytes, kindText, type Value } from './value.ts';

/** What the JSON of a typed value holds. */
type Json = string | readonly Json[] | { readonly [field: string]: Json };

const problem = (e: Evaluation, node: Node, map: MapRecord, why: string): Problem =>
  e.problem('expr-key', node, { map: map.name, why });

/** The bytes of a key; undefined where a part of it is absent. */
export function keyBytes(e: Evaluation, map: MapRecord, node: Node): Uint8Array | Problem | undefined {
  const { key_size } = mapInfo(e.view.kernel.maps, map.address);
  if (node.kind === 'record') {
    const types = mapTypes(map);
    if (!types || types.key === 0) {
      return problem(
        e,
        node,
        map,
        `the map has no types, so it takes ${key_size} bytes: hex:00…, mem[addr:${key_size}]`,
      );
    }
    const json = jsonOf(e, node);
    if (json === undefined) return undefined;
    if (isProblem(json)) return json;
    const bytes = types.typed.keyBytes(json.json);
    return typeof bytes === 'string' ? problem(e, node, map, bytes) : bytes;
  }
  const value = e.value(node);
  if (isProblem(value)) return value;
  if (value.kind === 'absent') return undefined;
  if (value.kind === 'number') return numberKey(e, map, node, value.value, key_size);
  const bytes = bytesOf(value);
  if (!bytes) return problem(e, node, map, `${kindText(value)} is no key`);
  return bytes.length === key_size
    ? bytes
    : problem(e, node, map, `${bytes.length} bytes are given, key_size is ${key_size}`);
}

function numberKey(e: Evaluation, map: MapRecord, node: Node, value: bigint, size: number): Uint8Array | Problem {
  if (size === 0 || size > 8) {
    return problem(e, node, map, `it has ${size} bytes; write {field: value, …}, hex:00… or mem[addr:${size}]`);
  }
  const bits = 8 * size;
  const signed = BigInt.asIntN(64, value);
  if (value >= 1n << BigInt(bits) && signed < -(1n << BigInt(bits - 1))) {
    return problem(e, node, map, `${value} does not fit into ${size} bytes`);
  }
  if (value >= 1n << BigInt(bits) && signed >= 0n)
    return problem(e, node, map, `${value} does not fit into ${size} bytes`);
  const types = mapTypes(map);
  const kind = types && types.key !== 0 ? resolveType(types.btf, types.key)?.type.kind : undefined;
  if (types && (kind === 'int' || kind === 'enum' || kind === 'enum64')) {
    const typed = types.typed.keyBytes(`${value < 1n << BigInt(bits) ? value : signed}`);
    if (typeof typed !== 'string') return typed;
  }
  return hostBytes(value, size);
}

function isProblem(value: object): value is Problem {
  return 'code' in value;
}

/** A record as the JSON that typed values are read from; undefined where a part of it is absent. */
export function jsonOf(e: Evaluation, node: Node): { readonly json: Json } | Problem | undefined {
  if (node.kind === 'record' || node.kind === 'list') {
    const parts = node.kind === 'record' ? node.fields : node.items.map((item) => ['', item] as const);
    const out: [string, Json][] = [];
    for (const [name, item] of parts) {
      const inner = jsonOf(e, item);
      if (inner === undefined || isProblem(inner)) return inner;
      out.push([name, inner.json]);
    }
    return { json: node.kind === 'record' ? Object.fromEntries(out) : out.map(([, json]) => json) };
  }
  if (node.kind === 'number' && node.form === 'mac') return { json: formatMac(networkBytes(node.value, 6)) };
  if (node.kind === 'bytes' && node.form === 'ipv6') return { json: formatIpv6(node.bytes) };
  // A word that means nothing is told with the field's name.
  if (node.kind === 'name' && !e.known(node.name)) return { json: node.name };
  const value = e.value(node);
  if (isProblem(value)) return value;
  return valueJson(e, node, value);
}

function valueJson(e: Evaluation, node: Node, value: Value): { readonly json: Json } | Problem | undefined {
  if (value.kind === 'absent') return undefined;
  if (value.kind === 'number') {
    const signed = BigInt.asIntN(64, value.value);
    return { json: `${signed < 0n && signed > -(1n << 31n) ? signed : value.value}` };
  }
  const bytes = bytesOf(value);
  return bytes ? { json: Array.from(bytes, String) } : e.problem('expr-not-number', node, { what: kindText(value) });
}
