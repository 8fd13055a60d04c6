/** The stacks of the frames, slot by slot. */
import { STACK_SIZE, stackTop } from '../../vm/frames.ts';
import type { View } from '../view.ts';
import { describe, type PointerInfo, pointerText } from './pointer.ts';
import { decimalText } from './registers.ts';

const SLOT = 8;

/** The stack bytes of all frames at one moment, by depth; plain data that can be kept. */
export interface StackSnapshot {
  /** Of the frame at this depth: 512 bytes, fp-512 first. */
  readonly frames: readonly Uint8Array[];
}

/** Eight bytes of a stack. */
export interface StackSlot {
  /** From R10 of the frame: -8, -16 … */
  readonly offset: number;
  readonly address: number;
  readonly bytes: Uint8Array;
  /** As a little-endian number, unsigned. */
  readonly value: bigint;
  readonly pointer: PointerInfo | undefined;
  /** Which bytes were others at the earlier moment; undefined where nothing is known of it. */
  readonly changed: readonly boolean[] | undefined;
}

/** What of a frame's stack is shown. */
export interface StackOptions {
  /** Marks what changed since, and shows slots that became zero. */
  readonly since?: StackSnapshot;
  /** Shows all slots down to the lowest one in use. */
  readonly all?: boolean;
}

/** The stack of a frame. */
export interface FrameStack {
  readonly depth: number;
  /** From fp-8 down. */
  readonly slots: readonly StackSlot[];
  /** Bytes below R10 that are in use: down to the lowest byte that is not zero or changed. */
  readonly used: number;
}

function stackBytes({ kernel }: View, depth: number): Uint8Array {
  return kernel.arena.bytes(stackTop(kernel.frames, depth) - STACK_SIZE, STACK_SIZE);
}

/** The stacks of all frames now; empty between packets. */
export function snapshotStack(view: View): StackSnapshot {
  const count = view.machine ? view.machine.depth + 1 : 0;
  return { frames: Array.from({ length: count }, (_, depth) => stackBytes(view, depth)) };
}

/**
 * A frame's slots that hold something (by default the frame that is looked at). Nobody says which bytes a program wrote: zeros that it
 * put there look like those it found, and a frame that is entered again finds what the last one left.
 */
export function frameStack(view: View, options: StackOptions = {}, depth = view.depth): FrameStack {
  if (!view.machine) return { depth, slots: [], used: 0 };
  const bytes = stackBytes(view, depth);
  const old = options.since?.frames[depth];
  const differs = (i: number): boolean => old !== undefined && old[i] !== bytes[i];
  const first = bytes.findIndex((b, i) => b !== 0 || differs(i));
  const used = first < 0 ? 0 : STACK_SIZE - first;
  const view64 = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const slots: StackSlot[] = [];
  for (let offset = -SLOT; -offset < used + SLOT && -offset <= STACK_SIZE; offset -= SLOT) {
    const at = STACK_SIZE + offset;
    const own = bytes.slice(at, at + SLOT);
    const changed = old && Array.from(own, (_, i) => differs(at + i));
    if (!options.all && own.every((b) => b === 0) && !changed?.includes(true)) continue;
    const value = view64.getBigUint64(at, true);
    const address = stackTop(view.kernel.frames, depth) + offset;
    slots.push({ offset, address, bytes: own, value, pointer: describe(view, value), changed });
  }
  return { depth, slots, used };
}

function slotLine({ offset, bytes, value, pointer, changed }: StackSlot): string {
  const hex = Array.from(bytes, (b, i) => `${changed?.[i] ? '*' : ' '}${b.toString(16).padStart(2, '0')}`).join('');
  const meaning = pointer ? pointerText(pointer) : decimalText(value);
  return `fp${offset}`.padEnd(7) + `${hex}  ${meaning}`.trimEnd();
}

/** `fp-8    01 00 00 00 00 00 00 00  1`, with `*` before bytes that changed; a line for what is not shown. */
export function stackLines(view: View, options: StackOptions = {}, depth = view.depth): string[] {
  const { slots } = frameStack(view, options, depth);
  return slots.length === 0 && view.machine ? ['(all zero)'] : slots.map(slotLine);
}
