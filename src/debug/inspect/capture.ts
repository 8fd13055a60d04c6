/** Everything that a person would look at in one moment, kept as plain data so that it can be compared with a later one. */
import type { MapRecord } from '../../kernel/world.ts';
import { toHex } from '../../util/hex.ts';
import type { View } from '../view.ts';
import { ctxNow } from './ctx.ts';
import { elementKey, heldText } from './maps.ts';
import { walkMap } from './mapWalk.ts';
import { type PacketNow, packetOf } from './packet.ts';
import { describeText } from './pointer.ts';
import { decimalText, type RegisterSnapshot, snapshotRegisters } from './registers.ts';
import { type StackSnapshot, snapshotStack } from './stack.ts';
import { nsOf, redirectText } from './world.ts';

/** How much of the maps is kept. */
export interface CaptureLimits {
  /** Elements of one map; a map with more is not compared at all. */
  readonly elements?: number;
  /** Bytes of keys and values of one map. */
  readonly bytes?: number;
}

const ELEMENTS = 1024;
const BYTES = 1 << 18;

/** An element of a map. */
export interface CapturedElement {
  readonly keyText: string;
  /** One, or one for each CPU. */
  readonly values: readonly Uint8Array[];
  /** What it stands for, where that is no value: a program, map or socket. */
  readonly held: string;
}

/** A map's elements by the hex of their keys. */
export interface CapturedMap {
  readonly record: MapRecord;
  readonly elements: ReadonlyMap<string, CapturedElement>;
}

/** A moment. */
export interface Capture {
  /** Tells runs apart: the packet's number and the program that it began with; undefined between packets. */
  readonly run: string | undefined;
  /** Frames that there are: program and function of each, outermost first. */
  readonly frames: readonly { readonly prog: number; readonly func: string }[];
  readonly registers: RegisterSnapshot;
  /** What the registers meant then, as they are laid out in `registers`. */
  readonly meanings: readonly (readonly string[])[];
  readonly stack: StackSnapshot;
  readonly packet: PacketNow | undefined;
  /** Fields of the context by name. */
  readonly ctx: ReadonlyMap<string, string>;
  readonly maps: ReadonlyMap<number, CapturedMap>;
  /** Names of maps that are too large to be compared. */
  readonly skipped: readonly string[];
  readonly clockNs: bigint;
  /** What the program asked for; '' for nothing. */
  readonly redirect: string;
  /** Outputs so far. */
  readonly outputs: number;
}

/** A number in words: what it points to, a decimal, or hex. */
export function meaningOf(view: View, value: bigint): string {
  return describeText(view, value) || decimalText(value) || `0x${value.toString(16)}`;
}

function captureMap(view: View, record: MapRecord, limits: CaptureLimits): CapturedMap | undefined {
  const elements = new Map<string, CapturedElement>();
  let room = limits.bytes ?? BYTES;
  let number = 0;
  for (const raw of walkMap(view.kernel.maps, record.address)) {
    const { key, values } = raw;
    room -= key.length + values.reduce((sum, v) => sum + v.length, 0);
    if (++number > (limits.elements ?? ELEMENTS) || room < 0) return undefined;
    // Values without keys are told apart by their places.
    const name = key.length === 0 ? `${number}` : toHex(key);
    const text = key.length === 0 ? `${number - 1}` : elementKey(view, record, key);
    elements.set(name, { keyText: text, values, held: heldText(view, record, raw) ?? '' });
  }
  return { record, elements };
}

/** Takes down the moment. Costs as much as the maps hold, within the limits. */
export function capture(view: View, limits: CaptureLimits = {}): Capture {
  const { kernel, machine, running, symbols } = view;
  const maps = new Map<number, CapturedMap>();
  const skipped: string[] = [];
  for (const record of kernel.world.maps) {
    const captured = captureMap(view, record, limits);
    if (captured) maps.set(record.address, captured);
    else skipped.push(record.name);
  }
  const registers = snapshotRegisters(view);
  const frames = (machine?.stack ?? []).map(({ prog, slot }) => {
    const known = symbols.prog(prog.id);
    return { prog: prog.id, func: known ? symbols.functionAt(known, slot).name : prog.name };
  });
  return {
    run: running ? `${running.number} ${running.prog.id}` : machine && 'timer',
    frames: frames.reverse(),
    registers,
    meanings: registers.frames.map((values) => values.map((value) => meaningOf(view, value))),
    stack: snapshotStack(view),
    packet: packetOf(view),
    ctx: new Map((ctxNow(view)?.rows ?? []).map(({ name, text }) => [name, text])),
    maps,
    skipped,
    clockNs: nsOf(kernel.world.clock),
    redirect: kernel.world.redirect ? redirectText(view, kernel.world.redirect) : '',
    outputs: kernel.world.output?.count ?? 0,
  };
}
