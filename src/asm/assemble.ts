/** Text to object. */
import type { Problem } from '../util/problem.ts';
import { TypeWriter } from './btfTypes.ts';
import { Context } from './context.ts';
import type { DataSection } from './declarations.ts';
import type { EncodedFunc } from './encode.ts';
import { encodeFunc } from './encode.ts';
import { evaluate } from './eval.ts';
import { parseExpr } from './expr.ts';
import type { Func } from './layout.ts';
import { layOutCode } from './layout.ts';
import type { Linked } from './link.ts';
import { linkProgram } from './link.ts';
import { isClassicFilter } from './listing.ts';
import { dataSections, declaredMaps, sectionMap, sectionMapNames } from './maps.ts';
import { asmProblem } from './messages.ts';
import type { AsmMap, AsmObject, AsmProgram } from './object.ts';
import { parseAll } from './parse.ts';
import { Reader } from './reader.ts';
import { makeSource } from './source.ts';

const MAX_TEXT = 16 * 1024 * 1024;
/** How much of a text is looked at to tell a classic filter. */
const CLASSIC_LOOK = 4096;

/** How a text is read. Nothing is read from files or the environment unless it is given here. */
export interface AssembleOptions {
  /** Name of the file, for messages, line info and the names of data maps. */
  readonly file: string;
  /** Names with values, as `.equ` would give them; `.ifdef` sees them. */
  readonly defines?: Readonly<Record<string, bigint>>;
  /** Texts that take the place of functions of the file: `{ now: 'r0 = 5\nexit' }`. */
  readonly override?: Readonly<Record<string, string>>;
  /** Text of an included file; `path` as written, `from` the file that includes it. */
  readonly readFile?: (path: string, from: string) => string | undefined;
  /** BTF with func_info and line_info: by default when the file has a `.func`. */
  readonly btf?: boolean;
}

/** What a text became: the object, or problems. */
export interface Assembled {
  /** There if `problems` is empty. */
  readonly object?: AsmObject;
  readonly problems: readonly Problem[];
}

function refuse(text: string, file: string): Problem | undefined {
  const { lines } = makeSource(file, text.slice(0, CLASSIC_LOOK));
  if (text.length > CLASSIC_LOOK) lines.pop();
  const at = { pos: { file, line: 1, col: 1 } };
  if (text.startsWith('\x7fELF')) return asmProblem('elf', at);
  if (text.length > MAX_TEXT) return asmProblem('too-long', at, { limit: MAX_TEXT });
  if (text.includes('\0')) return asmProblem('binary', at);
  return isClassicFilter(lines) ? asmProblem('classic-listing', at) : undefined;
}

/**
 * Assembles a `.bpf` text. Never throws on bad text: `problems` then says what is wrong and where, several at once.
 *
 * @example
 * const { object, problems } = assemble('r0 = 2\nexit', { file: 'pass.bpf' });
 */
export function assemble(text: string, options: AssembleOptions): Assembled {
  const refused = refuse(text, options.file);
  if (refused) return { problems: [refused] };
  const ctx = new Context(options.defines ?? {});
  read(ctx, text, options);
  if (ctx.problems.length > 0 && ctx.full) return { problems: ctx.problems };
  const functions = override(ctx, layOutCode(ctx), options);
  const object = finish(ctx, functions, options);
  return ctx.problems.length > 0 ? { problems: ctx.problems } : { object, problems: [] };
}

function read(ctx: Context, text: string, options: AssembleOptions, file = options.file): void {
  ctx.reader = new Reader(makeSource(file, text), {
    report: (p) => ctx.report(p),
    isDefined: (name) => ctx.isDefined(name),
    readFile: options.readFile,
    test: (tokens, from) => {
      const taken = parseExpr(tokens, from);
      if ('stuck' in taken) {
        ctx.problem('bad-insn', tokens[taken.stuck] ?? tokens[0]!, {
          expected: 'a number',
          found: tokens[taken.stuck]?.text ?? '',
        });
        return false;
      }
      const value = evaluate(taken.value, ctx.resolver);
      if (typeof value !== 'bigint') ctx.report(value);
      return typeof value === 'bigint' && value !== 0n;
    },
  });
  parseAll(ctx);
}

/** Reads replacement texts as functions of their own and puts them in place of the file's. */
function override(ctx: Context, functions: Map<string, Func>, options: AssembleOptions): Map<string, Func> {
  for (const [name, text] of Object.entries(options.override ?? {})) {
    const old = functions.get(name);
    if (!old) {
      ctx.report(asmProblem('unknown-override', { pos: { file: options.file, line: 1, col: 1 } }, { name }));
      continue;
    }
    const before = ctx.sections.get(old.section);
    ctx.sections.delete(old.section);
    ctx.section = ctx.codeSection(old.section, old.at);
    read(ctx, text, options, `${options.file} (${name})`);
    const [first] = layOutCode(ctx).values();
    if (before) ctx.sections.set(old.section, before);
    if (first) functions.set(name, { ...first, name, ...(old.decl && { decl: old.decl }) });
  }
  return functions;
}

/** Which functions begin programs. Without any program section the whole of .text is one program. */
function entries(ctx: Context, encoded: ReadonlyMap<string, EncodedFunc>): { roots: EncodedFunc[]; flat: boolean } {
  const all = [...encoded.values()];
  const sectioned = all.filter(({ func }) => func.section !== '.text');
  if (sectioned.length === 0) return { roots: all.slice(0, 1), flat: true };
  const called = new Set(all.flatMap((f) => f.fixups.map((x) => ('func' in x ? x.func : ''))));
  const isStatic = (func: Func): boolean =>
    func.decl?.linkage === 'static' || (called.has(func.name) && !ctx.globals.has(func.name));
  return { roots: sectioned.filter(({ func }) => !isStatic(func)), flat: false };
}

function finish(ctx: Context, functions: ReadonlyMap<string, Func>, options: AssembleOptions): AsmObject {
  const encoded = new Map([...functions].map(([name, f]) => [name, encodeFunc(ctx, f, functions)]));
  const { roots, flat } = entries(ctx, encoded);
  const data = dataSections(ctx);
  for (const section of ctx.sections.values()) if (section.kind === 'data') fillData(ctx, section);
  const names = sectionMapNames(data, baseName(options.file));
  const linked = roots.flatMap((root) => {
    const whole = flat ? [...encoded.values()] : undefined;
    return linkProgram(ctx, root, encoded, names, whole) ?? [];
  });
  const types = new TypeWriter();
  const maps: AsmMap[] = [
    ...declaredMaps(ctx, (type) => types.type(type), new Set(roots.map((r) => r.func.name))),
    ...data.map((s) => sectionMap(s, names.get(s.name)!)),
  ];
  const typed = options.btf ?? ctx.typed;
  const programs = linked.map((l) => programOf(ctx, l, typed ? types : undefined));
  if (roots.length === 0 && ctx.problems.length === 0)
    ctx.report(asmProblem('no-program', { pos: { file: options.file, line: 1, col: 1 } }));
  const license = ctx.sections.get('license');
  const version = ctx.sections.get('version');
  return {
    programs,
    maps,
    license: license?.kind === 'data' ? cString(license) : '',
    version: version?.kind === 'data' && version.size >= 4 ? new DataView(version.bytes.buffer).getUint32(0, true) : 0,
    btf: types.builder.count > 0 ? types.builder.build() : new Uint8Array(),
  };
}

function programOf(ctx: Context, linked: Linked, types: TypeWriter | undefined): AsmProgram {
  const { insns, bytes, relocs, positions, entry, section } = linked;
  const isGlobal = (func: Func): boolean =>
    func.decl?.linkage === 'global' ||
    (func.decl?.linkage !== 'static' && (func === entry.func || ctx.globals.has(func.name)));
  const functions = linked.parts.map(({ func: { func }, slot }) => ({
    name: func.name,
    slot,
    typeId: types ? types.func(func.name, func.decl, isGlobal(func)) : 0,
  }));
  const labels = linked.parts
    .flatMap(({ func: { func }, slot }) => [...func.labels].map(([name, at]) => ({ name, slot: slot + at })))
    .sort((a, b) => a.slot - b.slot);
  const lineInfo = types ? types.lines(linked) : [];
  return { name: entry.func.name, section, insns, bytes, functions, labels, relocs, positions, lineInfo };
}

function fillData(ctx: Context, section: DataSection): void {
  for (const { offset, entry } of section.fixups) {
    entry.values.forEach((expr, i) => {
      const value = ctx.number(expr) ?? 0n;
      const bits = entry.size * 8;
      if (bits < 64 && (value < -(1n << BigInt(bits - 1)) || value >= 1n << BigInt(bits)))
        ctx.problem('value-range', expr.at, { value: String(value), bits });
      let rest = BigInt.asUintN(64, value);
      for (let b = 0; b < entry.size; b++, rest >>= 8n)
        section.bytes[offset + i * entry.size + b] = Number(rest & 0xffn);
    });
  }
}

function cString(section: DataSection): string {
  const bytes = section.bytes.subarray(0, section.size);
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

/** `conntrack` of `programs/conntrack.bpf`. */
function baseName(file: string): string {
  return file.replace(/^.*[/\\]/, '').replace(/\..*$/, '');
}
