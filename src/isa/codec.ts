import type { Defect, Insn, Slot } from './insn.ts';
import { SLOT, slotsOf } from './insn.ts';
import { ROWS_BY_CODE } from './opcodes.ts';
import type { OpRow } from './rows.ts';

const LAST_REGISTER = 10;

/** The fields of the 8 bytes at `at`. */
export function readSlot(view: DataView, at: number): Slot {
  const regs = view.getUint8(at + 1);
  return {
    code: view.getUint8(at),
    dst: regs & 0xf,
    src: regs >> 4,
    off: view.getInt16(at + 2, true),
    imm: view.getInt32(at + 4, true),
  };
}

function writeSlot(view: DataView, at: number, slot: Slot): void {
  view.setUint8(at, slot.code);
  view.setUint8(at + 1, (slot.dst & 0xf) | (slot.src << 4));
  view.setInt16(at + 2, slot.off, true);
  view.setInt32(at + 4, slot.imm, true);
}

function applies(row: OpRow, slot: Slot): boolean {
  const { src, off, imm } = row.fixed;
  return (
    (src === undefined || src === slot.src) &&
    (off === undefined || off === slot.off) &&
    (imm === undefined || imm === slot.imm)
  );
}

function fieldDefect(row: OpRow, slot: Slot): Defect | undefined {
  const { uses, fixed } = row;
  if (slot.dst > LAST_REGISTER && uses.includes('dst')) return 'bad-dst';
  if (slot.dst !== 0 && !uses.includes('dst')) return 'reserved-dst';
  if (slot.src > LAST_REGISTER && uses.includes('src')) return 'bad-src';
  if (slot.src !== 0 && fixed.src === undefined && !uses.includes('src')) return 'reserved-src';
  if (slot.off !== 0 && fixed.off === undefined && !uses.includes('off')) return 'reserved-off';
  if (slot.imm === 0 || fixed.imm !== undefined) return undefined;
  return uses.includes('imm') || uses.includes('imm64') ? undefined : 'reserved-imm';
}

function defectOf(row: OpRow | undefined, slot: Slot, next: Slot | undefined): Defect | undefined {
  if (!row) return ROWS_BY_CODE[slot.code]!.length === 0 ? 'unknown-opcode' : 'unknown-variant';
  const defect = fieldDefect(row, slot);
  if (defect || row.kind !== 'ld_imm64') return defect;
  if (!next) return 'missing-second-slot';
  return next.code !== 0 || next.dst !== 0 || next.src !== 0 || next.off !== 0 ? 'bad-second-slot' : undefined;
}

/** Finds the row of a slot and names what is wrong with it, for slots read and slots made by hand. */
export function makeInsn(slot: Slot, next?: Slot): Insn {
  const { code, dst, src, off, imm } = slot;
  const row = ROWS_BY_CODE[code]!.find((r) => applies(r, slot));
  // All insns have one shape: whoever walks programs reads them millions of times.
  return { code, dst, src, off, imm, row, next, defect: defectOf(row, slot, next) };
}

function takesTwoSlots(slot: Slot): boolean {
  return ROWS_BY_CODE[slot.code]!.some((row) => row.kind === 'ld_imm64');
}

/**
 * Decodes a program. Total: any bytes give insns that encode to the same bytes; a tail of fewer than 8 bytes is left
 * out (`bytes.length % 8` tells). A 16-byte insn takes the slot behind it, whatever that holds.
 */
export function decodeProgram(bytes: Uint8Array): Insn[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const insns: Insn[] = [];
  const end = bytes.length - (bytes.length % SLOT);
  for (let at = 0; at < end; ) {
    const slot = readSlot(view, at);
    const next = takesTwoSlots(slot) && at + SLOT < end ? readSlot(view, at + SLOT) : undefined;
    const insn = makeInsn(slot, next);
    insns.push(insn);
    at += SLOT * slotsOf(insn);
  }
  return insns;
}

/** Encodes insns from their raw fields: 8 or 16 bytes each. */
export function encodeProgram(insns: readonly Insn[]): Uint8Array {
  const bytes = new Uint8Array(SLOT * insns.reduce((sum, insn) => sum + slotsOf(insn), 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const insn of insns) {
    writeSlot(view, at, insn);
    if (insn.next) writeSlot(view, at + SLOT, insn.next);
    at += SLOT * slotsOf(insn);
  }
  return bytes;
}
