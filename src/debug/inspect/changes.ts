/** What became different between two moments, in lines: `R1 0 -> packet+14`, `ct4_global[{…}].lifetime 0 -> 22609`. */
import { byteChanges } from '../../kernel/replay/ctx.ts';
import { diffPackets } from '../../net/diff.ts';
import { fieldPlaces } from '../../net/locate.ts';
import { parsePacket } from '../../net/parse.ts';
import { STACK_SIZE } from '../../vm/frames.ts';
import type { View } from '../view.ts';
import { type Capture, meaningOf } from './capture.ts';
import { type Change, type Found, mapChanges, VALUE_SHOWN } from './mapChanges.ts';
import { cut } from './mapTypes.ts';
import type { PacketNow } from './packet.ts';
import { describe } from './pointer.ts';
import { lastOutputs, outputText, secondsText } from './world.ts';

/** What is told; the rest is counted. */
export interface Changes {
  readonly list: readonly Change[];
  /** Differences that are not in the list. */
  readonly more: number;
}

const MAX_CHANGES = 200;

/** `R1 0 -> packet+14`, `+ m[3] 5`, `- m[3] 5`, `trace: …`. */
function changeText({ kind, what, before, after }: Change): string {
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
  yield* mapChanges(a, b);
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
