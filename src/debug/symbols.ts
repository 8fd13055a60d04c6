/** Names and source lines of loaded programs: what the debugger calls the places that it stops at. */
import { insnText } from '../isa/disasm.ts';
import type { Insn } from '../isa/insn.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { Position } from '../kernel/replay/result.ts';
import type { ProgRecord } from '../kernel/world.ts';
import { mapAt } from '../kernel/world.ts';
import { helperName } from '../spec/helpers/index.ts';
import { LOWERED } from '../vm/executable.ts';
import { kfuncAt } from '../vm/kfuncs.ts';

/** A place in a program that has a name. `slot` counts 8-byte insns from the program's first. */
export interface SymbolPlace {
  readonly name: string;
  readonly slot: number;
}

/** One insn of a program. */
export interface InsnLine {
  readonly slot: number;
  readonly insn: Insn;
  /** As the verifier's log prints it, with the names of maps, helpers, functions and labels: `goto pc+56 <failed>`. */
  readonly text: string;
  readonly position: Position | undefined;
}

/** A loaded program as its author knows it. */
export interface ProgSymbols {
  /** The name that the file gives it; the kernel's is cut after 15 characters. */
  readonly name: string;
  readonly prog: ProgRecord;
  /** By slot; undefined at the second slot of a 16-byte insn. */
  readonly insns: readonly (InsnLine | undefined)[];
  /** The program's own function first, by slot. */
  readonly functions: readonly SymbolPlace[];
  readonly labels: readonly SymbolPlace[];
}

/** A program of a file, as far as it is known how its author wrote it; plain data. */
export interface ProgramFile {
  readonly name: string;
  /** Empty where the file has no names. */
  readonly functions: readonly SymbolPlace[];
  readonly labels: readonly SymbolPlace[];
  /** By slot. */
  readonly positions: readonly (Position | undefined)[];
}

/** Where the programs of a session come from; plain data, so that it can be stored. */
export interface ProgramFiles {
  /** In the order of the request. */
  readonly programs: readonly ProgramFile[];
  /** Whole source files by the names that positions give them. */
  readonly texts: Readonly<Record<string, string>>;
}

/** A place of a source file in a program. */
export interface LinePlace {
  readonly prog: ProgSymbols;
  /** First slot of the line. */
  readonly slot: number;
}

/** All programs of a session by name, id and source line. */
export class Symbols {
  readonly progs: readonly ProgSymbols[];
  readonly #kernel: Kernel;
  readonly #files: ProgramFiles;
  /** Programs that are loaded later are added when they are first asked for. */
  readonly #byId: Map<number, ProgSymbols>;
  readonly #texts = new Map<string, readonly string[]>();

  /** `progs`: what the kernel loaded from these files, in their order. */
  constructor(kernel: Kernel, progs: readonly ProgRecord[], files: ProgramFiles) {
    this.#kernel = kernel;
    this.#files = files;
    this.progs = progs.map((prog, index) => symbolsOf(kernel, prog, files.programs[index]));
    this.#byId = new Map(this.progs.map((p) => [p.prog.id, p]));
  }

  /** The program with this id, as `Executable.id` gives it. */
  prog(id: number): ProgSymbols | undefined {
    const known = this.#byId.get(id);
    if (known) return known;
    const prog = this.#kernel.world.progs.find((p) => p.id === id);
    if (!prog) return undefined;
    const made = symbolsOf(this.#kernel, prog, fileOf(this.#files, prog));
    this.#byId.set(id, made);
    return made;
  }

  /** By the file's name or the kernel's. */
  named(name: string): ProgSymbols | undefined {
    return this.progs.find((p) => p.name === name) ?? this.progs.find((p) => p.prog.name === name);
  }

  /** The function that a slot is in. */
  functionAt(prog: ProgSymbols, slot: number): SymbolPlace {
    return prog.functions.findLast((f) => f.slot <= slot) ?? { name: prog.name, slot: 0 };
  }

  /** `tc_main`, `drop+2`, `ct_lookup+14`: the nearest label or function at or before a slot. */
  placeName(prog: ProgSymbols, slot: number): string {
    const { name, slot: at } = [...prog.functions, ...prog.labels]
      .filter((s) => s.slot <= slot)
      .reduce((best, s) => (s.slot >= best.slot ? s : best), { name: prog.name, slot: 0 });
    return slot === at ? name : `${name}+${slot - at}`;
  }

  /** What places may be called: programs, functions, labels. */
  get names(): readonly string[] {
    return this.progs.flatMap((p) => [p.name, ...p.functions.map((f) => f.name), ...p.labels.map((l) => l.name)]);
  }

  /** Files that insns were written in. */
  get files(): readonly string[] {
    const names = this.progs.flatMap((p) => p.insns.flatMap((i) => (i?.position ? [i.position.pos.file] : [])));
    return [...new Set(names)];
  }

  /** The lines of a source file; undefined where it is not at hand. */
  lines(file: string): readonly string[] | undefined {
    const known = this.#texts.get(file);
    if (known) return known;
    if (!Object.hasOwn(this.#files.texts, file)) return undefined;
    const text = this.#files.texts[file]!;
    const lines = text.split(/\r\n|\n|\r/);
    this.#texts.set(file, lines);
    return lines;
  }

  /** The first insn of each program at a line, or else at the next line below that has insns; empty below the last. */
  atLine(file: string, line: number): readonly LinePlace[] {
    const places = this.progs.map((prog) => ({ prog, best: nearestLine(prog, file, line) }));
    const nearest = Math.min(...places.map(({ best }) => best?.line ?? Number.POSITIVE_INFINITY));
    return places.flatMap(({ prog, best }) => (best && best.line === nearest ? [{ prog, slot: best.slot }] : []));
  }
}

/** The file's program that a loaded one was made from, by its name and length; the kernel cuts names. */
export function fileOf({ programs }: ProgramFiles, { name, executable }: ProgRecord): ProgramFile | undefined {
  const fits = (p: ProgramFile): boolean => p.name === name || (name.length === 15 && p.name.startsWith(name));
  return programs.find((p) => fits(p) && p.positions.length === executable.insns.length) ?? programs.find(fits);
}

const sameFile = (a: string, b: string): boolean => a === b || a.endsWith(`/${b}`) || b.endsWith(`/${a}`);

function nearestLine(prog: ProgSymbols, file: string, line: number): { line: number; slot: number } | undefined {
  let best: { line: number; slot: number } | undefined;
  for (const insn of prog.insns) {
    const pos = insn?.position?.pos;
    if (!pos || pos.line < line || !sameFile(pos.file, file)) continue;
    if (!best || pos.line < best.line) best = { line: pos.line, slot: insn.slot };
  }
  return best;
}

function symbolsOf(kernel: Kernel, prog: ProgRecord, file: ProgramFile | undefined): ProgSymbols {
  const name = file?.name ?? prog.name;
  const labels = file?.labels ?? [];
  const nameAt = new Map(labels.map((l) => [l.slot, l.name]));
  const functions = file && file.functions.length > 0 ? file.functions : calledFunctions(prog, name);
  const insns = prog.executable.insns.map((insn, slot): InsnLine | undefined => {
    if (!insn) return undefined;
    const target = jumpTarget(insn, slot);
    const label = target === undefined ? undefined : ` <${nameAt.get(target) ?? `*${target}`}>`;
    const text = `${namedText(kernel, prog, insn, slot, functions)}${label ?? ''}`;
    return { slot, insn, text, position: file?.positions[slot] };
  });
  return { name, prog, insns, functions, labels };
}

/** Where a jump goes to. */
function jumpTarget({ row, off, imm }: Insn, slot: number): number | undefined {
  if (row?.kind === 'jump' || row?.kind === 'may_goto') return slot + 1 + off;
  return row?.kind === 'goto' ? slot + 1 + (row.distance === 'off' ? off : imm) : undefined;
}

/** Functions of a program without names: wherever a call goes. */
function calledFunctions(prog: ProgRecord, name: string): SymbolPlace[] {
  const slots = new Set<number>();
  prog.executable.insns.forEach((insn, slot) => {
    if (insn?.row?.kind === 'call' && insn.row.target === 'local') slots.add(slot + 1 + insn.imm);
  });
  return [{ name, slot: 0 }, ...[...slots].sort((a, b) => a - b).map((slot) => ({ name: `func_${slot}`, slot }))];
}

/** The insn's text with the name of the map, function or kfunc that it means. */
function namedText(
  kernel: Kernel,
  prog: ProgRecord,
  insn: Insn,
  slot: number,
  functions: readonly SymbolPlace[],
): string {
  const text = insnText(insn, 'kernel', { helper: helperName });
  const { row } = insn;
  const { code } = prog.executable;
  const lo = code[slot * LOWERED.words + LOWERED.lo]!;
  const functionOf = (): string | undefined => functions.find((f) => f.slot === slot + 1 + insn.imm)?.name;
  if (row?.kind === 'call' && row.target === 'local') return `call ${functionOf() ?? `pc+${insn.imm}`}`;
  if (row?.kind === 'call' && row.target === 'kfunc') return `call ${kfuncAt(lo) ?? text}`;
  if (row?.kind !== 'ld_imm64') return text;
  switch (row.pseudo) {
    case 'map_fd':
    case 'map_idx':
      return `r${insn.dst} = map[${mapAt(kernel.world, lo >>> 0)?.name ?? '?'}]`;
    case 'map_value':
    case 'map_idx_value': {
      const map = mapAt(kernel.world, kernel.arena.ownerAt(lo >>> 0));
      return `r${insn.dst} = map_value[${map?.name ?? '?'}]+${insn.next?.imm ?? 0}`;
    }
    case 'func':
      return `r${insn.dst} = func[${functionOf() ?? `pc+${insn.imm}`}]`;
    default:
      return text;
  }
}
