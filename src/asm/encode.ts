/** Makes insns of one function's statements: everything but what depends on where functions end up. */
import { makeInsn, readSlot } from '../isa/codec.ts';
import type { Insn, Slot } from '../isa/insn.ts';
import { rowNamed } from '../isa/opcodes.ts';
import type { OpRow } from '../isa/rows.ts';
import type { Context } from './context.ts';
import { evaluate } from './eval.ts';
import type { Expr } from './expr.ts';
import { helperId, helperNames } from './facts.ts';
import type { Reading } from './grammar.ts';
import { Labels } from './labels.ts';
import type { Func } from './layout.ts';
import { baseSymbol } from './layout.ts';
import type { Captured, Match, Target } from './match.ts';
import type { Spot } from './source.ts';

/** A place that linking fills: the function called or pointed to, a label of another function, a map, a kfunc. */
export type Fixup =
  | { readonly kind: 'call' | 'address'; readonly slot: number; readonly func: string }
  | {
      readonly kind: 'jump';
      readonly slot: number;
      readonly label: string;
      readonly field: 'off' | 'imm';
      readonly at: Spot;
    }
  | { readonly kind: 'map'; readonly slot: number; readonly map: string }
  | { readonly kind: 'kfunc'; readonly slot: number; readonly name: string };

interface EncodedInsn {
  readonly slot: number;
  readonly insn: Insn;
  readonly at: Spot;
}

export interface EncodedFunc {
  readonly func: Func;
  readonly insns: readonly EncodedInsn[];
  readonly fixups: readonly Fixup[];
}

interface Fields {
  dst: number;
  src: number;
  off: number;
  imm: number;
  high: number;
}

const U32 = 0xffff_ffffn;

class Encoder {
  private readonly ctx: Context;
  private readonly func: Func;
  private readonly functions: ReadonlyMap<string, Func>;
  private readonly labels: Labels;
  readonly fixups: Fixup[] = [];
  private slot = 0;

  constructor(ctx: Context, func: Func, functions: ReadonlyMap<string, Func>) {
    this.ctx = ctx;
    this.func = func;
    this.functions = functions;
    this.labels = new Labels(func);
  }

  run(): EncodedInsn[] {
    const insns: EncodedInsn[] = [];
    const raw: number[] = [];
    for (const entry of this.func.entries) {
      this.slot = Math.floor(entry.slot);
      if (entry.kind === 'data') {
        for (const value of entry.values) raw.push(...this.rawBytes(value, entry.size));
        while (raw.length >= 8) {
          insns.push({ slot: this.slot++, insn: makeInsn(rawSlot(raw.splice(0, 8))), at: entry.at });
        }
        continue;
      }
      const insn = this.insn(entry.match, entry.code, entry.at);
      insns.push({ slot: this.slot, insn, at: entry.at });
    }
    return insns;
  }

  private rawBytes(expr: Expr, size: number): number[] {
    let value = BigInt.asUintN(64, this.ctx.number(expr) ?? 0n);
    const bytes: number[] = [];
    for (let i = 0; i < size; i++, value >>= 8n) bytes.push(Number(value & 0xffn));
    return bytes;
  }

  private insn(match: Match, code: number | undefined, at: Spot): Insn {
    const coded = code === undefined ? match.readings : match.readings.filter((r) => r.row.code === code);
    if (coded.length === 0) this.ctx.problem('opcode-differs', at, { code: `0x${code!.toString(16)}` });
    const reading = coded.find((r) => sameRegisters(r, match.captured));
    if (!reading) {
      if (coded.length > 0) this.ctx.problem('same-register', at);
      return makeInsn({ code: 0, dst: 0, src: 0, off: 0, imm: 0 });
    }
    const fields: Fields = { dst: 0, src: 0, off: 0, imm: 0, high: 0 };
    let { row } = reading;
    reading.holes.forEach((hole, i) => {
      const captured = match.captured[i]!;
      if (captured.kind === 'reg') {
        if (hole === 'dst' || hole === 'wdst') fields.dst = captured.number;
        else fields.src = captured.number;
      } else if (captured.kind === 'target') row = this.target(captured.target, row, fields, coded);
      else if (hole === 'imm64' || hole === 'lo') row = this.wide(captured, row, fields, hole === 'lo');
      else this.field(hole, captured.expr, captured.at, fields);
    });
    return build(row, fields);
  }

  private field(hole: string, expr: Expr | undefined, at: Spot, fields: Fields): void {
    const value = expr ? (this.ctx.number(expr) ?? 0n) : 0n;
    if (hole === 'off' || hole === 'index') {
      fields.off = this.offset(value, at);
    } else if (hole === 'dstas' || hole === 'srcas') {
      if (value < 0n || value > 0xffffn) this.ctx.problem('value-range', at, { value: String(value), bits: 16 });
      fields.imm |= Number(value & 0xffffn) << (hole === 'dstas' ? 16 : 0);
    } else if (hole === 'hi') fields.high = this.word(value, at);
    else fields.imm = this.word(value, at);
  }

  /** 16 bits, signed. */
  private offset(value: bigint, at: Spot): number {
    if (value < -32768n || value > 32767n) this.ctx.problem('off-range', at, { value: String(value) });
    return Number(BigInt.asIntN(16, value));
  }

  /** 32 bits, written signed or unsigned. */
  private word(value: bigint, at: Spot): number {
    if (value < -(2n ** 31n) || value > U32) this.ctx.problem('imm-range', at, { value: hexOf(value) });
    return Number(BigInt.asIntN(32, value));
  }

  /** A 64-bit immediate: a number, or a symbol's address, which decides the row. */
  private wide(captured: Captured & { kind: 'expr' }, row: OpRow, fields: Fields, half: boolean): OpRow {
    const { expr } = captured;
    const symbol = baseSymbol(expr);
    const known = symbol && this.ctx.symbols.get(symbol.name);
    const named = known?.what === 'map' || known?.what === 'data symbol' ? known : undefined;
    if (symbol && !known && this.functions.has(symbol.name)) {
      if (expr !== symbol) this.ctx.problem('bad-address', captured.at);
      this.fixups.push({ kind: 'address', slot: this.slot, func: symbol.name });
      return rowNamed('ld_imm64_func');
    }
    if (!named) {
      const value = expr ? (this.ctx.number(expr) ?? 0n) : 0n;
      if (half) fields.imm = this.word(value, captured.at);
      else {
        fields.imm = Number(BigInt.asIntN(32, value));
        fields.high = Number(BigInt.asIntN(32, value >> 32n));
      }
      return row;
    }
    const zeroed: typeof this.ctx.resolver = {
      ...this.ctx.resolver,
      value: (name, at, depth) => (name === symbol!.name ? 0n : this.ctx.resolver.value(name, at, depth)),
    };
    const offset = evaluate(expr!, zeroed);
    if (typeof offset !== 'bigint') this.ctx.report(offset);
    const extra = typeof offset === 'bigint' ? offset : 0n;
    this.fixups.push({ kind: 'map', slot: this.slot, map: named.section?.name ?? symbol!.name });
    if (named.what === 'map' && expr === symbol && !half) return rowNamed('ld_imm64_map_fd');
    if (!half) fields.high = this.word(extra + BigInt(named.offset ?? 0), captured.at);
    return half && row.kind === 'ld_imm64' ? row : rowNamed('ld_imm64_map_value');
  }

  private target(target: Target, row: OpRow, fields: Fields, readings: readonly Reading[]): OpRow {
    if (row.kind === 'call') return this.call(target, fields, readings);
    const field = row.kind === 'goto' && row.distance === 'imm' ? 'imm' : 'off';
    if (target.kind === 'name' || (target.kind === 'number' && this.func.labels.has(target.at.text))) {
      this.jump(target.kind === 'name' ? target.name : target.at.text, field, target.at, fields);
      return row;
    }
    const distance = this.ctx.number(target.kind === 'relative' ? target.distance : target.value) ?? 0n;
    if (field === 'imm') fields.imm = this.word(distance, target.at);
    else fields.off = this.offset(distance, target.at);
    return row;
  }

  private jump(name: string, field: 'off' | 'imm', at: Spot, fields: Fields): void {
    const slot = this.labels.slotOf(name, this.slot);
    if (slot === undefined) {
      this.fixups.push({ kind: 'jump', slot: this.slot, label: name, field, at });
      return;
    }
    fields[field] = slot - this.slot - 1;
    if (field === 'off' && Math.abs(fields.off) > 32767)
      this.ctx.problem('jump-range', at, { name, value: fields.off });
  }

  private call(target: Target, fields: Fields, readings: readonly Reading[]): OpRow {
    const local = readings.some((r) => r.row.name === 'call_local');
    if (target.kind === 'relative') {
      fields.imm = this.word(this.ctx.number(target.distance) ?? 0n, target.at);
      return rowNamed('call_local');
    }
    if (target.kind === 'number') {
      fields.imm = this.word(this.ctx.number(target.value) ?? 0n, target.at);
      // `call local 3` has no helper among its readings.
      return readings.some((r) => r.row.name === 'call_helper') ? rowNamed('call_helper') : readings[0]!.row;
    }
    const { name } = target;
    if (local && this.functions.has(name)) {
      this.fixups.push({ kind: 'call', slot: this.slot, func: name });
      return rowNamed('call_local');
    }
    const helper = helperId(name);
    if (helper !== undefined) {
      fields.imm = helper;
      return rowNamed('call_helper');
    }
    if (this.ctx.externs.has(name)) {
      this.fixups.push({ kind: 'kfunc', slot: this.slot, name });
      return rowNamed('call_kfunc');
    }
    const id = target.id && this.ctx.number(target.id);
    if (id !== undefined) {
      fields.imm = this.word(id, target.at);
      return rowNamed(name === 'unknown' || name === 'bpf_unspec' ? 'call_helper' : 'call_kfunc');
    }
    const known = [...this.functions.keys(), ...helperNames(), ...this.ctx.externs.keys()];
    this.ctx.report(this.ctx.unknown('unknown-callee', name, target.at, known));
    return rowNamed('call_helper');
  }
}

function hexOf(value: bigint): string {
  return value < 0n ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`;
}

function rawSlot(bytes: readonly number[]): Slot {
  return readSlot(new DataView(Uint8Array.from(bytes).buffer), 0);
}

/** Whether placeholders that stand twice got the same register twice. */
function sameRegisters(reading: Reading, captured: readonly Captured[]): boolean {
  const seen = new Map<string, number>();
  return reading.holes.every((hole, i) => {
    const c = captured[i];
    if (c?.kind !== 'reg') return true;
    const field = hole.replace(/^w/, '');
    const known = seen.get(field);
    seen.set(field, c.number);
    return known === undefined || known === c.number;
  });
}

/** The insn of a row: fixed fields over operands. */
function build(row: OpRow, fields: Fields): Insn {
  const slot = { code: row.code, dst: fields.dst, src: fields.src, off: fields.off, imm: fields.imm, ...row.fixed };
  if (row.kind !== 'ld_imm64') return makeInsn(slot);
  return makeInsn(slot, { code: 0, dst: 0, src: 0, off: 0, imm: fields.high });
}

/** Encodes one function; problems go to the context. */
export function encodeFunc(ctx: Context, func: Func, functions: ReadonlyMap<string, Func>): EncodedFunc {
  const encoder = new Encoder(ctx, func, functions);
  const insns = encoder.run();
  return { func, insns, fixups: encoder.fixups };
}
