/** Cuts code sections into functions and numbers their slots. */
import type { Context } from './context.ts';
import type { CodeEntry, CodeSection, FuncDecl } from './declarations.ts';
import type { Expr } from './expr.ts';
import type { Spot } from './source.ts';

export const MAX_SLOTS = 1_000_000;

type Placed = InsnEntry & { readonly slot: number; readonly slots: number };

export interface Func {
  readonly name: string;
  readonly section: string;
  readonly at: Spot | undefined;
  readonly decl?: FuncDecl;
  readonly entries: readonly Placed[];
  readonly labels: ReadonlyMap<string, number>;
  /** `1:` labels, which may repeat: name and slot in order. */
  readonly numbered: readonly { readonly name: string; readonly slot: number }[];
  readonly slots: number;
}

type InsnEntry = Exclude<CodeEntry, { kind: 'label' }>;

function slotsOfEntry(entry: InsnEntry): number {
  if (entry.kind === 'data') return (entry.size * entry.values.length) / 8;
  const { readings } = entry.match;
  const coded = entry.code === undefined ? readings : readings.filter((r) => r.row.code === entry.code);
  return (coded[0] ?? readings[0])!.row.kind === 'ld_imm64' ? 2 : 1;
}

/** The symbol an address names: of `sym` and of `sym + 4`. */
export function baseSymbol(expr: Expr | undefined): (Expr & { kind: 'symbol' }) | undefined {
  if (expr?.kind === 'symbol') return expr;
  if (expr?.kind === 'binary' && (expr.op === '+' || expr.op === '-')) return baseSymbol(expr.left);
  return undefined;
}

/** Names that instructions call or take the address of: labels of these names begin functions. */
function referenced(ctx: Context): Set<string> {
  const names = new Set([...ctx.functionNames, ...ctx.globals]);
  for (const section of ctx.sections.values()) {
    if (section.kind !== 'code') continue;
    for (const entry of section.entries) {
      if (entry.kind !== 'insn') continue;
      const { row } = entry.match.readings[0]!;
      for (const c of entry.match.captured) {
        if (c.kind === 'target' && c.target.kind === 'name' && row.kind === 'call') names.add(c.target.name);
        if (c.kind === 'expr' && row.kind === 'ld_imm64') names.add(baseSymbol(c.expr)?.name ?? '');
      }
    }
  }
  return names;
}

const textOf = ({ at }: InsnEntry): string =>
  (at.source.lines[at.line - 1] ?? '').slice(at.col - 1, at.col - 1 + at.length);

/** Puts the insns of a log or dump, which may repeat, into the order of their numbers. */
function orderListing(ctx: Context, section: CodeSection): readonly CodeEntry[] {
  const listed = new Map<number, InsnEntry>();
  for (const entry of section.entries) {
    if (entry.kind === 'label' || entry.index === undefined) continue;
    const known = listed.get(entry.index);
    if (!known) listed.set(entry.index, entry);
    else if (textOf(known) !== textOf(entry)) ctx.problem('listing-differs', entry.at, { index: entry.index });
  }
  if (listed.size === 0) return section.entries;
  const ordered = [...listed.values()].sort((a, b) => a.index! - b.index!);
  let expected = 0;
  for (const entry of ordered) {
    if (entry.index !== expected) {
      ctx.problem('listing-gap', entry.at, { index: expected });
      expected = entry.index!;
    }
    expected += slotsOfEntry(entry);
  }
  return [...section.entries.filter((e) => e.kind === 'label' || e.index === undefined), ...ordered];
}

/** The name of code that stands before any label. */
function implicitName(section: string): string {
  return section === '.text' ? 'main' : section.replace(/[^\w]/g, '_').replace(/^(?=\d)/, '_');
}

class Splitter {
  private readonly ctx: Context;
  private readonly section: CodeSection;
  readonly funcs: Func[] = [];
  private name: string;
  private at: Spot | undefined;
  private decl: FuncDecl | undefined;
  private entries: Placed[] = [];
  private labels = new Map<string, number>();
  private spots = new Map<string, Spot>();
  private numbered: { name: string; slot: number }[] = [];
  private slots = 0;
  private open = false;
  private ragged = 0;

  constructor(ctx: Context, section: CodeSection) {
    this.ctx = ctx;
    this.section = section;
    this.name = implicitName(section.name);
    this.at = section.at;
  }

  run(names: ReadonlySet<string>): Func[] {
    for (const entry of orderListing(this.ctx, this.section)) {
      if (entry.kind !== 'label') this.place(entry);
      else if (entry.func || names.has(entry.name) || (!this.open && !/^\d|^\.?L/.test(entry.name))) this.begin(entry);
      else this.label(entry);
    }
    this.close();
    return this.funcs;
  }

  private begin(entry: CodeEntry & { kind: 'label' }): void {
    this.close();
    this.name = entry.name;
    this.at = entry.at;
    this.decl = entry.func;
    this.open = true;
  }

  private label({ name, at }: CodeEntry & { kind: 'label' }): void {
    this.open = true;
    if (/^\d/.test(name)) {
      this.numbered.push({ name, slot: this.slots });
      if (!this.labels.has(name)) this.labels.set(name, this.slots);
      return;
    }
    const known = this.spots.get(name);
    if (known) this.ctx.problem('duplicate-label', at, { name, line: known.line });
    this.labels.set(name, this.slots);
    this.spots.set(name, at);
  }

  private place(entry: InsnEntry): void {
    this.open = true;
    const slots = slotsOfEntry(entry);
    this.ragged += entry.kind === 'data' ? entry.size * entry.values.length : 0;
    if (entry.kind === 'insn' && this.ragged % 8 !== 0) this.checkRagged();
    this.entries.push({ ...entry, slot: this.slots, slots });
    this.slots += slots;
  }

  private checkRagged(): void {
    const entry = this.entries.at(-1);
    if (entry && this.ragged % 8 !== 0) this.ctx.problem('ragged-code', entry.at, { bytes: this.ragged });
    this.slots = Math.ceil(this.slots);
    this.ragged = 0;
  }

  private close(): void {
    this.checkRagged();
    if (!this.open) return;
    const { name, at, decl, entries, labels, numbered, slots, section } = this;
    this.funcs.push({ name, section: section.name, at, entries, labels, numbered, slots, ...(decl && { decl }) });
    if (slots > MAX_SLOTS && at) this.ctx.problem('too-many-insns', at, { limit: MAX_SLOTS });
    this.entries = [];
    this.labels = new Map();
    this.spots = new Map();
    this.numbered = [];
    this.slots = 0;
    this.decl = undefined;
    this.open = false;
  }
}

/** All functions of the file, section by section, each under its name; a second one of the same name is reported. */
export function layOutCode(ctx: Context): Map<string, Func> {
  const names = referenced(ctx);
  const funcs = new Map<string, Func>();
  for (const section of ctx.sections.values()) {
    if (section.kind !== 'code') continue;
    for (const func of new Splitter(ctx, section).run(names)) {
      const known = funcs.get(func.name);
      if (known) ctx.problem('duplicate-label', func.at!, { name: func.name, line: known.at?.line ?? 1 });
      else funcs.set(func.name, func);
    }
  }
  return funcs;
}
