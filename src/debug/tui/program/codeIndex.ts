/** Lines of a program and of its source, found by number: made once for each program. */
import type { ProgSymbols } from '../../symbols.ts';

/** A line of the disassembly: a name, or an insn. */
interface CodeLine {
  readonly slot: number;
  readonly name?: string;
}

export interface CodeIndex {
  readonly lines: readonly CodeLine[];
  /** Line of a slot's insn. */
  readonly lineOf: ReadonlyMap<number, number>;
}

/** First slots of the source lines of a file, by line from 1. */
export type SourceIndex = ReadonlyMap<number, readonly number[]>;

export function codeIndex(prog: ProgSymbols): CodeIndex {
  const names = new Map<number, string[]>();
  for (const { slot, name } of [...prog.functions, ...prog.labels]) {
    const list = names.get(slot) ?? [];
    if (!list.includes(name)) names.set(slot, [...list, name]);
  }
  const lines: CodeLine[] = [];
  const lineOf = new Map<number, number>();
  for (const insn of prog.insns) {
    if (!insn) continue;
    const { slot } = insn;
    for (const name of names.get(slot) ?? []) lines.push({ slot, name });
    lineOf.set(slot, lines.length);
    lines.push({ slot });
  }
  return { lines, lineOf };
}

export function sourceIndex(prog: ProgSymbols, file: string): SourceIndex {
  const slots = new Map<number, number[]>();
  for (const insn of prog.insns) {
    const pos = insn?.position?.pos;
    if (!insn || !pos || pos.file !== file) continue;
    const list = slots.get(pos.line);
    if (list) list.push(insn.slot);
    else slots.set(pos.line, [insn.slot]);
  }
  return slots;
}
