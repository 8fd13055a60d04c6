/** What the debugger knows of programs by their files: names, functions, labels, source lines. */
import type { ProgramFile, ProgramFiles } from '../debug/symbols.ts';
import { decodeProgram } from '../isa/codec.ts';
import { slotsOf } from '../isa/insn.ts';
import type { ProgRequest } from '../spec/request.ts';
import { fromHex } from '../util/hex.ts';
import type { Input } from './input.ts';
import { progNames } from './input.ts';

/** Slots of a program's insns. */
function slotCount({ insns = [] }: ProgRequest): number {
  const bytes = fromHex([insns].flat().join('')) ?? new Uint8Array();
  return decodeProgram(bytes).reduce((sum, insn) => sum + slotsOf(insn), 0);
}

/** Names and source lines of the programs in a file. */
export function programFiles(input: Input): ProgramFiles {
  const { request, object } = input;
  const names = progNames(request);
  const programs = (request.progs ?? [request]).map((prog: ProgRequest, index): ProgramFile => {
    const asm = object?.programs[index];
    const positions = Array.from({ length: slotCount(prog) }, (_, slot) => input.position(index, slot));
    return { name: names[index]!, functions: asm?.functions ?? [], labels: asm?.labels ?? [], positions };
  });
  const files = new Set(programs.flatMap((p) => p.positions.flatMap((at) => (at ? [at.pos.file] : []))));
  const texts = [...files].flatMap((file) => {
    const text = input.fileText?.(file);
    return text === undefined ? [] : [[file, text] as const];
  });
  return { programs, texts: Object.fromEntries(texts) };
}
