/** Watches: what an expression names, looked at before and behind every insn that may write it. */
import { fail, ok, type Result } from '../../util/problem.ts';
import {
  type Expr,
  evaluate,
  formatValue,
  type Place,
  parseExpr,
  place,
  type Reads,
  reads,
  type Value,
} from '../expr/index.ts';
import type { View } from '../view.ts';
import { parseCondition } from './condition.ts';
import { storeOf, writesMemory, writesRegister } from './insnEffects.ts';
import { sessionProblem } from './messages.ts';
import type { Probe } from './search.ts';
import type { TriggerEnv } from './triggers.ts';

const R0 = 0;

function resultText(value: Result<Value>): string {
  return value.ok ? formatValue(value.value) : 'unavailable';
}

/** What an expression is now, as text; what cannot be evaluated now is told, too. */
export function valueText(expr: Expr, view: View): string {
  return resultText(evaluate(expr, view));
}

/** What is watched: as an expression `fp-8` is an address; here it stands for the 8 bytes there, `fp-8:4` for 4. */
export function watched(text: string): string {
  const slot = /^\s*(?:fp|r10)\s*-\s*(\d+)(?:\s*:\s*(\d+))?\s*$/.exec(text);
  return slot ? `fp[-${slot[1]}:${slot[2] ?? 8}]` : text;
}

/** What the insn at hand does to a place: a store there, a store elsewhere, or what only its effect tells. */
function storeTo(target: Place | undefined, view: View): 'here' | 'elsewhere' | 'unknown' {
  const { machine } = view;
  const insn = machine?.prog.insns[machine.pc];
  const store = insn && storeOf(insn);
  if (!machine || !store || !target || target.kind === 'register' || target.at === undefined) return 'unknown';
  const at = Number(machine.register(store.base)) + store.off;
  return at < target.at + target.size && target.at < at + store.size ? 'here' : 'elsewhere';
}

/** The same value: numbers by number, the rest byte for byte. */
function same(a: Result<Value>, b: Result<Value>): boolean {
  if (!a.ok || !b.ok) return a.ok === b.ok;
  const [x, y] = [a.value, b.value];
  if (x.kind === 'number' && y.kind === 'number') return x.value === y.value;
  return x.kind === y.kind && formatValue(x) === formatValue(y);
}

/** Every write to a register of the frames at one depth; of R0 also what a function returns to them. */
function registerProbe(expr: Expr, { reg, depth }: { reg: number; depth: number }, env: TriggerEnv): Probe<string> {
  const text = (): string => valueText(expr, env.view());
  return {
    wants: (_prog, _slot, insn) => writesRegister(insn, reg) || (reg === R0 && insn.row?.kind === 'exit'),
    around: () => {
      const { machine } = env.view();
      const from = machine?.depth;
      const exits = machine?.prog.insns[machine.pc]?.row?.kind === 'exit';
      if (exits ? from !== depth + 1 : from !== depth) return undefined;
      const before = exits ? undefined : text();
      return () => {
        const after = env.view().machine;
        if (!after || after.depth !== depth) return undefined;
        return before === undefined ? `returned ${text()}` : `${before} -> ${text()}`;
      };
    },
  };
}

/**
 * Meets every write to what the expression names, even of the same value; of an expression that names no place, every
 * change of its value. An address that registers say is that of the moment at which the watch is set.
 */
export function watchProbe(text: string, env: TriggerEnv): Result<Probe<string>> {
  const parsed = parseCondition(watched(text), env.view());
  if (!parsed.ok) return parsed;
  const now = evaluate(parsed.value, env.view());
  if (now.ok && now.value.kind === 'map') return fail(sessionProblem('watch-map', {}, { map: now.value.map.name }));
  const named = place(parsed.value, env.view());
  if (named?.kind === 'register') return ok(registerProbe(parsed.value, named, env));
  // Between packets there is no frame yet: the register of a program's first.
  const bare = /^\s*[rw]([0-9])\s*$/i.exec(text);
  if (bare && !env.view().machine) return ok(registerProbe(parsed.value, { reg: Number(bare[1]), depth: 0 }, env));
  const pinned = pin(parsed.value, named);
  if (!pinned.ok) return pinned;
  const expr = pinned.value;
  const depends = reads(expr);
  if (!depends.always && !depends.memory && depends.registers.length === 0) {
    return fail(sessionProblem('no-writes', {}, { text }));
  }
  const fixed = isFixed(depends) ? place(expr, env.view()) : undefined;
  return ok({
    wants: (_prog, _slot, insn) =>
      depends.always ||
      (depends.memory && writesMemory(insn)) ||
      depends.registers.some((r) => writesRegister(insn, r)),
    around: () => {
      const view = env.view();
      const target = fixed ?? place(expr, view);
      const store = storeTo(target, view);
      // A store elsewhere cannot reach it; keys of maps may lie in memory.
      if (store === 'elsewhere' && target?.kind !== 'map') return undefined;
      const before = evaluate(expr, view);
      return () => {
        const after = evaluate(expr, env.view());
        return store === 'here' || !same(before, after) ? `${resultText(before)} -> ${resultText(after)}` : undefined;
      };
    },
  });
}

/** Does an expression name the same place whatever happens? */
function isFixed({ registers, always, packet, ctx, maps }: Reads): boolean {
  return registers.length === 0 && !always && !packet && !ctx && maps.length === 0;
}

/** The expression of bytes of memory. */
export function bytesExpr(address: number, bytes: number): string {
  return [1, 2, 4, 8].includes(bytes) ? `*(u${8 * bytes} *)(${address})` : `mem[${address}:${bytes}]`;
}

/** An expression whose address depends on registers, as the bytes that it names now. */
function pin(expr: Expr, target: Place | undefined): Result<Expr> {
  if (target?.kind !== 'memory' || reads(expr).registers.length === 0) return ok(expr);
  return parseExpr(bytesExpr(target.at, target.size));
}
