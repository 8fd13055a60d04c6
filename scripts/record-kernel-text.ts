/**
 * Records how the kernel's log writes every insn it comes to: `ORACLE_DIR=… npx tsx scripts/record-kernel-text.ts`.
 * The verifier prints an insn before it checks it, so rejected programs serve as well. Writes test/recorded/kernel/insns.json.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { assemble } from '../src/asm/assemble.ts';
import { encodeProgram } from '../src/isa/codec.ts';
import { OPCODES } from '../src/isa/opcodes.ts';
import { toHex } from '../src/util/hex.ts';
import { insnOf, type Operands } from '../test/isa/operands.ts';
import { askOracle } from './oracle.ts';

const prelude = Array.from({ length: 10 }, (_, r) => `r${r} = ${r + 1}`);

const SAMPLES: readonly Operands[] = [
  { dst: 1, src: 2, off: 0, imm: 5, high: 0 },
  { dst: 3, src: 4, off: 1, imm: -2, high: -1 },
  { dst: 10, src: 6, off: -8, imm: 0x7fffffff, high: 1 },
  { dst: 5, src: 10, off: -16, imm: 1, high: 0 },
  { dst: 1, src: 2, off: 0, imm: 0, high: 0 },
  { dst: 1, src: 2, off: 0, imm: 2, high: 0 },
];

const programs: { name: string; row: string; bytes: string; slot: number; insns: string }[] = [];
/** What stands behind the insn, so that everything is reached. */
const TAILS: Readonly<Record<string, string>> = { exit: '', call_local: 'r0 = 0\nexit\nr0 = 0\nexit' };
const code = (text: string): string => toHex(assemble(text, { file: 'prelude' }).object!.programs[0]!.bytes);
function tailOf(row: string): string {
  const tail = TAILS[row] ?? 'r0 = 0\nr0 = 0\nexit';
  return tail === '' ? '' : code(tail);
}

for (const row of OPCODES) {
  SAMPLES.forEach((sample, i) => {
    const bytes = toHex(encodeProgram([insnOf(row, sample)]));
    const insns = code(prelude.join('\n')) + bytes + tailOf(row.name);
    programs.push({ name: `${row.name}-${i}`, row: row.name, bytes, slot: prelude.length, insns });
  });
}

const answers = askOracle(
  programs.map(({ name, insns }) => ({ name, prog_type: 'socket_filter', license: 'GPL', insns, log_level: 2 })),
);

const recorded = new Map<string, { row: string; bytes: string; text: string }>();
for (const [i, { log }] of answers.entries()) {
  const program = programs[i]!;
  const shown = new RegExp(`^${program.slot}: (\\([0-9a-f]{2}\\) .*?)(?: +;.*)?$`, 'm').exec(log ?? '');
  // Number 0 is a kfunc without a name.
  if (shown && !(program.row === 'call_kfunc' && program.bytes.endsWith('00000000')))
    recorded.set(program.bytes, { row: program.row, bytes: program.bytes, text: shown[1]!.trimEnd() });
}
const folder = new URL('../test/recorded/kernel/', import.meta.url);
mkdirSync(folder, { recursive: true });
const body = [...recorded.values()].map((r) => JSON.stringify(r)).join(',\n');
writeFileSync(new URL('insns.json', folder), `[\n${body}\n]\n`);
const rows = new Set([...recorded.values()].map((r) => r.row));
console.log(
  `${recorded.size} insns of ${rows.size} rows; not shown: ${OPCODES.filter((r) => !rows.has(r.name)).map((r) => r.name)}`,
);
