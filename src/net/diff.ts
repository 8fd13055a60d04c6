/** What changed between two packets, field by field; for data that no table describes, byte range by byte range. */

import { toHex } from '../util/hex.ts';
import { type Field, formatField, type Value } from './fields.ts';
import { layerLabels } from './locate.ts';
import { formatOption, type PacketOption } from './options.ts';
import { type PacketStart, parsePacket } from './parse.ts';
import type { Protocol } from './proto/protocol.ts';
import { headerFields, type Layer, PROTOCOLS } from './proto/protocols.ts';

/** One change, as text. `ipv4`, `dst`, `10.96.0.10`, `10.0.1.7`; a header that came or went has the field `header`. */
export interface FieldDiff {
  readonly layer: string;
  /** A field's name, `header` for a whole header, `bytes[4:6]` for a range (end exclusive) of raw data. */
  readonly field: string;
  /** '' where there is nothing: a header added or removed, bytes appended or cut off. */
  readonly before: string;
  readonly after: string;
}

/** The most bytes of raw data that one change shows. */
const SHOWN_BYTES = 32;

/**
 * Compares two packets. Headers are matched in order so that the most fields agree: a pushed tag or an outer IP header
 * shows as one header added, not as everything changed. Equal packets give an empty list; different ones never do.
 */
export function diffPackets(
  before: Uint8Array,
  after: Uint8Array,
  options: { readonly start?: PacketStart } = {},
): FieldDiff[] {
  const old = parsePacket(before, options).layers;
  const now = parsePacket(after, options).layers;
  const oldLabels = layerLabels(old);
  const nowLabels = layerLabels(now);
  const out: FieldDiff[] = [];
  for (const [i, j] of align(old, now)) {
    if (i === undefined) out.push(...whole(nowLabels[j!]!, '', summary(now[j!]!)));
    else if (j === undefined) out.push(...whole(oldLabels[i]!, summary(old[i]!), ''));
    else out.push(...diffLayer(nowLabels[j]!, old[i]!, now[j]!));
  }
  return out;
}

/** `ipv4.dst 10.96.0.10 -> 10.0.1.7`; `+ vlan …` and `- vlan …` for whole headers. */
export function diffLine(d: FieldDiff): string {
  if (d.field === 'header') return d.before === '' ? `+ ${d.layer} ${d.after}` : `- ${d.layer} ${d.before}`;
  return `${d.layer}.${d.field} ${d.before || '(none)'} -> ${d.after || '(none)'}`;
}

type Pair = readonly [number | undefined, number | undefined];

/** The alignment of highest worth (dynamic programming over at most 41 x 41 layers), in order. */
function align(old: readonly Layer[], now: readonly Layer[]): Pair[] {
  const width = now.length + 1;
  const best = new Float64Array((old.length + 1) * width);
  for (let i = old.length - 1; i >= 0; i--) {
    for (let j = now.length - 1; j >= 0; j--) {
      const match = best[(i + 1) * width + j + 1]! + likeness(old[i]!, now[j]!);
      best[i * width + j] = Math.max(match, best[(i + 1) * width + j]!, best[i * width + j + 1]!);
    }
  }
  const pairs: Pair[] = [];
  let i = 0;
  let j = 0;
  while (i < old.length || j < now.length) {
    const here = best[i * width + j]!;
    const like = i < old.length && j < now.length ? likeness(old[i]!, now[j]!) : 0;
    if (like > 0 && here === best[(i + 1) * width + j + 1]! + like) pairs.push([i++, j++]);
    else if (i < old.length && (j === now.length || here === best[(i + 1) * width + j]!)) pairs.push([i++, undefined]);
    else pairs.push([undefined, j++]);
  }
  return pairs;
}

/** 0 for different protocols, else 1 and one more for each field that agrees (whole numbers: sums stay exact). */
function likeness(a: Layer, b: Layer): number {
  if (a.layer !== b.layer) return 0;
  const [x, y] = [valuesOf(a), valuesOf(b)];
  return 1 + fieldsOf(a).filter((f) => f.kind !== 'bytes' && x[f.name] === y[f.name]).length;
}

function valuesOf(layer: Layer): Readonly<Record<string, unknown>> {
  return layer as unknown as Readonly<Record<string, unknown>>;
}

function fieldsOf(layer: Layer): readonly Field[] {
  return headerFields(PROTOCOLS[layer.layer] as Protocol, valuesOf(layer));
}

function whole(label: string, before: string, after: string): FieldDiff[] {
  return [{ layer: label, field: 'header', before, after }];
}

/** A header in a few words: its fields but for lengths, checksums and constants. */
function summary(layer: Layer): string {
  const values = valuesOf(layer);
  if ('bytes' in layer && layer.bytes) return shownHex(layer.bytes);
  const fields = fieldsOf(layer).filter((f) => f.expect === undefined && (!f.auto || f.auto.is === 'next'));
  const words = fields
    .filter((f) => values[f.name] !== undefined)
    .map((f) => `${f.name} ${formatField(f, values[f.name] as Value)}`);
  return words.join(', ') || `${layer.size} bytes`;
}

function diffLayer(label: string, a: Layer, b: Layer): FieldDiff[] {
  const [x, y] = [valuesOf(a), valuesOf(b)];
  const out: FieldDiff[] = [];
  const fields = [...fieldsOf(a)];
  for (const f of fieldsOf(b)) if (!fields.some((g) => g.name === f.name)) fields.push(f);
  for (const field of fields) {
    const before = x[field.name] === undefined ? '' : formatField(field, x[field.name] as Value);
    const after = y[field.name] === undefined ? '' : formatField(field, y[field.name] as Value);
    if (before !== after) out.push({ layer: label, field: field.name, before, after });
  }
  const tail = (PROTOCOLS[a.layer] as Protocol).tail;
  if (!tail) return out;
  if (tail.as === 'bytes') {
    const [p, q] = [x[tail.name] ?? new Uint8Array(0), y[tail.name] ?? new Uint8Array(0)] as [Uint8Array, Uint8Array];
    return [...out, ...diffBytes(label, tail.name, p, q)];
  }
  const text = (v: unknown) => ((v ?? []) as readonly PacketOption[]).map(formatOption).join(',');
  const [before, after] = [text(x[tail.name]), text(y[tail.name])];
  return before === after ? out : [...out, { layer: label, field: tail.name, before, after }];
}

function shownHex(bytes: Uint8Array): string {
  const more = bytes.length - SHOWN_BYTES;
  return more > 0 ? `${toHex(bytes.subarray(0, SHOWN_BYTES))}… (${more} more bytes)` : toHex(bytes);
}

/** Ranges that differ; equal stretches of up to two bytes between them are taken in. */
function diffBytes(label: string, name: string, a: Uint8Array, b: Uint8Array): FieldDiff[] {
  const out: FieldDiff[] = [];
  const common = Math.min(a.length, b.length);
  const add = (from: number, to: number) => {
    const range = `${name}[${from}:${to}]`;
    out.push({
      layer: label,
      field: range,
      before: shownHex(a.subarray(from, to)),
      after: shownHex(b.subarray(from, to)),
    });
  };
  let from = -1;
  let to = -1;
  for (let i = 0; i < common; i++) {
    if (a[i] === b[i]) continue;
    if (from >= 0 && i - to > 2) {
      add(from, to);
      from = -1;
    }
    if (from < 0) from = i;
    to = i + 1;
  }
  if (from >= 0) add(from, to);
  if (a.length !== b.length) add(common, Math.max(a.length, b.length));
  return out;
}
