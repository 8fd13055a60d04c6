import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeProgram, encodeProgram, makeInsn } from '../../src/isa/codec.ts';
import { imm64 } from '../../src/isa/insn.ts';
import { OPCODES, ROWS_BY_CODE } from '../../src/isa/opcodes.ts';
import { fromHex } from '../../src/util/hex.ts';
import { insnOf, operands } from './operands.ts';

const decode = (hex: string) => decodeProgram(fromHex(hex)!);

describe('codec', () => {
  it('is the identity on any bytes, but for a tail that is no insn', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(encodeProgram(decodeProgram(bytes))).toEqual(bytes.slice(0, bytes.length - (bytes.length % 8)));
      }),
      { numRuns: 2000 },
    );
  });

  it('finds the row of every insn again', () => {
    fc.assert(
      fc.property(fc.constantFrom(...OPCODES), operands, (row, o) => {
        const [insn, ...rest] = decodeProgram(encodeProgram([insnOf(row, o)]));
        expect(rest).toEqual([]);
        expect(insn!.row).toBe(row);
        expect(insn!.defect).toBeUndefined();
      }),
      { numRuns: 2000 },
    );
  });

  it('has unique names, and rows of one opcode that exclude each other', () => {
    expect(new Set(OPCODES.map((r) => r.name)).size).toBe(OPCODES.length);
    for (const rows of ROWS_BY_CODE) {
      const keys = rows.map((r) => JSON.stringify(r.fixed));
      expect(new Set(keys).size).toBe(keys.length);
    }
  });

  it.each([
    ['ff00000000000000', 'unknown-opcode'],
    ['bf21050000000000', 'unknown-variant'],
    ['b70b000000000000', 'bad-dst'],
    ['bfb1000000000000', 'bad-src'],
    ['9501000000000000', 'reserved-dst'],
    ['b712000005000000', 'reserved-src'],
    ['6120000001000000', 'unknown-variant'],
    ['0520000000000000', 'unknown-variant'],
    ['1801000005000000', 'missing-second-slot'],
    ['18010000050000000100000000000000', 'bad-second-slot'],
  ])('%s is %s', (hex, defect) => {
    expect(decode(hex)[0]!.defect).toBe(defect);
  });

  it('joins the halves of a 64-bit immediate', () => {
    expect(imm64(decode('18010000887766550000000044332211')[0]!)).toBe(0x1122334455667788n);
    expect(makeInsn({ code: 0x95, dst: 0, src: 0, off: 0, imm: 0 }).row!.kind).toBe('exit');
  });
});
