/** Conditions: expressions that are asked again and again, so that what can never be answered is refused at once. */
import { ok, type Result } from '../../util/problem.ts';
import { checkNames, type Expr, evaluate, isTrue, parseExpr, reads } from '../expr/index.ts';
import type { View } from '../view.ts';

/** What no other moment heals, unless registers hold other things then. */
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
  const names = checkNames(parsed.value, view);
  if (!names.ok) return names;
  const tried = evaluate(parsed.value, view);
  const fixed = reads(parsed.value).registers.length === 0;
  const hopeless = !tried.ok && fixed && tried.problems.some(({ code }) => NAMED.has(code));
  return hopeless ? tried : ok(parsed.value);
}

/** Is it true now? What cannot be evaluated is not. */
export function holds(condition: Expr, view: View): boolean {
  const value = evaluate(condition, view);
  return value.ok && isTrue(value.value);
}
