/** What became different between two moments, in lines: `R1 0 -> packet+14`, `ct4_global[{…}].lifetime 0 -> 22609`. */
import { byteChanges } from '../../kernel/replay/ctx.ts';
import { typedText } from '../../kernel/replay/typedText.ts';
import { diffPackets } from '../../net/diff.ts';
import { fieldPlaces } from '../../net/locate.ts';
import { parsePacket } from '../../net/parse.ts';
import { STACK_SIZE } from '../../vm/frames.ts';
import type { View } from '../view.ts';
import { type Capture, type CapturedElement, type CapturedMap, meaningOf } from './capture.ts';
import { cut, isSection, leavesOf, mapTypes } from './mapTypes.ts';
import type { PacketNow } from './packet.ts';
import { describe } from './pointer.ts';
import { lastOutputs, outputText, secondsText } from './world.ts';

export type ChangeKind = 'frame' | 'register' | 'stack' | 'packet' | 'ctx' | 'map' | 'clock' | 'redirect' | 'output';

/** One difference. */
export interface Change {
  readonly kind: ChangeKind;
  /** Where: `R1`, `fp-16`, `packet+26..29 (ipv4.src)`, `ct4_global[{…}].lifetime`. */
  readonly what: string;
  /** '' where there was nothing. */
  readonly before: string;
  /** '' where there is nothing now. */
  readonly after: string;
}

/** What is told; the rest is counted. */
export interface Changes {
  readonly list: readonly Change[];
  /** Differences that are not in the list. */
  readonly more: number;
}

const MAX_CHANGES = 200;
/** Characters of a key. */
const KEY_SHOWN = 72;
/** Characters of a value. */
const VALUE_SHOWN = 160;

type Found = Generator<Change>;

/** `R1 0 -> packet+14`, `+ m[3] 5`, `- m[3] 5`, `trace: …`. */
export function changeText({ kind, what, before, after }: Change): string {
  if (kind === 'output' || kind === 'frame') return what;
  if (before === '') return `+ ${what} ${after}`.trimEnd();
  if (after === '') return `- ${what} ${before}`;
  return `${what} ${before} -> ${after}`;
}

const frameName = (depth: number, inner: number): string => (depth === inner ? '' : ` of frame ${depth}`);

/** Frames that both moments have: the same functions from the outermost on. */
function sharedFrames(a: Capture, b: Capture): number {
  let shared = 0;
  while (shared < Math.min(a.frames.length, b.frames.length) && a.frames[shared]!.func === b.frames[shared]!.func)
    shared++;
  return shared;
}

function* frames(a: Capture, b: Capture, shared: number): Found {
  for (let depth = a.frames.length - 1; depth >= shared; depth--) {
    yield { kind: 'frame', what: `left ${a.frames[depth]!.func}`, before: a.frames[depth]!.func, after: '' };
  }
  for (const { func } of b.frames.slice(shared))
    yield { kind: 'frame', what: `entered ${func}`, before: '', after: func };
}

function* registers(a: Capture, b: Capture, shared: number): Found {
  const inner = b.frames.length - 1;
  for (let depth = shared - 1; depth >= 0; depth--) {
    for (let index = 0; index < 11; index++) {
      if (a.registers.frames[depth]![index] === b.registers.frames[depth]![index]) continue;
      const [before, after] = [a.meanings[depth]![index]!, b.meanings[depth]![index]!];
      const hex = before === after;
      const text = (c: Capture, said: string): string =>
        hex ? `0x${c.registers.frames[depth]![index]!.toString(16)}` : said;
      yield {
        kind: 'register',
        what: `R${index}${frameName(depth, inner)}`,
        before: text(a, before),
        after: text(b, after),
      };
    }
  }
}

function number(bytes: Uint8Array, at: number, size: number): bigint {
  let value = 0n;
  for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[at + i]!);
  return value;
}

/** The smallest aligned 1, 2, 4 or 8 bytes of a slot that hold all bytes which differ. */
function changedPart(a: Uint8Array, b: Uint8Array, slot: number): { readonly at: number; readonly size: number } {
  const marks = Array.from({ length: 8 }, (_, i) => a[slot + i] !== b[slot + i]);
  const [first, last] = [marks.indexOf(true), marks.lastIndexOf(true)];
  const size = [1, 2, 4, 8].find((n) => Math.floor(first / n) === Math.floor(last / n))!;
  return { at: slot + Math.floor(first / size) * size, size };
}

/** Slots of all frames that both moments have; a frame that was entered finds what the last one left there. */
function* stack(view: View, a: Capture, b: Capture): Found {
  const inner = b.frames.length - 1;
  for (let depth = inner; depth >= 0; depth--) {
    const now = b.stack.frames[depth]!;
    const old = a.stack.frames[depth];
    for (let slot = STACK_SIZE - 8; old && slot >= 0; slot -= 8) {
      if (number(old, slot, 8) === number(now, slot, 8)) continue;
      const pointers = [old, now].some((bytes) => describe(view, number(bytes, slot, 8)) !== undefined);
      const { at, size } = pointers ? { at: slot, size: 8 } : changedPart(old, now, slot);
      const part = size === 8 ? '' : ` (u${8 * size})`;
      const what = `fp-${STACK_SIZE - at}${part}${frameName(depth, inner)}`;
      const text = (bytes: Uint8Array): string => meaningOf(view, number(bytes, at, size));
      yield { kind: 'stack', what, before: text(old), after: text(now) };
    }
  }
}

const range = (at: number, size: number): string => (size === 1 ? `${at}` : `${at}..${at + size - 1}`);

function* packet(a: PacketNow | undefined, b: PacketNow | undefined): Found {
  if (!a || !b) return;
  const { layer, bytes } = b;
  if (a.total !== b.total) yield { kind: 'packet', what: 'packet length', before: `${a.total}`, after: `${b.total}` };
  if (layer !== 'eth' && layer !== 'ip') {
    for (const { field, before, after } of byteChanges(a.bytes, bytes)) {
      yield {
        kind: 'packet',
        what: field.replace('bytes', 'packet'),
        before: cut(before, VALUE_SHOWN),
        after: cut(after, VALUE_SHOWN),
      };
    }
    return;
  }
  const places = fieldPlaces(parsePacket(bytes, { start: layer }).layers);
  for (const diff of diffPackets(a.bytes, bytes, { start: layer })) {
    if (diff.field === 'header') {
      yield { kind: 'packet', what: diff.layer, before: diff.before, after: diff.after };
      continue;
    }
    const name = `${diff.layer}.${diff.field}`;
    const place = places.find((p) => p.name === name);
    const what = place ? `packet+${range(place.at, place.size)} (${name})` : `packet (${name})`;
    yield { kind: 'packet', what, before: diff.before || '(none)', after: diff.after || '(none)' };
  }
}

function* ctx(a: Capture, b: Capture): Found {
  for (const [name, after] of b.ctx) {
    const before = a.ctx.get(name);
    if (before !== undefined && before !== after) yield { kind: 'ctx', what: `ctx.${name}`, before, after };
  }
}

function wholeValue(map: CapturedMap, values: readonly Uint8Array[], nowNs: bigint): string {
  const typed = mapTypes(map.record)?.typed;
  const text = (bytes: Uint8Array): string => (typed ? typed.valueText(bytes, nowNs) : bytesText(bytes));
  return cut(values.map(text).join('; '), VALUE_SHOWN);
}

function bytesText(bytes: Uint8Array): string {
  return Array.from(bytes.subarray(0, 64), (b) => b.toString(16).padStart(2, '0')).join(' ');
}

const differs = (a: Uint8Array, b: Uint8Array, from: number, to: number): boolean => {
  for (let i = from; i < to; i++) if (a[i] !== b[i]) return true;
  return false;
};

/** What of one value changed: by members where its type is known, else by bytes. */
function* value(map: CapturedMap, name: string, before: Uint8Array, after: Uint8Array): Found {
  const types = mapTypes(map.record);
  const told = new Uint8Array(after.length);
  for (const leaf of types ? leavesOf(types.btf, types.value) : []) {
    const end = leaf.offset + leaf.size;
    told.fill(1, leaf.offset, end);
    if (!differs(before, after, leaf.offset, end)) continue;
    const text = (bytes: Uint8Array): string => {
      const own = bytes.subarray(leaf.offset, end);
      const member = leaf.place.replace(/^.*\./, '');
      return cut(
        leaf.type === 0 ? bytesText(own) : typedText(types!.btf, leaf.type, own, undefined, member),
        VALUE_SHOWN,
      );
    };
    // Variables of a section have names of their own.
    const place = isSection(map.record) ? `${name}.${leaf.place}` : `${name}${leaf.place}`;
    yield { kind: 'map', what: place, before: text(before), after: text(after) };
  }
  // Padding, and all of a value without types.
  const rest = before.map((byte, i) => (told[i] ? after[i]! : byte));
  for (const change of byteChanges(rest, after)) {
    const what = change.field.replace(/^bytes/, name);
    yield { kind: 'map', what, before: cut(change.before, VALUE_SHOWN), after: cut(change.after, VALUE_SHOWN) };
  }
}

function* element(map: CapturedMap, name: string, a: CapturedElement, b: CapturedElement): Found {
  if (a.held !== b.held) yield { kind: 'map', what: name, before: a.held, after: b.held };
  for (const [i, after] of b.values.entries()) {
    const before = a.values[i];
    const own = b.values.length > 1 ? `${name}@cpu${i}` : name;
    if (before && before.length === after.length) yield* value(map, own, before, after);
  }
}

function* maps(a: Capture, b: Capture): Found {
  for (const [address, now] of b.maps) {
    const old = a.maps.get(address);
    if (!old) continue;
    const { name } = now.record;
    const section = isSection(now.record);
    const named = ({ keyText }: CapturedElement): string => (section ? name : `${name}[${cut(keyText, KEY_SHOWN)}]`);
    for (const [key, was] of old.elements) {
      if (now.elements.has(key)) continue;
      yield {
        kind: 'map',
        what: named(was),
        before: was.held || wholeValue(old, was.values, a.clockNs) || '?',
        after: '',
      };
    }
    for (const [key, is] of now.elements) {
      const was = old.elements.get(key);
      if (was) yield* element(now, named(is), was, is);
      else yield { kind: 'map', what: named(is), before: '', after: is.held || wholeValue(now, is.values, b.clockNs) };
    }
  }
}

function* outputs(view: View, a: Capture, b: Capture): Found {
  const count = b.outputs - a.outputs;
  if (count <= 0) return;
  for (const output of lastOutputs(view, Math.min(count, MAX_CHANGES))) {
    const text = outputText(view, output);
    yield { kind: 'output', what: text, before: '', after: text };
  }
}

function* all(view: View, a: Capture, b: Capture): Found {
  const same = a.run === b.run && a.run !== undefined;
  if (same) {
    const shared = sharedFrames(a, b);
    yield* frames(a, b, shared);
    yield* registers(a, b, shared);
    yield* stack(view, a, b);
    yield* packet(a.packet, b.packet);
    yield* ctx(a, b);
  }
  yield* maps(a, b);
  if (a.clockNs !== b.clockNs)
    yield { kind: 'clock', what: 'clock', before: secondsText(a.clockNs), after: secondsText(b.clockNs) };
  if (a.redirect !== b.redirect) yield { kind: 'redirect', what: 'redirect', before: a.redirect, after: b.redirect };
  yield* outputs(view, a, b);
}

/**
 * What is different at `b`, which is the moment of the view. Of two different runs only the maps, the clock and the outputs
 * are compared. At most `max` changes are told, the rest is counted.
 */
export function diffCaptures(view: View, a: Capture, b: Capture, max = MAX_CHANGES): Changes {
  const list: Change[] = [];
  let more = 0;
  for (const change of all(view, a, b)) {
    if (list.length < max) list.push(change);
    else more++;
  }
  return { list, more };
}

/** The changes as lines. */
export function changeLines({ list, more }: Changes): string[] {
  const lines = list.map(changeText);
  return more > 0 ? [...lines, `(${more} more changes)`] : lines;
}
