/** Bytes to layers. Total: any bytes give the layers that can be read and a problem for what is wrong with them. */

import type { Problem } from '../util/problem.ts';
import { type Field, formatField, readField, type Value } from './fields.ts';
import { netProblem, ProblemList } from './messages.ts';
import { parseOptions } from './options.ts';
import type { Protocol } from './proto/protocol.ts';
import { fixedSize, headerFields, type Layer, type LayerName, NEXT_TABLES, PROTOCOLS } from './proto/protocols.ts';

/** The most headers that are read one after the other; what follows stays payload. */
export const MAX_LAYERS = 40;

/** What the first byte of a packet belongs to: an Ethernet header, or an IPv4 or IPv6 one as its version says. */
export type PacketStart = 'eth' | 'ip';

/** A packet as headers and payload; any bytes can be parsed. */
export interface ParsedPacket {
  /** Outermost first. Together they cover every byte of the packet exactly once. */
  readonly layers: readonly Layer[];
  /** What is truncated or strange, with its byte offset. */
  readonly problems: readonly Problem[];
}

/** The part of the packet that is left to read. */
interface Rest {
  at: number;
  /** End of what the headers so far announce, within the packet; and how much more they announce. */
  end: number;
  missing: number;
  /** Inside the packet that an ICMP error quotes. */
  quoted: boolean;
  /** Shorter than its headers say by design: quoted, or the first fragment of something. */
  partial: boolean;
}

/** A layer with its fields under their names, before the types of the table are put on it. */
type LooseLayer = Record<string, unknown>;

/**
 * Reads a packet. Nothing is thrown and nothing beyond the bytes given is allocated.
 *
 * @param bytes the packet, from its first header on
 * @param options.start what it begins with; Ethernet unless given
 */
export function parsePacket(bytes: Uint8Array, options: { readonly start?: PacketStart } = {}): ParsedPacket {
  const problems = new ProblemList();
  const layers: Layer[] = [];
  const rest: Rest = { at: 0, end: bytes.length, missing: 0, quoted: false, partial: false };
  let name: LayerName | undefined = firstLayer(bytes, options.start ?? 'eth');
  while (name !== undefined) {
    if (layers.length === MAX_LAYERS) {
      problems.add(netProblem('too-many-layers', { byte: rest.at }, { max: MAX_LAYERS }));
      break;
    }
    // A row without fixed fields has nothing to miss, and chunks may simply end.
    if (rest.at >= rest.end && name === 'sctp_chunk') break;
    name = parseLayer(name, bytes, rest, layers, problems);
  }
  if (rest.at < rest.end) addBytes('payload', bytes, rest.at, rest.end, rest, layers);
  if (rest.end < bytes.length) addBytes('padding', bytes, rest.end, bytes.length, { ...rest, missing: 0 }, layers);
  return { layers, problems: problems.list };
}

function firstLayer(bytes: Uint8Array, start: PacketStart): LayerName {
  if (start === 'eth') return 'eth';
  return (bytes[0] ?? 0) >>> 4 === 6 ? 'ipv6' : 'ipv4';
}

function addBytes(name: LayerName, bytes: Uint8Array, at: number, end: number, rest: Rest, layers: Layer[]): void {
  const place = { at, size: end - at, end, missing: rest.missing, ...(rest.quoted ? { quoted: true } : {}) };
  layers.push({ layer: name, ...place, bytes: bytes.slice(at, end) } as unknown as Layer);
}

/** Reads one header at `rest.at`, moves `rest` behind it and answers the name of the next, undefined when that is payload. */
function parseLayer(
  name: LayerName,
  bytes: Uint8Array,
  rest: Rest,
  layers: Layer[],
  problems: ProblemList,
): LayerName | undefined {
  const proto: Protocol = PROTOCOLS[name];
  const at = rest.at;
  const have = rest.end - at;
  const layer: LooseLayer = { layer: name };
  let read = readFields(proto.fields, bytes, at, have, layer);
  const fields = headerFields(proto, layer);
  const fixed = fixedSize(fields);
  if (fields !== proto.fields && read === fixedSize(proto.fields)) read = readFields(fields, bytes, at, have, layer);

  const done = (size: number) => {
    rest.at = at + size;
    const place = { at, size, end: rest.end, missing: rest.missing };
    layers.push({ ...layer, ...place, ...(rest.quoted ? { quoted: true } : {}) } as unknown as Layer);
  };
  if (read < fixed) {
    if (!rest.partial && rest.missing === 0) {
      problems.add(netProblem('truncated-header', { byte: at }, { layer: name, need: fixed, have }));
    }
    layer.cut = read;
    if (read > 0) done(read);
    return undefined;
  }
  for (const field of fields) {
    if (field.expect === undefined || layer[field.name] === field.expect) continue;
    const args = { layer: name, field: field.name, value: text(field, layer), expected: field.expect };
    problems.add(netProblem('bad-value', { byte: at + field.offset }, args));
    done(fixed);
    return undefined;
  }
  const size = headerSize(proto, fields, fixed, layer, at, rest, problems);
  if (size === undefined) {
    done(fixed);
    return undefined;
  }
  if (proto.tail && size > fixed) {
    const { name: tail, as } = proto.tail;
    layer[tail] =
      as === 'bytes'
        ? bytes.slice(at + fixed, at + size)
        : parseOptions(as, bytes, at + fixed, at + size, (p) => problems.add(p));
  }
  limitBy(fields, size, layer, at, rest, problems);
  done(size);
  if (proto.quotes?.(layer)) rest.quoted = rest.partial = true;
  if (isFirstFragment(layer)) rest.partial = true;
  return nextLayer(proto, fields, layer, rest);
}

/** Reads fields in order up to the first that is not wholly there; answers the bytes of those read. */
function readFields(
  fields: readonly Field[],
  bytes: Uint8Array,
  at: number,
  have: number,
  into: Record<string, unknown>,
): number {
  let read = 0;
  for (const field of fields) {
    if (field.offset + field.size > have) break;
    into[field.name] = readField(field, bytes, at);
    read = Math.max(read, field.offset + field.size);
  }
  return read;
}

function text(field: Field, layer: LooseLayer): string {
  return formatField(field, layer[field.name] as Value);
}

/** The length of the header by its own word, undefined (with a problem) when that cannot be. */
function headerSize(
  proto: Protocol,
  fields: readonly Field[],
  fixed: number,
  layer: LooseLayer,
  at: number,
  rest: Rest,
  problems: ProblemList,
): number | undefined {
  const field = fields.find((f) => f.auto?.is === 'header');
  if (field?.auto?.is !== 'header') return fixed;
  const have = rest.end - at;
  const value = layer[field.name] as number;
  const announced = value * field.auto.unit + field.auto.bias;
  const place = { byte: at + field.offset };
  if (announced < fixed) {
    const args = { layer: proto.name, field: field.name, value, bytes: announced, min: fixed };
    problems.add(netProblem('bad-header-length', place, args));
    return undefined;
  }
  if (announced > have) {
    layer.cut = fixed;
    if (!rest.partial && rest.missing === 0) {
      problems.add(netProblem('truncated-header', place, { layer: proto.name, need: announced, have }));
    }
    return undefined;
  }
  const align = field.auto.align ?? 1;
  return Math.min(have, Math.ceil(announced / align) * align);
}

/** Applies a field that tells how much the header carries. */
function limitBy(
  fields: readonly Field[],
  size: number,
  layer: LooseLayer,
  at: number,
  rest: Rest,
  problems: ProblemList,
): void {
  const field = fields.find((f) => f.auto?.is === 'total' || f.auto?.is === 'payload');
  if (!field) return;
  const value = layer[field.name] as number;
  const place = { byte: at + field.offset };
  const name = layer.layer as string;
  if (field.auto?.is === 'total' && value < size) {
    problems.add(netProblem('bad-length', place, { layer: name, field: field.name, value, min: size }));
    return;
  }
  // RFC 2675: a jumbogram has the length 0 and its true one in a hop-by-hop option.
  if (name === 'ipv6' && value === 0 && layer.nexthdr === 0) return;
  const end = at + value + (field.auto?.is === 'payload' ? size : 0);
  if (end > rest.end + rest.missing && !rest.partial) {
    const args = { layer: name, field: field.name, need: value, have: value - (end - rest.end) };
    problems.add(netProblem('truncated-data', place, args));
  }
  rest.missing = Math.max(0, end - rest.end);
  rest.end = Math.min(rest.end, end);
}

function isFirstFragment(layer: LooseLayer): boolean {
  if (layer.layer === 'ipv4') return ((layer.flags as number) & 1) === 1;
  return layer.layer === 'fragment' && layer.more === 1;
}

function nextLayer(proto: Protocol, fields: readonly Field[], layer: LooseLayer, rest: Rest): LayerName | undefined {
  const field = fields.find((f) => f.auto?.is === 'next');
  const byTable =
    field?.auto?.is === 'next'
      ? NEXT_TABLES[field.auto.table].find((r) => r.value === layer[field.name])?.layer
      : undefined;
  const next = (proto.next ? proto.next(layer, byTable) : byTable) as LayerName | undefined;
  // A quote may end anywhere, also before its next header.
  return next !== undefined && rest.at === rest.end && (rest.partial || rest.missing > 0) ? undefined : next;
}
