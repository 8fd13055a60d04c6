/** A program as the verifier walks it: one entry for each 8-byte slot, and the kernel's insn classes by name. */
import { makeInsn, readSlot } from '../isa/codec.ts';
import type { Insn } from '../isa/insn.ts';
import { SLOT } from '../isa/insn.ts';
import { ROWS_BY_CODE, rowNamed } from '../isa/opcodes.ts';
import type { OpRow } from '../isa/rows.ts';

export type InsnClass = 'ALU' | 'ALU64' | 'JMP' | 'JMP32' | 'LD' | 'LDX' | 'ST' | 'STX';

const CLASS_BITS = 7;
const CLASSES: readonly (readonly [InsnClass, string])[] = [
  ['ALU', 'add32_imm'],
  ['ALU64', 'add64_imm'],
  ['JMP', 'ja'],
  ['JMP32', 'jal'],
  ['LD', 'ldabsw'],
  ['LDX', 'ldxw'],
  ['ST', 'stw'],
  ['STX', 'stxw'],
];
const BY_BITS: readonly InsnClass[] = Array.from({ length: 8 }, (_, bits) => {
  return CLASSES.find(([, row]) => (rowNamed(row).code & CLASS_BITS) === bits)![0];
});

/** The class of any opcode byte. */
export function classOf(insn: { readonly code: number }): InsnClass {
  return BY_BITS[insn.code & CLASS_BITS]!;
}

/** Some row with the insn's opcode byte, although other fields may rule it out. */
export function familyRow(insn: { readonly code: number }): OpRow | undefined {
  return ROWS_BY_CODE[insn.code]![0];
}

const CALL = rowNamed('call_helper').code;
const PSEUDO = { local: rowNamed('call_local').fixed.src, kfunc: rowNamed('call_kfunc').fixed.src } as const;

/** Whether an insn is a call of that kind, even where fields that must be zero are not. */
export function isCall(insn: Insn, kind: keyof typeof PSEUDO): boolean {
  return insn.code === CALL && insn.src === PSEUDO[kind];
}

/** Whether the interpreter has the opcode byte at all. @kernel bpf_opcode_in_insntable */
export function opcodeInInsntable(code: number): boolean {
  return ROWS_BY_CODE[code]!.some((row) => !(row.kind === 'call' && row.target === 'reg'));
}

/** One insn for each slot; the second slot of a 16-byte insn has an entry of its own. */
export function slotInsns(bytes: Uint8Array): Insn[] {
  const count = Math.floor(bytes.length / SLOT);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const slots = Array.from({ length: count }, (_, i) => makeInsn(readSlot(view, i * SLOT)));
  return slots.map((insn, i) => {
    const next = slots[i + 1];
    return familyRow(insn)?.kind === 'ld_imm64' && next ? makeInsn(insn, next) : insn;
  });
}
