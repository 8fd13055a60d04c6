/** Several verdicts side by side, as veristat prints them. */
import { attachTypeName } from '../../spec/attachTypes.ts';
import type { Verified } from '../verifyInputs.ts';
import { typeNames } from './verdict.ts';

const VERDICTS = { accept: 'success', reject: 'failure', not_covered: 'not_covered' } as const;

/** One column: names in the CSV and in the table; '' keeps it out of the table. */
interface Column {
  readonly csv: string;
  readonly table: string;
  readonly right?: true;
  readonly value: (v: Verified) => string | number;
}

const stats = (v: Verified) => v.program.verification.stats;

/** veristat's default columns. What only a kernel knows (jited size, memory) is 0. */
const COLUMNS: readonly Column[] = [
  { csv: 'file_name', table: 'File', value: (v) => v.file.replace(/^.*\//, '') },
  { csv: 'prog_name', table: 'Program', value: (v) => v.program.name },
  { csv: 'verdict', table: 'Verdict', value: (v) => VERDICTS[v.program.verification.verdict] },
  { csv: 'duration', table: 'Duration (us)', right: true, value: (v) => v.duration },
  { csv: 'total_insns', table: 'Insns', right: true, value: (v) => stats(v).insns },
  { csv: 'total_states', table: 'States', right: true, value: (v) => stats(v).total_states },
  { csv: 'peak_states', table: '', value: (v) => stats(v).peak_states },
  { csv: 'max_states_per_insn', table: '', value: (v) => stats(v).max_states_per_insn },
  { csv: 'max_mark_read_len', table: '', value: (v) => stats(v).mark_read },
  { csv: 'prog_size', table: 'Program size', right: true, value: (v) => v.program.size },
  { csv: 'prog_size_jited', table: 'Jited size', right: true, value: () => 0 },
  { csv: 'prog_type', table: '', value: (v) => typeNames(v.program.request).type },
  { csv: 'attach_type', table: '', value: (v) => typeNames(v.program.request).attach ?? attachTypeName(0)! },
  { csv: 'stack_depth', table: '', value: (v) => stats(v).stack_depth },
  { csv: 'mem_peak', table: '', value: () => 0 },
];

/** A field that would be taken apart is quoted. */
const quoted = (value: string | number): string =>
  /[",\n]/.test(String(value)) ? `"${String(value).replaceAll('"', '""')}"` : String(value);

/** veristat's CSV: a header and a line for each program. */
export function csvText(verified: readonly Verified[]): string {
  const rows = [COLUMNS.map((c) => c.csv), ...verified.map((v) => COLUMNS.map((c) => quoted(c.value(v))))];
  return rows.map((row) => `${row.join(',')}\n`).join('');
}

/** veristat's table. */
export function tableText(verified: readonly Verified[]): string {
  const shown = COLUMNS.filter((c) => c.table !== '');
  const cells = verified.map((v) => shown.map((c) => String(c.value(v))));
  const widths = shown.map((c, i) => Math.max(c.table.length, ...cells.map((row) => row[i]!.length)));
  const line = (row: readonly string[], right: boolean): string =>
    `${row
      .map((cell, i) => (right && shown[i]!.right ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd()}\n`;
  const rule = line(
    widths.map((w) => '-'.repeat(w)),
    false,
  );
  const heads = line(
    shown.map((c) => c.table),
    false,
  );
  return `${heads}${rule}${cells.map((row) => line(row, true)).join('')}`;
}
