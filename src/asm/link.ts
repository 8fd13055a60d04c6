/** Puts functions together into programs, as libbpf does: the entry, then each function it reaches, once. */
import { decodeProgram, encodeProgram } from '../isa/codec.ts';
import type { Insn } from '../isa/insn.ts';
import type { SourcePos } from '../util/problem.ts';
import type { Context } from './context.ts';
import type { EncodedFunc, Fixup } from './encode.ts';
import { MAX_SLOTS } from './layout.ts';
import type { AsmReloc } from './object.ts';
import { posOf } from './source.ts';

/** Slots of all programs of a file together. */
const MAX_LINKED = 4_000_000;

/** A program before its types: functions in order with their first slots. */
export interface Linked {
  readonly entry: EncodedFunc;
  readonly section: string;
  readonly parts: readonly { readonly func: EncodedFunc; readonly slot: number }[];
  readonly insns: readonly Insn[];
  readonly bytes: Uint8Array;
  readonly relocs: readonly AsmReloc[];
  readonly positions: readonly (SourcePos | undefined)[];
}

type Functions = ReadonlyMap<string, EncodedFunc>;

const needs = (func: EncodedFunc): string[] =>
  func.fixups.flatMap((f) => (f.kind === 'call' || f.kind === 'address' ? [f.func] : []));

/** The functions a program consists of, each function's callees behind it in the order of its insns, depth first. */
function reach(entry: EncodedFunc, functions: Functions): EncodedFunc[] {
  const order: EncodedFunc[] = [];
  const seen = new Set<string>();
  const stack = [entry.func.name];
  while (stack.length > 0) {
    const name = stack.pop()!;
    if (seen.has(name)) continue;
    seen.add(name);
    const func = functions.get(name)!;
    order.push(func);
    for (const callee of needs(func).reverse()) stack.push(callee);
  }
  return order;
}

class Linker {
  private readonly ctx: Context;
  private readonly order: readonly EncodedFunc[];
  private readonly base = new Map<string, number>();
  private readonly mapNames: ReadonlyMap<string, string>;
  readonly relocs: AsmReloc[] = [];
  private total = 0;

  constructor(ctx: Context, order: readonly EncodedFunc[], mapNames: ReadonlyMap<string, string>) {
    this.ctx = ctx;
    this.order = order;
    this.mapNames = mapNames;
    for (const { func } of order) {
      this.base.set(func.name, this.total);
      this.total += Math.ceil(func.slots);
    }
  }

  link(section: string): Linked | undefined {
    const entry = this.order[0]!;
    this.ctx.linkedSlots += this.total;
    if (this.total > MAX_SLOTS || this.ctx.linkedSlots > MAX_LINKED) {
      this.ctx.problem('too-many-insns', entry.func.at ?? entry.insns[0]!.at, { limit: MAX_SLOTS });
      return undefined;
    }
    const positions = new Array<SourcePos | undefined>(this.total).fill(undefined);
    const insns: Insn[] = [];
    const parts: { func: EncodedFunc; slot: number }[] = [];
    for (const func of this.order) {
      const base = this.base.get(func.func.name)!;
      parts.push({ func, slot: base });
      const patches = new Map(func.fixups.map((f) => [f.slot, this.patch(f, base)]));
      for (const { slot, insn, at } of func.insns) {
        positions[base + slot] = posOf(at);
        insns.push({ ...insn, ...patches.get(slot) });
      }
    }
    const bytes = encodeProgram(insns);
    return { entry, section, parts, insns: decodeProgram(bytes), bytes, relocs: this.relocs, positions };
  }

  private patch(fixup: Fixup, base: number): { imm?: number; off?: number } {
    const slot = base + fixup.slot;
    switch (fixup.kind) {
      case 'call':
      case 'address':
        return { imm: this.base.get(fixup.func)! - slot - 1 };
      case 'map':
        this.relocs.push({ kind: 'map', slot, map: this.mapNames.get(fixup.map) ?? fixup.map });
        return {};
      case 'kfunc':
        this.relocs.push({ kind: 'kfunc', slot, name: fixup.name });
        return {};
      case 'jump':
        return this.jump(fixup, slot);
    }
  }

  private targets: Map<string, number | 'several'> | undefined;

  /** Slots of all labels of the program that are there only once. */
  private labels(): ReadonlyMap<string, number | 'several'> {
    if (this.targets) return this.targets;
    const targets = new Map<string, number | 'several'>();
    for (const { func } of this.order) {
      const base = this.base.get(func.name)!;
      for (const [name, slot] of [[func.name, 0] as const, ...func.labels])
        targets.set(name, targets.has(name) ? 'several' : base + slot);
    }
    this.targets = targets;
    return targets;
  }

  /** A jump into another function of the same program, which only the verifier objects to. */
  private jump(fixup: Fixup & { kind: 'jump' }, slot: number): { imm?: number; off?: number } {
    const { label, at, field } = fixup;
    const target = this.labels().get(label);
    if (typeof target === 'number') {
      const distance = target - slot - 1;
      if (field === 'off' && (distance < -32768 || distance > 32767))
        this.ctx.problem('jump-range', at, { name: label, value: distance });
      return { [field]: distance };
    }
    const own = this.order.find(({ func }) => slot < this.base.get(func.name)! + func.slots);
    const known = [...(own?.func.labels.keys() ?? []), ...this.order.map(({ func }) => func.name)];
    this.ctx.report(this.ctx.unknown('unknown-label', label, at, known));
    return {};
  }
}

/**
 * Links the program that begins with `entry`. `whole`: take these functions in this order instead of those it reaches.
 * `mapNames` gives data sections the names of their maps.
 */
export function linkProgram(
  ctx: Context,
  entry: EncodedFunc,
  functions: Functions,
  mapNames: ReadonlyMap<string, string>,
  whole?: readonly EncodedFunc[],
): Linked | undefined {
  return new Linker(ctx, whole ?? reach(entry, functions), mapNames).link(entry.func.section);
}
