/** The program that is verified, as its author knows it: insns with names, functions, labels and source lines. */
import { insnText } from '../../isa/disasm.ts';
import type { Insn } from '../../isa/insn.ts';
import type { Position } from '../../kernel/replay/result.ts';
import { helperName } from '../../spec/helpers/index.ts';
import { fail, ok, type Result } from '../../util/problem.ts';
import { suggest } from '../../util/suggest.ts';
import { slotInsns } from '../../verifier/program.ts';
import type { ProgramFiles, SymbolPlace } from '../symbols.ts';
import type { Exploration } from './exploration.ts';
import { programBytes } from './exploration.ts';
import { knownProblem } from './messages.ts';

/** One insn. */
export interface ListedInsn {
  readonly slot: number;
  readonly insn: Insn;
  readonly text: string;
  readonly position: Position | undefined;
}

/** The insns that a place means. */
export interface ListedPlace {
  readonly slots: readonly number[];
  readonly text: string;
}

const NO_FILES: ProgramFiles = { programs: [], texts: {} };

/** Where local calls and function pointers go. */
function calledFunctions(insns: readonly Insn[], name: string): SymbolPlace[] {
  const slots = new Set<number>();
  insns.forEach((insn, slot) => {
    const { row } = insn;
    if (row?.kind === 'call' && row.target === 'local') slots.add(slot + 1 + insn.imm);
    if (row?.kind === 'ld_imm64' && row.pseudo === 'func') slots.add(slot + 1 + insn.imm);
  });
  return [{ name, slot: 0 }, ...[...slots].sort((a, b) => a - b).map((slot) => ({ name: `func_${slot}`, slot }))];
}

const sameFile = (a: string, b: string): boolean => a === b || a.endsWith(`/${b}`);

/** A program in words. */
export class Listing {
  readonly name: string;
  /** By slot; undefined at the second slot of a 16-byte insn. */
  readonly insns: readonly (ListedInsn | undefined)[];
  readonly functions: readonly SymbolPlace[];
  readonly labels: readonly SymbolPlace[];
  readonly files: ProgramFiles;
  readonly #lines = new Map<string, readonly string[]>();

  /** `files`: as far as it is known how the programs of the request were written. */
  constructor(exploration: Exploration, files: ProgramFiles = NO_FILES) {
    const file = files.programs[exploration.options.index ?? 0];
    const raw = slotInsns(programBytes(exploration.program) ?? new Uint8Array());
    this.files = files;
    this.name = file?.name ?? exploration.name;
    this.functions = file && file.functions.length > 0 ? file.functions : calledFunctions(raw, this.name);
    this.labels = file?.labels ?? [];
    this.insns = raw.map((insn, slot): ListedInsn | undefined => {
      if (slot > 0 && raw[slot - 1]!.row?.kind === 'ld_imm64') return undefined;
      return { slot, insn, text: this.#text(exploration, insn, slot), position: file?.positions[slot] };
    });
  }

  text(slot: number): string {
    return this.insns[slot]?.text ?? '';
  }

  /** `drop+2`: the nearest label or function at or before a slot. */
  placeName(slot: number): string {
    let best: SymbolPlace = { name: this.name, slot: 0 };
    for (const s of [...this.functions, ...this.labels]) if (s.slot <= slot && s.slot >= best.slot) best = s;
    return best.slot === slot ? best.name : `${best.name}+${slot - best.slot}`;
  }

  /** The function that a slot is in. */
  functionAt(slot: number): SymbolPlace {
    return this.functions.findLast((f) => f.slot <= slot) ?? { name: this.name, slot: 0 };
  }

  /** The source line of an insn, as `file:line`; undefined where none is known. */
  lineOf(slot: number): string | undefined {
    const pos = this.insns[slot]?.position?.pos;
    return pos && `${pos.file}:${pos.line}`;
  }

  /** The lines of a source file; undefined where it is not at hand. */
  lines(file: string): readonly string[] | undefined {
    const known = this.#lines.get(file);
    if (known) return known;
    if (!Object.hasOwn(this.files.texts, file)) return undefined;
    const lines = this.files.texts[file]!.split(/\r\n|\n|\r/);
    this.#lines.set(file, lines);
    return lines;
  }

  /** The text of an insn's source line, trimmed. */
  sourceOf(slot: number): string | undefined {
    const at = this.insns[slot]?.position;
    return at && (at.text ?? this.lines(at.pos.file)?.[at.pos.line - 1])?.trim();
  }

  /** The same, where it says more than the insn. */
  sourceBeside(slot: number): string | undefined {
    const source = this.sourceOf(slot);
    const bare = (text: string): string => text.replace(/\s+/g, '');
    return source === undefined || bare(source) === bare(this.text(slot)) ? undefined : source;
  }

  /** `*12` or `12` (a line where there is source), `file.bpf:40`, `drop`, `drop+3`; '' is `here`. */
  place(given: string, here: number): Result<ListedPlace> {
    const text = given.trim();
    if (text === '') return this.#insn(here);
    const number = /^(\*?)(\d{1,9})$/.exec(text);
    const file = this.insns[here]?.position?.pos.file ?? this.insns[0]?.position?.pos.file;
    if (number && (number[1] === '*' || file === undefined)) return this.#insn(Number(number[2]));
    if (number) return this.#line(file!, Number(number[2]));
    const line = /^(.+):(\d{1,9})$/.exec(text);
    if (line) return this.#line(line[1]!, Number(line[2]));
    const named = /^([\w.$-]+)(?:\+(\d{1,9}))?$/.exec(text);
    const found = named && [...this.functions, ...this.labels].find((s) => s.name === named[1]);
    if (found) return this.#insn(found.slot + Number(named[2] ?? 0), text);
    return this.#none(text, named?.[1] ?? text);
  }

  #insn(slot: number, text = `*${slot}`): Result<ListedPlace> {
    if (this.insns[slot]) return ok({ slots: [slot], text });
    return fail(knownProblem('no-insn', {}, { prog: this.name, slot, last: this.insns.length - 1 }));
  }

  /** The first insns of each run of insns of a line, or of the next line below that has some. */
  #line(file: string, line: number): Result<ListedPlace> {
    const own = this.insns.filter(
      (i) => i?.position && sameFile(i.position.pos.file, file) && i.position.pos.line >= line,
    );
    const nearest = own.reduce((min, i) => Math.min(min, i!.position!.pos.line), Number.POSITIVE_INFINITY);
    const slots = own.flatMap((i) => {
      const { slot, position } = i!;
      const before = this.insns[slot - 1] ?? this.insns[slot - 2];
      const same = before?.position?.pos.line === nearest && sameFile(before.position.pos.file, file);
      return position!.pos.line === nearest && !same ? [slot] : [];
    });
    return slots.length > 0 ? ok({ slots, text: `${file}:${nearest}` }) : this.#none(`${file}:${line}`, file);
  }

  #none(text: string, word: string): Result<never> {
    const known = [...this.functions, ...this.labels].map((s) => s.name);
    const near = suggest(word, known);
    const hint =
      near === undefined ? `functions: ${this.functions.map((f) => f.name).join(', ')}` : `did you mean '${near}'?`;
    return fail(knownProblem('no-verifier-place', {}, { text, prog: this.name, hint }));
  }

  #text(exploration: Exploration, insn: Insn, slot: number): string {
    const { program, request } = exploration;
    const { row } = insn;
    const reloc = program.btf_relocs?.find((r) => r.insn === slot)?.name;
    const target = this.functions.find((f) => f.slot === slot + 1 + insn.imm)?.name;
    if (row?.kind === 'call' && row.target === 'local') return `call ${target ?? `pc+${insn.imm}`}`;
    const plain = insnText(insn, 'kernel', { helper: helperName, kfunc: () => reloc });
    if (row?.kind !== 'ld_imm64') return plain;
    const relocs = program.map_relocs;
    const index = relocs ? relocs.find(([at]) => at === slot)?.[1] : insn.imm;
    const map = index === undefined ? undefined : request.maps?.[index];
    const name = map?.name ?? `${index}`;
    switch (row.pseudo) {
      case 'map_fd':
      case 'map_idx':
        return `r${insn.dst} = map[${name}]`;
      case 'map_value':
      case 'map_idx_value':
        return `r${insn.dst} = map_value[${name}]+${insn.next?.imm ?? 0}`;
      case 'func':
        return `r${insn.dst} = func[${target ?? `pc+${insn.imm}`}]`;
      default:
        return reloc === undefined ? plain : `r${insn.dst} = ${reloc}`;
    }
  }
}
