/** Programs as they are mutated: insns by slot, and a name for each insn that outlives edits of its file. */
import { relative } from 'node:path';
import type { Input } from '../../src/cli/input.ts';
import { progNames } from '../../src/cli/input.ts';
import { decodeProgram, encodeProgram } from '../../src/isa/codec.ts';
import { insnText, jumpDistance } from '../../src/isa/disasm.ts';
import { type Insn, slotsOf } from '../../src/isa/insn.ts';
import { helperName } from '../../src/spec/helpers/index.ts';
import type { LoadRequest, ProgRequest } from '../../src/spec/request.ts';
import { fromHex, toHex } from '../../src/util/hex.ts';

/** Where an insn stands, in words that builds of a file have in common. */
export interface Site {
  readonly function: string;
  /** The source line without indentation and comment. */
  readonly line: string;
  /** Of a macro, of whose use the line is: the insn, without how far it jumps. */
  readonly insn?: string;
  /** Which of the insns of this line (and text) in this function, from 1. */
  readonly nth: number;
  /** `lb/conntrack.bpf:120`, for people. */
  readonly place: string;
}

/** A program in one text of insns; builds that give the same insns share it. */
export interface Code {
  /** The file that it is written in, and its name: `lb/tc.bpf tc_main`. */
  readonly program: string;
  /** The program's name in the request. */
  readonly name: string;
  /** Its name in the kernel. */
  readonly kernelName: string;
  readonly hex: string;
  /** By slot; undefined at second slots. */
  readonly insns: readonly (Insn | undefined)[];
  readonly sites: readonly (Site | undefined)[];
  /** First slots of its functions. */
  readonly entries: readonly number[];
}

/** Insns in place of those of a program from a slot on, as many slots as there were. */
export interface Patch {
  readonly code: Code;
  readonly slot: number;
  readonly insns: readonly Insn[];
}

export const bySlot = (insns: readonly Insn[]): (Insn | undefined)[] =>
  insns.flatMap((insn) => (slotsOf(insn) === 2 ? [insn, undefined] : [insn]));

const hexOf = ({ insns }: ProgRequest): string => (typeof insns === 'string' ? insns : (insns ?? []).join(''));

/** Entry points: the first insn, what is called, and what callbacks are. */
function entriesOf(insns: readonly (Insn | undefined)[]): number[] {
  const entries = new Set([0]);
  for (const [slot, insn] of insns.entries()) {
    const { row } = insn ?? {};
    const local = row?.kind === 'call' && row.target === 'local';
    const pointer = row?.kind === 'ld_imm64' && row.pseudo === 'func';
    if (insn && (local || pointer)) entries.add(slot + 1 + insn.imm);
  }
  return [...entries].sort((a, b) => a - b);
}

/** The insn's text, with the distances of jumps left out: they differ from build to build. */
export function shortText(insn: Insn): string {
  const far = jumpDistance(insn) !== undefined;
  const text = insnText(insn, 'kernel', { helper: (id) => helperName(id), ...(far && { label: () => '' }) });
  return text
    .replace(/ (?:goto(?:l)?|may_goto|call) pc[+-]\d+$/, (all) => all.replace(/ pc[+-]\d+$/, ''))
    .replace(/#\d+$/, '');
}

/** The line that uses a macro, for insns out of it: their file is `FILE:LINE (MACRO)`. */
function useText(input: Input, file: string): string {
  const [, path, line] = /^(.*?):(\d+) \(/.exec(file) ?? [];
  return path === undefined ? '' : (input.fileText?.(path)?.split('\n')[Number(line) - 1] ?? '');
}

function sitesOf(
  root: string,
  input: Input,
  index: number,
  insns: readonly (Insn | undefined)[],
  entries: readonly number[],
): (Site | undefined)[] {
  const functions = input.object?.programs[index]?.functions ?? [];
  const counts = new Map<string, number>();
  return insns.map((insn, slot) => {
    if (!insn) return undefined;
    const fn = functions.findLast((f) => f.slot <= slot)?.name ?? `function ${entries.findLastIndex((e) => e <= slot)}`;
    const position = input.position(index, slot);
    const line = (position?.text || useText(input, position?.pos.file ?? '')).replace(/\s*#\s.*$/, '').trim();
    // A line of a program is one insn, whatever its constants are in a build; the use of a macro may be several.
    const text = position?.text ? '' : shortText(insn);
    const key = `${fn}\n${line}\n${text}`;
    const nth = (counts.get(key) ?? 0) + 1;
    counts.set(key, nth);
    const { pos } = position ?? {};
    return {
      function: fn,
      line,
      ...(text !== '' && { insn: text }),
      nth,
      place: pos ? `${relative(root, pos.file)}:${pos.line}` : `slot ${slot}`,
    };
  });
}

/** The programs of a file of the folder `root`, each shared with `others` where the insns are the same. */
export function codesOf(root: string, file: string, input: Input, others: readonly Code[]): readonly Code[] {
  const names = progNames(input.request);
  return (input.request.progs ?? [input.request]).map((prog: ProgRequest, index) => {
    const hex = hexOf(prog);
    const name = names[index]!;
    // A program that several files include is one program.
    const source = input.position(index, 0)?.pos.file.replace(/:\d+ \(.*$/, '');
    const program = `${source === undefined ? file : relative(root, source)} ${name}`;
    const known = others.find((c) => c.program === program && c.hex === hex);
    if (known) return known;
    const insns = bySlot(decodeProgram(fromHex(hex) ?? new Uint8Array()));
    const entries = entriesOf(insns);
    const sites = sitesOf(root, input, index, insns, entries);
    return { program, name, kernelName: prog.prog_name ?? name, hex, insns, sites, entries };
  });
}

/** The program's insns with the patch in place. */
export function patchedInsns({ code, slot, insns }: Patch): Insn[] {
  const slots = insns.reduce((sum, insn) => sum + slotsOf(insn), 0);
  const kept = (from: number, to: number): Insn[] => code.insns.slice(from, to).filter((i) => i !== undefined);
  return [...kept(0, slot), ...insns, ...kept(slot + slots, code.insns.length)];
}

/** A request with the patch in one of its programs; what the loader writes into insns that are gone is left out. */
export function patched(request: LoadRequest, index: number, patch: Patch): LoadRequest {
  const slots = bySlot(patchedInsns(patch));
  const isWide = (slot: number): boolean => slots[slot]?.row?.kind === 'ld_imm64';
  const isCall = (slot: number): boolean => slots[slot]?.row?.kind === 'call';
  const replaced = (prog: ProgRequest): ProgRequest => ({
    ...prog,
    insns: toHex(encodeProgram(patchedInsns(patch))),
    ...(prog.map_relocs && { map_relocs: prog.map_relocs.filter(([slot]) => isWide(slot)) }),
    ...(prog.btf_relocs && { btf_relocs: prog.btf_relocs.filter(({ insn }) => isWide(insn) || isCall(insn)) }),
  });
  if (!request.progs) return replaced(request);
  return { ...request, progs: request.progs.map((prog, i) => (i === index ? replaced(prog) : prog)) };
}
