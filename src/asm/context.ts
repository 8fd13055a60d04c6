/** What the directives fill while a file is read. */
import type { Problem } from '../util/problem.ts';
import { suggest } from '../util/suggest.ts';
import type { CodeSection, DataSection, Defined, MapDecl, Section } from './declarations.ts';
import type { Symbols } from './eval.ts';
import { evaluate } from './eval.ts';
import type { Expr } from './expr.ts';
import { parseExpr } from './expr.ts';
import { kernelNames, kernelNumber, kernelSize } from './facts.ts';
import { type AsmCode, asmProblem } from './messages.ts';
import type { Reader } from './reader.ts';
import type { Spot } from './source.ts';
import { endOf, placeOf } from './source.ts';
import type { Token } from './token.ts';
import type { CType, StructType } from './types.ts';
import { findMember, kernelStruct, memberNames, SCALAR_TYPES, sizeOf } from './types.ts';

const MAX_PROBLEMS = 50;
/** How many names are compared to find the one that was meant. */
const MAX_CANDIDATES = 5000;

/** The state of one assembly: what is declared so far, and the problems met. */
export class Context {
  readonly problems: Problem[] = [];
  readonly sections = new Map<string, Section>();
  readonly symbols = new Map<string, Defined>();
  readonly structs = new Map<string, StructType>();
  readonly opaque = new Map<string, StructType>();
  readonly maps: MapDecl[] = [];
  readonly globals = new Set<string>();
  readonly functionNames = new Set<string>();
  readonly externs = new Map<string, 'func' | 'var'>();
  linkedSlots = 0;
  /** Whether the file describes its functions, which makes BTF worth having. */
  typed = false;
  section: Section;
  reader!: Reader;
  private readonly defines: Readonly<Record<string, bigint>>;
  private readonly evaluating = new Set<string>();
  private overflown = false;

  constructor(defines: Readonly<Record<string, bigint>>) {
    this.defines = defines;
    this.section = this.codeSection('.text', undefined);
  }

  /** True once so many problems are known that reading on is of no use. */
  get full(): boolean {
    return this.overflown;
  }

  report(problem: Problem): void {
    if (this.problems.length < MAX_PROBLEMS) this.problems.push(problem);
    else if (!this.overflown) {
      this.overflown = true;
      this.problems.push(asmProblem('too-many-problems', problem.at, { limit: MAX_PROBLEMS }));
    }
  }

  problem(code: AsmCode, at: Spot, args: Readonly<Record<string, string | number>> = {}): void {
    this.report(asmProblem(code, placeOf(at), args));
  }

  /** A problem about a name, with the nearest known one if there is one. */
  unknown(code: AsmCode, name: string, at: Spot, known: Iterable<string>, args = {}): Problem {
    const hint = suggest(name, first(known, MAX_CANDIDATES));
    return hint === undefined
      ? asmProblem(code, placeOf(at), { name, ...args })
      : asmProblem(`${code}-hint` as AsmCode, placeOf(at), { name, hint, ...args });
  }

  codeSection(name: string, at: Spot | undefined): CodeSection {
    const known = this.sections.get(name);
    if (known?.kind === 'code') return known;
    const section: CodeSection = { kind: 'code', name, at, entries: [] };
    this.sections.set(name, section);
    return section;
  }

  dataSection(name: string, at: Spot): DataSection {
    const known = this.sections.get(name);
    if (known?.kind === 'data') return known;
    const section: DataSection = {
      kind: 'data',
      name,
      at,
      bytes: new Uint8Array(256),
      size: 0,
      fixups: [],
      labels: [],
    };
    this.sections.set(name, section);
    return section;
  }

  /** Makes a name known; reports a second definition. */
  define(name: string, symbol: Defined): boolean {
    const known = this.symbols.get(name);
    if (known) {
      this.problem('duplicate-symbol', symbol.at, { name, line: known.at.line });
      return false;
    }
    this.symbols.set(name, symbol);
    return true;
  }

  isDefined(name: string): boolean {
    return Object.hasOwn(this.defines, name) || this.symbols.has(name);
  }

  structNamed(name: string): StructType | undefined {
    return this.structs.get(name) ?? kernelStruct(name);
  }

  /** A struct that only has a name: a context or kernel type behind a pointer. */
  opaqueStruct(name: string): StructType {
    let struct = this.opaque.get(name);
    if (!struct) {
      struct = { kind: 'struct', union: false, name, members: [], size: 0, align: 1, incomplete: true };
      this.opaque.set(name, struct);
    }
    return struct;
  }

  private fieldNamed(name: string): CTypeAt | undefined {
    const [first, ...path] = name.split('.');
    const struct = path.length > 0 ? this.structs.get(first!) : undefined;
    return struct && findMember(struct, path);
  }

  private valueOf(name: string, at: Spot, depth: number): bigint | Problem | undefined {
    if (Object.hasOwn(this.defines, name)) return this.defines[name];
    const symbol = this.symbols.get(name);
    if (symbol?.expr) {
      if (this.evaluating.has(name)) return asmProblem('cycle', placeOf(at), { name });
      const cached = this.values.get(name);
      if (cached !== undefined) return cached;
      this.evaluating.add(name);
      const value = evaluate(symbol.expr, this.resolver, depth);
      this.evaluating.delete(name);
      if (typeof value === 'bigint') this.values.set(name, value);
      return value;
    }
    if (symbol) return asmProblem('not-a-number', placeOf(at), { name, what: symbol.what });
    const field = this.fieldNamed(name);
    return field ? BigInt(field.offset) : kernelNumber(name);
  }

  private readonly values = new Map<string, bigint>();

  private *names(like: string): Iterable<string> {
    yield* Object.keys(this.defines);
    yield* this.symbols.keys();
    for (const [name, struct] of this.structs) for (const m of memberNames(struct)) yield `${name}.${m}`;
    yield* kernelNames(like);
  }

  readonly resolver: Symbols = {
    value: (name, at, depth) => this.valueOf(name, at, depth),
    size: (name) => {
      const type = this.structNamed(name) ?? SCALAR_TYPES.get(name) ?? this.fieldNamed(name)?.type;
      return type ? sizeOf(type) : kernelSize(name);
    },
    unknown: (name, at) => this.unknown('unknown-symbol', name, at, this.names(name)),
  };

  /** The value of an expression; reports its problem and answers undefined. */
  number(expr: Expr): bigint | undefined {
    const value = evaluate(expr, this.resolver);
    if (typeof value === 'bigint') return value;
    this.report(value);
    return undefined;
  }

  /** Reads an expression that must go up to `end`, or to the end of the tokens. */
  expr(tokens: readonly Token[], from: number, what = 'a number'): { value: Expr; next: number } | undefined {
    const taken = parseExpr(tokens, from);
    if (!('stuck' in taken)) return taken;
    const at = tokens[taken.stuck] ?? tokens.at(-1)!;
    if (taken.deep) this.problem('too-deep', at, { limit: 100 });
    else if (tokens[taken.stuck]) this.problem('bad-insn', at, { expected: what, found: at.text });
    else this.problem('unfinished-insn', endOf(at), { expected: what });
    return undefined;
  }
}

type CTypeAt = { readonly offset: number; readonly type: CType };

function* first<T>(items: Iterable<T>, count: number): Iterable<T> {
  let left = count;
  for (const item of items) {
    if (left-- <= 0) return;
    yield item;
  }
}
