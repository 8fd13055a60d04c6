/** Programs as sources: their files, and their disassembly where there is no text. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Result } from '../../util/problem.ts';
import { fail, ok } from '../../util/problem.ts';
import type { Session } from '../session/session.ts';
import type { ProgSymbols } from '../symbols.ts';
import type { Client } from './client.ts';
import type { DapHost } from './host.ts';
import { dapProblem } from './messages.ts';

/** An insn with its place in a source; lines and columns from 1. */
export interface SourceInsn {
  readonly prog: ProgSymbols;
  readonly slot: number;
  readonly line: number;
  readonly col: number;
  readonly length: number;
}

/** A source and its insns, by line and column. */
export interface OneSource {
  readonly source: DebugProtocol.Source;
  readonly insns: readonly SourceInsn[];
  readonly content: () => string | undefined;
}

const SLOT = 8;

export class Sources {
  readonly #session: Session;
  readonly #client: Client;
  /** Files of the session, then the disassembly of programs: the number of a reference is its place here, from 1. */
  readonly #all: readonly (OneSource & {
    readonly file?: string;
    readonly prog?: ProgSymbols;
    readonly path?: string;
  })[];

  constructor(session: Session, client: Client, host: DapHost) {
    this.#session = session;
    this.#client = client;
    const { symbols } = session;
    const files = symbols.files.map((file, index) => {
      const path = host.sourcePath(file);
      const name = file.split(/[\\/]/).at(-1)!;
      const source = path === undefined ? { name, sourceReference: index + 1 } : { name, path: client.pathOut(path) };
      return {
        source,
        insns: fileInsns(symbols.progs, file),
        content: () => symbols.lines(file)?.join('\n'),
        file,
        ...(path !== undefined && { path }),
      };
    });
    const listings = symbols.progs.map((prog, index) => ({
      source: { name: `${prog.name} (disassembly)`, sourceReference: files.length + index + 1, origin: 'disassembly' },
      ...listing(prog),
      prog,
    }));
    this.#all = [...files, ...listings];
  }

  /** Files, and programs that have none. */
  get list(): readonly DebugProtocol.Source[] {
    return this.#all
      .filter(({ prog }) => !prog || prog.insns.every((i) => i?.position === undefined))
      .map(({ source }) => source);
  }

  /** The source that a client means. */
  find(wanted: DebugProtocol.Source): Result<OneSource> {
    const { sourceReference, path } = wanted;
    const byNumber = sourceReference !== undefined && sourceReference > 0 ? this.#all[sourceReference - 1] : undefined;
    if (byNumber) return ok(byNumber);
    const name = path === undefined ? undefined : this.#client.pathIn(path);
    const found = name === undefined ? undefined : this.#all.find((s) => s.path === name || s.file === name);
    if (found) return ok(found);
    return fail(dapProblem('dap-no-source', {}, { what: name ?? `reference ${sourceReference ?? 0}` }));
  }

  /** Where an insn stands, as the client counts lines and columns. */
  placeOf(prog: ProgSymbols, slot: number): Pick<DebugProtocol.StackFrame, 'source' | 'line' | 'column' | 'endColumn'> {
    const pos = prog.insns[slot]?.position?.pos;
    const client = this.#client;
    const file = pos && this.#all.find((s) => s.file === pos.file);
    if (file) {
      const column = client.columnOut(pos.col);
      const end = pos.length === undefined ? {} : { endColumn: column + pos.length };
      return { source: file.source, line: client.lineOut(pos.line), column, ...end };
    }
    const own = this.#all.find((s) => s.prog === prog);
    const insn = own?.insns.find((i) => i.slot === slot);
    if (!own || !insn) return { line: 0, column: 0 };
    return { source: own.source, line: client.lineOut(insn.line), column: client.columnOut(1) };
  }

  /** The insn at a text address. */
  insnAt(address: number): { readonly prog: ProgSymbols; readonly slot: number } | undefined {
    for (const prog of this.#session.symbols.progs) {
      const { text } = prog.prog.executable;
      const slot = (address - text) / SLOT;
      if (Number.isInteger(slot) && prog.insns[slot]) return { prog, slot };
    }
    return undefined;
  }
}

/** The text address of an insn. */
export const textAddress = (prog: ProgSymbols, slot: number): number => prog.prog.executable.text + SLOT * slot;

/** Insns at the nearest line at or below `line`; of one program its first, unless a column asks for another. */
export function insnsAtLine(one: OneSource, line: number, column?: number): readonly SourceInsn[] {
  const below = one.insns.filter((i) => i.line >= line);
  const nearest = Math.min(...below.map((i) => i.line));
  const here = below.filter((i) => i.line === nearest);
  const atColumn = column === undefined ? [] : here.filter((i) => i.col >= column);
  const from = atColumn.length > 0 ? atColumn.filter((i) => i.col === atColumn[0]!.col) : here;
  return from.filter((i, at) => from.findIndex((other) => other.prog === i.prog) === at);
}

function fileInsns(progs: readonly ProgSymbols[], file: string): SourceInsn[] {
  const insns = progs.flatMap((prog) =>
    prog.insns.flatMap((insn): SourceInsn[] => {
      const pos = insn?.position?.pos;
      if (!insn || pos?.file !== file) return [];
      return [{ prog, slot: insn.slot, line: pos.line, col: pos.col, length: pos.length ?? 1 }];
    }),
  );
  return insns.sort((a, b) => a.line - b.line || a.col - b.col);
}

/** A program as text: names of functions and labels on lines of their own. */
function listing(prog: ProgSymbols): Pick<OneSource, 'insns' | 'content'> {
  const names = [...prog.functions, ...prog.labels];
  const width = `${prog.insns.length}`.length;
  const lines: string[] = [];
  const insns: SourceInsn[] = [];
  for (const insn of prog.insns) {
    if (!insn) continue;
    for (const name of new Set(names.filter((n) => n.slot === insn.slot).map((n) => n.name))) lines.push(`${name}:`);
    const text = `  ${`${insn.slot}`.padStart(width)}: ${insn.text}`;
    lines.push(text);
    insns.push({ prog, slot: insn.slot, line: lines.length, col: 1, length: text.length });
  }
  return { insns, content: () => lines.join('\n') };
}
