import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { assemble } from '../../src/asm/assemble.ts';
import { decodeProgram } from '../../src/isa/codec.ts';
import { insnText } from '../../src/isa/disasm.ts';
import { OPCODES } from '../../src/isa/opcodes.ts';
import { helperName } from '../../src/spec/helpers/index.ts';
import { fromHex, toHex } from '../../src/util/hex.ts';

const recorded = JSON.parse(readFileSync(new URL('../recorded/kernel/insns.json', import.meta.url), 'utf8')) as {
  row: string;
  bytes: string;
  text: string;
}[];

/** Rows that the verifier refuses before it prints anything. */
const REFUSED = [
  'call_kfunc',
  'call_reg',
  'ld_imm64_map_fd',
  'ld_imm64_map_value',
  'ld_imm64_btf_id',
  'ld_imm64_func',
  'ld_imm64_map_idx',
  'ld_imm64_map_idx_value',
];

describe('the log of the kernel', () => {
  it('shows all rows but those it refuses', () => {
    const shown = new Set(recorded.map((r) => r.row));
    expect(OPCODES.filter((r) => !shown.has(r.name)).map((r) => r.name)).toEqual(REFUSED);
  });

  it.each(recorded.map((r) => [r.text, r] as const))('%s', (_, { bytes, text }) => {
    const [insn] = decodeProgram(fromHex(bytes)!);
    const own = insnText(insn!, 'kernel', { helper: helperName });
    expect(`(${insn!.code.toString(16).padStart(2, '0')}) ${own}`).toBe(text);
  });

  it('reads back', () => {
    for (const { bytes, text } of recorded) {
      const { object } = assemble(`0: ${text}`, { file: 'log' });
      expect(`${text} ${object && toHex(object.programs[0]!.bytes)}`).toBe(`${text} ${bytes}`);
    }
  });
});
