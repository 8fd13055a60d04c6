import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assemble } from '../../src/asm/assemble.ts';
import { decodeProgram, encodeProgram } from '../../src/isa/codec.ts';
import { exactInsnText } from '../../src/isa/disasm.ts';
import { programText } from '../../src/isa/disasmProgram.ts';
import { OPCODES } from '../../src/isa/opcodes.ts';
import type { Dialect } from '../../src/isa/rows.ts';
import { toHex } from '../../src/util/hex.ts';
import { explainProblem } from '../../src/util/problem.ts';
import { anyInsn, insnOf, operands } from '../isa/operands.ts';

const DIALECTS: readonly Dialect[] = ['kernel', 'llvm', 'ubpf'];

function bytesOf(text: string): string {
  const { object, problems } = assemble(text, { file: 'test' });
  if (!object) throw new Error(`${text}\n${problems.map(explainProblem).join('\n')}`);
  return toHex(object.programs[0]!.bytes);
}

describe.each(DIALECTS)('%s syntax', (syntax) => {
  it.each(OPCODES.map((row) => [row.name, row] as const))('%s reads back as itself', (_, row) => {
    fc.assert(
      fc.property(operands, (o) => {
        const insn = insnOf(row, o);
        expect(insn.row).toBe(row);
        expect(insn.defect).toBeUndefined();
        expect(exactInsnText(insn, syntax)).not.toContain('.8byte');
        expect(bytesOf(programText([insn], { syntax }))).toBe(toHex(encodeProgram([insn])));
      }),
      { numRuns: 25 },
    );
  });

  it('reads whole programs back, with and without labels', () => {
    fc.assert(
      fc.property(fc.array(anyInsn, { minLength: 1, maxLength: 40 }), fc.boolean(), (insns, labels) => {
        expect(bytesOf(programText(insns, { syntax, labels }))).toBe(toHex(encodeProgram(insns)));
      }),
      { numRuns: 200 },
    );
  });

  it('reads any bytes back, defects as raw bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 8, maxLength: 160 }), fc.boolean(), (random, labels) => {
        const bytes = random.slice(0, random.length - (random.length % 8));
        expect(bytesOf(programText(decodeProgram(bytes), { syntax, labels }))).toBe(toHex(bytes));
      }),
      { numRuns: 300 },
    );
  });
});
