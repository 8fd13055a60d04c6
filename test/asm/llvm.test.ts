import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { assemble } from '../../src/asm/assemble.ts';
import { decodeProgram } from '../../src/isa/codec.ts';
import { insnText } from '../../src/isa/disasm.ts';
import { OPCODES } from '../../src/isa/opcodes.ts';
import { fromHex, toHex } from '../../src/util/hex.ts';
import { problemText } from '../../src/util/problem.ts';

interface Recorded {
  readonly row?: string;
  readonly text: string;
  readonly bytes?: string;
  readonly objdump?: string;
  readonly own?: string;
}

const recorded: Recorded[] = JSON.parse(
  readFileSync(new URL('../recorded/llvm/insns.json', import.meta.url), 'utf8'),
) as Recorded[];

/** Rows whose LLVM text means something else to LLVM: local calls are relocations there. */
const OTHERWISE = new Set(['call_local']);

function bytesOf(text: string): string {
  const { object, problems } = assemble(text, { file: 'test' });
  return object ? toHex(object.programs[0]!.bytes) : problems.map(problemText).join('; ');
}

const known = recorded.filter((r) => r.bytes !== undefined && !OTHERWISE.has(r.row ?? ''));

describe('as llvm-mc-19', () => {
  it('has recorded every row', () => {
    expect([...new Set(recorded.map((r) => r.row))].filter(Boolean)).toEqual(OPCODES.map((r) => r.name));
  });

  it.each(known.map((r) => [r.text, r] as const))('%s', (_, r) => {
    expect(bytesOf(r.text)).toBe(r.bytes);
  });

  it('reads the insns LLVM has no text for', () => {
    for (const r of recorded.filter((x) => x.own !== undefined)) expect(bytesOf(r.text)).toBe(r.own);
  });
});

describe('as llvm-objdump-19', () => {
  const shown = known.filter((r) => r.objdump !== '<unknown>');

  it('reads back what it prints', () => {
    for (const r of shown) expect(`${r.objdump} ${bytesOf(r.objdump!)}`).toBe(`${r.objdump} ${r.bytes}`);
  });

  it('prints the same text', () => {
    for (const r of shown) {
      const [insn] = decodeProgram(fromHex(r.bytes!)!);
      // `<a+0x18>` depends on the object's symbols.
      expect(insnText(insn!, 'llvm')).toBe(r.objdump!.replace(/ <[^ ]+>$/, ''));
    }
  });

  it('knows which insns it cannot print', () => {
    expect(known.filter((r) => r.objdump === '<unknown>').map((r) => r.text)).toEqual([]);
  });
});
