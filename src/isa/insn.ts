import type { OpRow } from './rows.ts';

/** Bytes of one slot. */
export const SLOT = 8;

/** The raw fields of one 8-byte slot: `code:8 dst:4 src:4 off:16 imm:32`, little-endian. */
export interface Slot {
  readonly code: number;
  readonly dst: number;
  readonly src: number;
  /** Signed 16 bits. */
  readonly off: number;
  /** Signed 32 bits. */
  readonly imm: number;
}

/** What is wrong with the encoding of an insn; the fields are kept all the same. */
export type Defect =
  | 'unknown-opcode'
  | 'unknown-variant'
  | 'bad-dst'
  | 'bad-src'
  | 'reserved-dst'
  | 'reserved-src'
  | 'reserved-off'
  | 'reserved-imm'
  | 'missing-second-slot'
  | 'bad-second-slot';

export interface Insn extends Slot {
  /** The operation, where the opcode byte and its selecting fields name one. */
  readonly row?: OpRow | undefined;
  /** Second slot of a 16-byte insn: its imm is the upper half of the immediate. */
  readonly next?: Slot | undefined;
  readonly defect?: Defect | undefined;
}

/** How many 8-byte slots an insn takes: 1 or 2. */
export function slotsOf(insn: Insn): number {
  return insn.next ? 2 : 1;
}

/** The 64-bit immediate of a 16-byte insn, unsigned. */
export function imm64(insn: Insn): bigint {
  return (BigInt((insn.next?.imm ?? 0) >>> 0) << 32n) | BigInt(insn.imm >>> 0);
}
