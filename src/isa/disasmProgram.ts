/** A whole program as text that assembles to the same bytes. */
import type { InsnNames } from './disasm.ts';
import { exactInsnText, jumpDistance } from './disasm.ts';
import type { Defect, Insn } from './insn.ts';
import { slotsOf } from './insn.ts';
import type { Dialect } from './rows.ts';

export interface ProgramTextOptions {
  readonly syntax: Dialect;
  /** Jumps and calls to labels instead of distances; the kernel's syntax has none. */
  readonly labels?: boolean;
  /** Names of helpers and kfuncs; labels are not read. */
  readonly names?: InsnNames;
}

interface ProgramLine {
  readonly slot: number;
  /** Label in front of the insn. */
  readonly label?: string;
  readonly text: string;
  readonly defect?: Defect;
}

/** Labels of the slots that jumps (`L7`) and calls (`func_12`) go to. */
function findLabels(insns: readonly Insn[]): Map<number, string> {
  const starts = new Set<number>();
  let slot = 0;
  for (const insn of insns) {
    starts.add(slot);
    slot += slotsOf(insn);
  }
  const labels = new Map<number, string>();
  slot = 0;
  for (const insn of insns) {
    slot += slotsOf(insn);
    const distance = insn.defect ? undefined : jumpDistance(insn);
    if (distance === undefined || !starts.has(slot + distance)) continue;
    const call = insn.row?.kind === 'call';
    if (call || !labels.has(slot + distance)) labels.set(slot + distance, `${call ? 'func_' : 'L'}${slot + distance}`);
  }
  return labels;
}

/** The lines of a program; insns with a defect come as raw bytes with the defect named. */
function programLines(insns: readonly Insn[], options: ProgramTextOptions): ProgramLine[] {
  const { syntax, names = {} } = options;
  const labels = options.labels && syntax !== 'kernel' ? findLabels(insns) : new Map<number, string>();
  let slot = 0;
  return insns.map((insn) => {
    const own = slot;
    slot += slotsOf(insn);
    const next = slot;
    const text = exactInsnText(insn, syntax, { ...names, label: (distance) => labels.get(next + distance) });
    const label = labels.get(own);
    return { slot: own, text, ...(label !== undefined && { label }), ...(insn.defect && { defect: insn.defect }) };
  });
}

/** A program as text: `   0: (b7) r0 = 2` for the kernel's syntax, else one insn a line, labels in front. */
export function programText(insns: readonly Insn[], options: ProgramTextOptions): string {
  const kernel = options.syntax === 'kernel';
  const lines = programLines(insns, options).map((line, i) => {
    const comment = line.defect ? ` ${kernel ? ';' : '#'} ${line.defect}` : '';
    if (kernel) {
      const code = insns[i]!.code.toString(16).padStart(2, '0');
      return `${String(line.slot).padStart(4)}: (${code}) ${line.text}${comment}\n`;
    }
    return `${line.label === undefined ? '' : `${line.label}:\n`}    ${line.text}${comment}\n`;
  });
  return lines.join('');
}
