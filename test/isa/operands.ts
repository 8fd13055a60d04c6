/** Insns of every row of the table, for tests of text and bytes. */
import fc from 'fast-check';
import { makeInsn } from '../../src/isa/codec.ts';
import type { Insn } from '../../src/isa/insn.ts';
import { OPCODES } from '../../src/isa/opcodes.ts';
import type { OpRow } from '../../src/isa/rows.ts';

export interface Operands {
  readonly dst: number;
  readonly src: number;
  readonly off: number;
  readonly imm: number;
  readonly high: number;
}

/** An insn of a row: what the row does not use is 0, what it fixes is fixed. */
export function insnOf(row: OpRow, o: Operands): Insn {
  const uses = (field: OpRow['uses'][number]): boolean => row.uses.includes(field);
  const slot = {
    code: row.code,
    dst: uses('dst') ? o.dst : 0,
    src: uses('src') ? o.src : 0,
    off: uses('off') ? o.off : 0,
    imm: uses('imm') || uses('imm64') ? o.imm : 0,
    ...row.fixed,
  };
  if (row.kind !== 'ld_imm64') return makeInsn(slot);
  return makeInsn(slot, { code: 0, dst: 0, src: 0, off: 0, imm: o.high });
}

const EDGES = [0, 1, -1, 5, 16, 0x7fff, 0x8000, 0x7fffffff, -0x80000000, -2];

export const operands: fc.Arbitrary<Operands> = fc.record({
  dst: fc.integer({ min: 0, max: 10 }),
  src: fc.integer({ min: 0, max: 10 }),
  off: fc.oneof(fc.integer({ min: -0x8000, max: 0x7fff }), fc.constantFrom(0, 1, -1, 0x7fff, -0x8000)),
  imm: fc.oneof(fc.integer(), fc.constantFrom(...EDGES)),
  high: fc.oneof(fc.integer(), fc.constantFrom(...EDGES)),
});

export const anyInsn: fc.Arbitrary<Insn> = fc
  .tuple(fc.constantFrom(...OPCODES), operands)
  .map(([row, o]) => insnOf(row, o));
