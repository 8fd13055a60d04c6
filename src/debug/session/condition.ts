/** Conditions: expressions that are asked again and again, so that what can never be answered is refused at once. */
import { ok, type Result } from '../../util/problem.ts';
import { type Expr, evaluate, isTrue, parseExpr, reads } from '../expr/index.ts';
import type { View } from '../view.ts';

/** Problems that no other moment heals. */
const NEVER: ReadonlySet<string> = new Set(['debug.expr-name', 'debug.expr-type', 'debug.expr-function']);
/** Neither these, unless registers hold other things elsewhere. */
const NAMED: ReadonlySet<string> = new Set([
  'debug.expr-key',
  'debug.expr-field',
  'debug.expr-map-lookup',
  'debug.expr-not-percpu',
  'debug.expr-compare',
]);

/** Reads a condition and tries it now. What does not exist now (no packet, no map entry) may exist later. */
export function parseCondition(text: string, view: View): Result<Expr> {
  const parsed = parseExpr(text);
  if (!parsed.ok) return parsed;
  const tried = evaluate(parsed.value, view);
  if (tried.ok) return parsed;
  const fixed = reads(parsed.value).registers.length === 0;
  const hopeless = tried.problems.some(({ code }) => NEVER.has(code) || (fixed && NAMED.has(code)));
  return hopeless ? tried : ok(parsed.value);
}

/** Is it true now? What cannot be evaluated is not. */
export function holds(condition: Expr, view: View): boolean {
  const value = evaluate(condition, view);
  return value.ok && isTrue(value.value);
}
