/** Numbers that a client types. */
import { fail, ok, type Result } from '../../util/problem.ts';
import { evaluate, parseExpr } from '../expr/index.ts';
import type { View } from '../view.ts';
import { dapProblem } from './messages.ts';

/** The value of an expression as an unsigned number of `bytes` bytes. */
export function numberOf(text: string, bytes: number, view: View): Result<bigint> {
  const literal = /^-?(0x[0-9a-f]+|\d+)$/i.test(text.trim()) && text.length < 100;
  const expr = literal ? ok(undefined) : parseExpr(text);
  if (!expr.ok) return expr;
  const value = literal ? ok(literalOf(text.trim())) : evaluate(expr.value!, view);
  if (!value.ok) return value;
  const bits = BigInt(8 * bytes);
  const given = value.value;
  const number = typeof given === 'bigint' ? given : given.kind === 'number' ? given.value : undefined;
  if (number === undefined || number >= 1n << bits || number < -(1n << (bits - 1n))) {
    return fail(dapProblem('dap-not-a-number', {}, { text, bytes }));
  }
  return ok(BigInt.asUintN(8 * bytes, number));
}

function literalOf(text: string): bigint {
  return text.startsWith('-') ? -BigInt(text.slice(1)) : BigInt(text);
}
