/** Reads a whole file into the context: labels, directives, assignments and instructions. */
import type { Problem } from '../util/problem.ts';
import { suggest } from '../util/suggest.ts';
import type { Context } from './context.ts';
import { directiveNamed, directiveNames } from './directives/index.ts';
import { defineNumber } from './directives/section.ts';
import { GRAMMAR } from './grammar.ts';
import type { Mismatch } from './match.ts';
import { matchInsn } from './match.ts';
import { asmProblem } from './messages.ts';
import { endOf, placeOf } from './source.ts';
import type { Statement, Token } from './token.ts';

const MAX_EXPECTED = 6;

/** Reads statements until the reader has no more, or too many problems were met. */
export function parseAll(ctx: Context): void {
  for (let statement = ctx.reader.next(); statement && !ctx.full; statement = ctx.reader.next()) {
    parseStatement(ctx, statement);
  }
}

function parseStatement(ctx: Context, statement: Statement): void {
  let { tokens } = statement;
  while (tokens[1]?.text === ':' && (tokens[0]!.kind === 'word' || tokens[0]!.kind === 'number')) {
    label(ctx, tokens[0]!);
    tokens = tokens.slice(2);
  }
  const first = tokens[0];
  if (!first) return;
  if (first.kind === 'word' && first.text.startsWith('.')) directive(ctx, tokens, statement);
  else if (first.kind === 'word' && tokens[1]?.text === '=') {
    if (badRegister(first)) ctx.problem('no-such-register', first, { name: first.text });
    else defineNumber(ctx, tokens, 2);
  } else insn(ctx, tokens, statement);
}

function label(ctx: Context, token: Token): void {
  const { section } = ctx;
  if (section.kind === 'code') {
    const last = section.entries.at(-1);
    const begun = last?.kind === 'label' && last.func && last.name === token.text;
    if (!begun) section.entries.push({ kind: 'label', name: token.text, at: token });
    return;
  }
  section.labels.push({ name: token.text, offset: section.size });
  ctx.define(token.text, { what: 'data symbol', at: token, section, offset: section.size });
}

function directive(ctx: Context, tokens: readonly Token[], statement: Statement): void {
  const name = tokens[0]!;
  const found = directiveNamed(name.text);
  if (found) found.run(ctx, tokens, statement);
  else ctx.report(ctx.unknown('unknown-directive', name.text, name, directiveNames()));
}

function insn(ctx: Context, tokens: readonly Token[], statement: Statement): void {
  const first = tokens[0]!;
  const match = matchInsn(tokens);
  if ('stuck' in match) {
    ctx.report(mismatch(tokens, match));
    return;
  }
  const { section } = ctx;
  if (section.kind !== 'code') {
    ctx.problem('insn-in-data', first, { section: section.name });
    return;
  }
  const last = tokens.at(-1)!;
  const at = { source: first.source, line: first.line, col: first.col, length: last.col + last.length - first.col };
  const { code, index } = statement;
  section.entries.push({
    kind: 'insn',
    match,
    at,
    ...(code !== undefined && { code }),
    ...(index !== undefined && { index }),
  });
}

/** `r11`, `w99`: meant as a register. */
function badRegister(token: Token): boolean {
  return token.kind === 'word' && /^[rw]\d+$/.test(token.text);
}

function mismatch(tokens: readonly Token[], { stuck, expected, deep }: Mismatch): Problem {
  const found = tokens[stuck];
  const first = tokens[0]!;
  if (deep) return asmProblem('too-deep', placeOf(found ?? first), { limit: 100 });
  const register = tokens.find((t, i) => badRegister(t) && i <= stuck + 1);
  if (register) return asmProblem('no-such-register', placeOf(register), { name: register.text });
  if (stuck === 0) {
    const hint = suggest(first.text, [...GRAMMAR.literals.keys(), ...directiveNames()]);
    const args = { word: first.text };
    return hint === undefined
      ? asmProblem('unknown-insn', placeOf(first), args)
      : asmProblem('unknown-insn-hint', placeOf(first), { ...args, hint });
  }
  const hint =
    found?.kind === 'word'
      ? suggest(
          found.text,
          expected.map((e) => e.replace(/'/g, '')),
        )
      : undefined;
  const words = hint === undefined ? expected : [`'${hint}'`];
  const list =
    words.length > MAX_EXPECTED
      ? `${words.slice(0, MAX_EXPECTED).join(', ')} or another operation`
      : words.join(' or ');
  if (!found) return asmProblem('unfinished-insn', placeOf(endOf(tokens.at(-1)!)), { expected: list });
  return asmProblem('bad-insn', placeOf(found), { expected: list, found: found.text });
}
