/** The registers of a frame: their values, what they point to, what became of them since an earlier moment. */
import { errnoName } from '../../spec/errno.ts';
import type { View } from '../view.ts';
import { describe, type PointerInfo, pointerText } from './pointer.ts';

const REGISTER_COUNT = 11;

/** The registers of all frames at one moment, by depth; plain data that can be kept. */
export interface RegisterSnapshot {
  /** Of the frame at this depth: R0 to R10, unsigned. */
  readonly frames: readonly (readonly bigint[])[];
}

/** One register. */
export interface RegisterRow {
  readonly index: number;
  /** Unsigned, 64 bits. */
  readonly value: bigint;
  readonly pointer: PointerInfo | undefined;
  /** The value at the earlier moment, where it was another one; undefined where nothing changed. */
  readonly before: bigint | undefined;
}

/** The registers of all frames now; empty between packets. */
export function snapshotRegisters({ machine }: View): RegisterSnapshot {
  if (!machine) return { frames: [] };
  const frames = Array.from({ length: machine.depth + 1 }, (_, depth) =>
    Array.from({ length: REGISTER_COUNT }, (_r, index) => machine.register(index, depth)),
  );
  return { frames };
}

/** R10 is always the frame's own pointer, whatever else begins at that address. */
function pointerOf(view: View, index: number, value: bigint): PointerInfo | undefined {
  const found = describe(view, value);
  if (index !== 10 || !found || found.kind === 'stack') return found;
  return { kind: 'stack', address: found.address, base: 'fp', offset: 0 };
}

/** R0 to R10 of the frame that is looked at; empty between packets. */
export function registerRows(view: View, since?: RegisterSnapshot): RegisterRow[] {
  const { machine, depth } = view;
  if (!machine) return [];
  const old = since?.frames[depth];
  return Array.from({ length: REGISTER_COUNT }, (_, index): RegisterRow => {
    const value = machine.register(index, depth);
    const before = old?.[index];
    const changed = before !== undefined && before !== value;
    return { index, value, pointer: pointerOf(view, index, value), before: changed ? before : undefined };
  });
}

const SMALL = 1n << 32n;

/** A number as people read it beside its hex: `21`, `-2`, `4294967294 (s32 -2)`; '' where only hex says something. */
export function decimalText(value: bigint): string {
  const signed = BigInt.asIntN(64, value);
  if (signed < 0n) return signed > -SMALL ? `${signed}` : '';
  if (value >= SMALL) return value < 1n << 53n ? `${value}` : '';
  const half = BigInt.asIntN(32, value);
  return half < 0n && half > -0x10000n ? `${value} (s32 ${half})` : `${value}`;
}

/** What a register holds, in words: what it points to, or the number. R0 may be the errno of a helper. */
export function registerMeaning({ index, value, pointer }: Pick<RegisterRow, 'index' | 'value' | 'pointer'>): string {
  if (pointer) return pointerText(pointer);
  const text = decimalText(value);
  const signed = BigInt.asIntN(64, value);
  const errno = index === 0 && signed < 0n && signed > -4096n ? errnoName(Number(-signed)) : undefined;
  return errno === undefined ? text : `${text} -${errno}`;
}

/** `R1   0x00601000  packet+14 (ipv4)`, with `*` before what changed. */
export function registerLines(view: View, since?: RegisterSnapshot): string[] {
  return registerRows(view, since).map((row) => {
    const mark = row.before === undefined ? ' ' : '*';
    const hex = `0x${row.value.toString(16)}`;
    return `${mark}R${row.index}`.padEnd(5) + `${hex.padEnd(18)}  ${registerMeaning(row)}`.trimEnd();
  });
}
