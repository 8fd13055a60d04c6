/** Layers to bytes: fields by the tables; lengths, types and checksums computed where none is given. */

import { fail, ok, type Problem, type Result } from '../util/problem.ts';
import { suggest } from '../util/suggest.ts';
import { internetChecksum, sctpChecksum } from './checksum.ts';
import { encodeBytes, encodeValue, expectedValue, type Field, fieldMax, initialValue, writeField } from './fields.ts';
import { netProblem } from './messages.ts';
import { encodeOptions, type OptionSpec } from './options.ts';
import type { Protocol } from './proto/protocol.ts';
import { fixedSize, headerFields, type LayerName, type LayerSpec, NEXT_TABLES, PROTOCOLS } from './proto/protocols.ts';
import { type HeaderPlace, pseudoSum } from './pseudo.ts';

/** A header on its way into the packet: its bytes, and the fields that are still to be computed. */
interface Draft {
  readonly layer: LayerName;
  readonly bytes: Uint8Array;
  readonly open: readonly Field[];
}

/** Keys of a parsed layer that say where it was. */
const PLACE_KEYS: readonly string[] = ['layer', 'at', 'size', 'end', 'missing', 'cut', 'quoted'];
/** Bounds the work: each checksum is a pass over the rest of the packet. */
const MAX_SPECS = 1024;
/** RFC 5342 local experimental ethertype, RFC 3692 experimental protocol, RFC 8200 "no next header". */
const NO_ETHERTYPE = 0x88b5;
const NO_PROTOCOL = 253;
const NO_NEXT_HEADER = 59;

/**
 * Builds a packet from headers, outermost first. Every field of the tables may be given (addresses as text, `flags`
 * also as text: `'S.'`, `'DF'`; bytes also as hex); the rest gets defaults. Length, next-type and checksum fields are
 * computed unless given. `cut: n` keeps only the first n bytes of a header. `padding` is counted by no length.
 *
 * @returns the packet, or a problem for each unknown layer or field and each value that does not fit
 * @example buildPacket([{ layer: 'eth' }, { layer: 'ipv4', dst: '10.96.0.10' }, { layer: 'tcp', dport: 80 }])
 */
export function buildPacket(layers: readonly LayerSpec[]): Result<Uint8Array> {
  if (!Array.isArray(layers)) return fail(netProblem('not-layers'));
  if (layers.length > MAX_SPECS) {
    return fail(netProblem('too-many-specs', {}, { count: layers.length, max: MAX_SPECS }));
  }
  const problems: Problem[] = [];
  const drafts = layers.map((spec: unknown) => draftLayer(spec, problems));
  if (problems.length > 0) return fail(...problems);
  return assemble(drafts as Draft[]);
}

function draftLayer(spec: unknown, problems: Problem[]): Draft | undefined {
  if (typeof spec !== 'object' || spec === null) {
    problems.push(netProblem('not-layers'));
    return undefined;
  }
  const given = spec as Readonly<Record<string, unknown>>;
  const name = String(given.layer);
  if (!Object.hasOwn(PROTOCOLS, name)) {
    const known = Object.keys(PROTOCOLS);
    problems.push(netProblem('unknown-layer', {}, { name, hint: hintFor(name, known), known: known.join(', ') }));
    return undefined;
  }
  const proto: Protocol = PROTOCOLS[name as LayerName];
  const typeField = proto.variants && proto.fields.find((f) => f.name === 'type');
  const fields = headerFields(proto, typeField && given.type === undefined ? { type: typeField.initial } : given);
  checkNames(proto, fields, given, problems);

  const tail = tailBytes(proto, given, problems);
  const open: Field[] = [];
  const fixed = fixedSize(fields);
  let size = fixed + tail.length;
  const length = fields.find((f) => f.auto?.is === 'header');
  let lengthValue: number | undefined;
  if (length?.auto?.is === 'header' && given[length.name] === undefined) {
    const { unit, bias, align } = length.auto;
    const padded = Math.ceil(size / (align ?? unit)) * (align ?? unit);
    lengthValue = ((align === undefined ? padded : size) - bias) / unit;
    size = padded;
    if (lengthValue > fieldMax(length)) {
      problems.push(tooLong(name, length, lengthValue));
      return undefined;
    }
  }
  const bytes = new Uint8Array(size);
  bytes.set(tail, fixed);
  for (const field of fields) {
    const value = given[field.name];
    if (value !== undefined) {
      const encoded = encodeValue(field, value);
      if (encoded !== undefined) writeField(field, bytes, 0, encoded);
      else problems.push(wrongValue(name, field.name, value, expectedValue(field)));
    } else if (field === length) writeField(field, bytes, 0, lengthValue!);
    else if (field.auto) open.push(field);
    else writeField(field, bytes, 0, initialValue(field));
  }
  const cut = typeof given.cut === 'number' ? Math.max(0, Math.min(size, Math.floor(given.cut))) : size;
  return {
    layer: name as LayerName,
    bytes: bytes.subarray(0, cut),
    open: open.filter((f) => f.offset + f.size <= cut),
  };
}

function hintFor(name: string, known: Iterable<string>): string {
  const near = suggest(name, known);
  return near === undefined ? '' : `, did you mean \`${near}\`?`;
}

function wrongValue(layer: string, field: string, value: unknown, expected: string): Problem {
  return netProblem('wrong-value', {}, { layer, field, value: String(value).slice(0, 80), expected });
}

function tooLong(layer: string, field: Field, value: number): Problem {
  return netProblem('too-long', {}, { layer, field: field.name, value, max: fieldMax(field) });
}

function checkNames(proto: Protocol, fields: readonly Field[], given: object, problems: Problem[]): void {
  const known = [...fields.map((f) => f.name), ...(proto.tail ? [proto.tail.name] : [])];
  for (const name of Object.keys(given)) {
    if (known.includes(name) || PLACE_KEYS.includes(name)) continue;
    const args = { layer: proto.name, name, hint: hintFor(name, known), known: known.join(', ') };
    problems.push(netProblem('unknown-field', {}, args));
  }
}

function tailBytes(proto: Protocol, given: Readonly<Record<string, unknown>>, problems: Problem[]): Uint8Array {
  const none = new Uint8Array(0);
  const { tail } = proto;
  const value = tail && given[tail.name];
  if (!tail || value === undefined) return none;
  if (tail.as === 'bytes') {
    const bytes = encodeBytes(value);
    if (!bytes) problems.push(wrongValue(proto.name, tail.name, value, 'bytes or their hex'));
    return bytes ?? none;
  }
  const encoded = Array.isArray(value) ? encodeOptions(tail.as, value as readonly OptionSpec[]) : { bad: 0 };
  if (encoded instanceof Uint8Array) return encoded;
  problems.push(wrongValue(proto.name, `${tail.name}[${encoded.bad}]`, JSON.stringify(value) ?? '', 'an option'));
  return none;
}

function assemble(drafts: readonly Draft[]): Result<Uint8Array> {
  let total = 0;
  const places: HeaderPlace[] = drafts.map(({ layer, bytes }) => {
    total += bytes.length;
    return { layer, at: total - bytes.length, size: bytes.length };
  });
  const out = new Uint8Array(total);
  for (const [i, draft] of drafts.entries()) out.set(draft.bytes, places[i]!.at);
  const end = drafts.reduce((e, d, i) => (d.layer === 'padding' ? e : places[i]!.at + d.bytes.length), 0);
  const problems: Problem[] = [];
  // From the inside out: an outer checksum covers the inner ones.
  for (let i = drafts.length - 1; i >= 0; i--) {
    const { layer, open } = drafts[i]!;
    const checksLast = [...open].sort((a, b) => Number(a.auto?.is === 'check') - Number(b.auto?.is === 'check'));
    for (const field of checksLast) {
      const value = autoValue(field, drafts, places, i, out, end);
      if (value > fieldMax(field)) problems.push(tooLong(layer, field, value));
      else writeField(field, out, places[i]!.at, value);
    }
  }
  return problems.length > 0 ? fail(...problems) : ok(out);
}

function autoValue(
  field: Field,
  drafts: readonly Draft[],
  places: readonly HeaderPlace[],
  index: number,
  out: Uint8Array,
  end: number,
): number {
  const auto = field.auto!;
  const { at, size, layer } = places[index]!;
  if (auto.is === 'total') return end - at;
  if (auto.is === 'payload') return end - at - size;
  if (auto.is === 'next') return nextNumber(field, auto.table, drafts, index);
  if (auto.is !== 'check') return 0;
  if (auto.over === 'crc32c') return sctpChecksum(out, at, end);
  if (auto.over === 'header') return internetChecksum(out, at, at + size);
  const sum = internetChecksum(out, at, end, auto.over === 'pseudo' ? pseudoSum(places, index, out, end - at) : 0);
  // RFC 768: a sum of zero goes out as all ones, zero means "no checksum".
  return layer === 'udp' && sum === 0 ? 0xffff : sum;
}

function nextNumber(field: Field, table: keyof typeof NEXT_TABLES, drafts: readonly Draft[], index: number): number {
  const next = drafts[index + 1]?.layer;
  // 802.1ad: the outer of two tags.
  if (next === 'vlan' && drafts[index + 2]?.layer === 'vlan') return 0x88a8;
  const row = NEXT_TABLES[table].find((r) => r.layer !== undefined && r.layer === next);
  if (row) return row.value;
  if (table === 'ethertype') return NO_ETHERTYPE;
  return field.name === 'nexthdr' && (next === undefined || next === 'padding') ? NO_NEXT_HEADER : NO_PROTOCOL;
}
