/** Watches: what an expression names, looked at before and behind every insn that may write it. */
import { ok, type Result } from '../../util/problem.ts';
import { type Expr, evaluate, formatValue, type Place, parseExpr, place, reads } from '../expr/index.ts';
import type { View } from '../view.ts';
import { storeOf, writesMemory, writesRegister } from './insnEffects.ts';
import type { Probe } from './search.ts';
import type { TriggerEnv } from './triggers.ts';

const R0 = 0;

/** What an expression is now, as text; what cannot be evaluated now is told, too. */
export function valueText(expr: Expr, view: View): string {
  const value = evaluate(expr, view);
  return value.ok ? formatValue(value.value) : 'unavailable';
}

/** Does the insn at hand store to bytes that the expression names? */
function storesTo(expr: Expr, view: View): boolean {
  const { machine } = view;
  const insn = machine?.prog.insns[machine.pc];
  const store = insn && storeOf(insn);
  if (!machine || !store) return false;
  const target = place(expr, view);
  if (!target || target.kind === 'register' || target.at === undefined) return false;
  const at = Number(machine.register(store.base)) + store.off;
  return at < target.at + target.size && target.at < at + store.size;
}

/** Every write to a register of the frames at one depth; of R0 also what a function returns to them. */
function registerProbe(expr: Expr, { reg, depth }: Place & { kind: 'register' }, env: TriggerEnv): Probe<string> {
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
  const parsed = parseExpr(text);
  if (!parsed.ok) return parsed;
  const named = place(parsed.value, env.view());
  if (named?.kind === 'register') return ok(registerProbe(parsed.value, named, env));
  const pinned = pin(parsed.value, named);
  if (!pinned.ok) return pinned;
  const expr = pinned.value;
  const depends = reads(expr);
  return ok({
    wants: (_prog, _slot, insn) =>
      depends.always ||
      (depends.memory && writesMemory(insn)) ||
      depends.registers.some((r) => writesRegister(insn, r)),
    around: () => {
      const view = env.view();
      const before = valueText(expr, view);
      const written = storesTo(expr, view);
      return () => {
        const after = valueText(expr, env.view());
        return written || before !== after ? `${before} -> ${after}` : undefined;
      };
    },
  });
}

/** An expression whose address depends on registers, as the bytes that it names now. */
function pin(expr: Expr, target: Place | undefined): Result<Expr> {
  if (target?.kind !== 'memory' || reads(expr).registers.length === 0) return ok(expr);
  const { at, size } = target;
  return parseExpr([1, 2, 4, 8].includes(size) ? `*(u${8 * size} *)(${at})` : `mem[${at}:${size}]`);
}
