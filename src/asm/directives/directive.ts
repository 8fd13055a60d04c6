import type { Context } from '../context.ts';
import { endOf } from '../source.ts';
import type { Statement, Token } from '../token.ts';

/** One directive: its form for the reader of an error, and what it does. `tokens[0]` is the directive itself. */
export interface Directive {
  readonly usage: string;
  readonly run: (ctx: Context, tokens: readonly Token[], statement: Statement) => void;
}

/** Reports that a directive is not in its form. */
export function malformed(
  ctx: Context,
  directive: Directive,
  tokens: readonly Token[],
  at: number,
  expected: string,
): undefined {
  const token = tokens[at] ?? endOf(tokens.at(-1)!);
  ctx.problem('bad-directive', token, { name: tokens[0]!.text, expected, usage: directive.usage });
  return undefined;
}
