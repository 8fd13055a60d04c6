/** The program's own text, where it is known: lines for places and for changes. */
import type { AsmProgram } from '../asm/object.ts';
import { insnText } from '../isa/disasm.ts';
import { slotsOf } from '../isa/insn.ts';
import { helperName } from '../spec/helpers/index.ts';

/** A program with the files that it was assembled from. */
export interface ProgramSource {
  readonly program: AsmProgram;
  /** The text of a source file by the name that `positions` gives it; undefined where it is not at hand. */
  readonly fileText: (file: string) => string | undefined;
}

/** A place in a source file. */
export interface SourcePlace {
  readonly file: string;
  readonly line: number;
  readonly col: number;
  readonly length: number;
}

/** Where a slot was written. */
export function placeOf(source: ProgramSource | undefined, slot: number): SourcePlace | undefined {
  const pos = source?.program.positions[slot];
  return pos && { file: pos.file, line: pos.line, col: pos.col, length: pos.length ?? 1 };
}

/** All lines of a file; a line break at its end begins no other. */
export function linesOf(source: ProgramSource | undefined, file: string): readonly string[] | undefined {
  const lines = source?.fileText(file)?.split(/\r\n|\n|\r/);
  return lines?.at(-1) === '' ? lines.slice(0, -1) : lines;
}

/** The insns of a program as the log prints them, by slot. */
export function listing(source: ProgramSource | undefined): Map<number, string> {
  const out = new Map<number, string>();
  let slot = 0;
  for (const insn of source?.program.insns ?? []) {
    out.set(slot, insnText(insn, 'kernel', { helper: helperName }));
    slot += slotsOf(insn);
  }
  return out;
}
