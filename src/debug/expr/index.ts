import { ok, type Result } from '../../util/problem.ts';
import type { View } from '../view.ts';
export interface Expr {
  readonly text: string;
}
export type Value = { readonly kind: 'number'; readonly value: bigint };
export type Place =
  | { kind: 'register'; reg: number }
  | { kind: 'memory'; at: number; size: number }
  | { kind: 'map'; map: string; key: Uint8Array };
export function parseExpr(text: string): Result<Expr> {
  return ok({ text });
}
export function evaluate(e: Expr, v: View): Result<Value> {
  const m = /^r(\d+)(?: == (\d+))?$/.exec(e.text);
  if (!v.machine || !m) return { ok: false, problems: [] };
  const r = v.machine.register(Number(m[1]), v.depth);
  return ok({ kind: 'number', value: m[2] === undefined ? r : r === BigInt(m[2]) ? 1n : 0n });
}
export function place(e: Expr, _v: View): Place | undefined {
  const m = /^r(\d+)$/.exec(e.text);
  return m ? { kind: 'register', reg: Number(m[1]) } : undefined;
}
export function reads(e: Expr): { registers: number[]; memory: boolean; always: boolean } {
  const m = /^r(\d+)/.exec(e.text);
  return { registers: m ? [Number(m[1])] : [], memory: false, always: false };
}
export function isTrue(v: Value): boolean {
  return v.value !== 0n;
}
export function formatValue(v: Value): string {
  return v.value.toString();
}
