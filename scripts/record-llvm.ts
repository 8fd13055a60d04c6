/**
 * Records what the LLVM tools make of every row of the opcode table: `npx tsx scripts/record-llvm.ts`.
 * Needs llvm-mc-19 and llvm-objdump-19. Writes test/recorded/llvm/insns.json.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeProgram } from '../src/isa/codec.ts';
import { exactInsnText } from '../src/isa/disasm.ts';
import { OPCODES } from '../src/isa/opcodes.ts';
import { toHex } from '../src/util/hex.ts';
import { insnOf, type Operands } from '../test/isa/operands.ts';

const SAMPLES: readonly Operands[] = [
  { dst: 1, src: 2, off: 0, imm: 0, high: 0 },
  { dst: 3, src: 10, off: 8, imm: 5, high: 0 },
  { dst: 6, src: 7, off: -8, imm: -1, high: -1 },
  { dst: 9, src: 0, off: 32767, imm: 0x7fffffff, high: 0x11223344 },
  { dst: 0, src: 1, off: -32768, imm: -0x80000000, high: -0x80000000 },
];

/** Alternative spellings that clang writes and llvm-mc reads. */
const SPELLINGS = [
  'r1 = 4294967295',
  'w1 = 0xffffffff',
  'r1 = *(u32 *)(r10 + 8)',
  '*(u32 *)(r10 - 4) = r1',
  'w5 = *(u8 *)(r1 + 0)',
  'lock *(u32 *)(r10 - 4) += w1',
  'lock *(u64 *)(r10 - 8) ^= r1',
  'if w1 s> w2 goto +3',
  'if r1 & 1 goto -2',
  'goto +0',
  'r1 = -1 ll',
  'r1 = 0xffffffffffffffff ll',
  'call 1',
  'call -1',
  'r0 = *(u16 *)skb[12]',
  'r0 = *(u8 *)skb[r3]',
  'r1 = (s32)r2',
  'r1 s>>= 63',
  'r3 = -r3',
  'w3 = -w3',
  'exit',
];

const dir = mkdtempSync(join(tmpdir(), 'record-llvm-'));

/** Bytes of one statement and llvm-objdump's text of them; undefined where llvm-mc refuses it. */
function throughLlvm(text: string): { bytes: string; text: string } | undefined {
  const [source, object] = [join(dir, 'a.s'), join(dir, 'a.o')];
  writeFileSync(source, `${text}\n`);
  const mc = spawnSync('llvm-mc-19', ['-triple', 'bpfel', '-mcpu=v4', '--filetype=obj', source, '-o', object]);
  if (mc.status !== 0) return undefined;
  const bytes = sectionBytes(readFileSync(object));
  const dump = spawnSync('llvm-objdump-19', ['-d', '--mcpu=v4', '--no-show-raw-insn', object], { encoding: 'utf8' });
  const line = dump.stdout.split('\n').find((l) => /^\s+[0-9a-f]+:\t/.test(l));
  return { bytes, text: line?.replace(/^\s+[0-9a-f]+:\t/, '').trim() ?? '' };
}

/** The bytes of .text of a 64-bit little-endian ELF file. */
function sectionBytes(elf: Buffer): string {
  const [table, size, count] = [Number(elf.readBigUInt64LE(40)), elf.readUInt16LE(58), elf.readUInt16LE(60)];
  for (let i = 0; i < count; i++) {
    const at = table + i * size;
    const executable = (elf.readBigUInt64LE(at + 8) & 4n) !== 0n;
    const [offset, length] = [Number(elf.readBigUInt64LE(at + 24)), Number(elf.readBigUInt64LE(at + 32))];
    if (executable && length > 0) return toHex(elf.subarray(offset, offset + length));
  }
  return '';
}

interface Recorded {
  readonly row?: string;
  /** What llvm-mc was given. */
  readonly text: string;
  /** What it made of it; absent where LLVM has no such form. */
  readonly bytes?: string;
  /** What llvm-objdump writes for these bytes. */
  readonly objdump?: string;
  /** Bytes of the table's insn, where LLVM has no text for them. */
  readonly own?: string;
}

const recorded: Recorded[] = [];
for (const row of OPCODES) {
  const seen = new Set<string>();
  for (const sample of SAMPLES) {
    const insn = insnOf(row, sample);
    const own = toHex(encodeProgram([insn]));
    if (seen.has(own)) continue;
    seen.add(own);
    const text = exactInsnText(insn, 'llvm');
    const llvm = throughLlvm(text);
    recorded.push(llvm ? { row: row.name, text, bytes: llvm.bytes, objdump: llvm.text } : { row: row.name, text, own });
  }
}
for (const text of SPELLINGS) {
  const llvm = throughLlvm(text);
  recorded.push(llvm ? { text, bytes: llvm.bytes, objdump: llvm.text } : { text });
}
const lines = recorded.map((r) => JSON.stringify(r));
writeFileSync(new URL('../test/recorded/llvm/insns.json', import.meta.url), `[\n${lines.join(',\n')}\n]\n`);
console.log(`${recorded.length} statements, ${recorded.filter((r) => r.bytes === undefined).length} without LLVM form`);
