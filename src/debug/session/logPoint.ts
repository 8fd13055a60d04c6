/** Log points: text with expressions in braces. */
import { ok, type Result } from '../../util/problem.ts';
import type { Expr } from '../expr/index.ts';
import type { View } from '../view.ts';
import { parseCondition } from './condition.ts';
import { valueText } from './watch.ts';

export type LogPiece = string | Expr;

/** Reads `r1 is {r1}`; `{{` and `}}` stand for braces. */
export function parseLog(text: string, view: View): Result<readonly LogPiece[]> {
  const pieces: LogPiece[] = [];
  for (const [, plain, inner] of text.matchAll(/((?:\{\{|\}\}|[^{}])+)|\{([^{}]*)\}|[{}]/g)) {
    if (inner === undefined) {
      pieces.push((plain ?? '').replace(/\{\{|\}\}/g, (b) => b[0]!));
      continue;
    }
    const expr = parseCondition(inner, view);
    if (!expr.ok) return expr;
    pieces.push(expr.value);
  }
  return ok(pieces);
}

/** The text of now. */
export function logText(pieces: readonly LogPiece[], view: View): string {
  return pieces.map((piece) => (typeof piece === 'string' ? piece : valueText(piece, view))).join('');
}
