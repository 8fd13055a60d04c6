/** `.func NAME(type arg, …) -> type [static|global]`: begins a function and says what BTF says of it. */
import type { Context } from '../context.ts';
import type { Param } from '../declarations.ts';
import type { Token } from '../token.ts';
import { readDeclaration } from '../typeReader.ts';
import type { CType } from '../types.ts';
import { type Directive, malformed } from './directive.ts';

function readParams(
  ctx: Context,
  tokens: readonly Token[],
  from: number,
): { params: Param[]; next: number } | undefined {
  const params: Param[] = [];
  let at = from;
  if (tokens[at]?.text === ')') return { params, next: at + 1 };
  if (tokens[at]?.text === 'void' && tokens[at + 1]?.text === ')') return { params, next: at + 2 };
  for (;;) {
    const param = readDeclaration(ctx, tokens, at, true);
    if (!param) return undefined;
    params.push({ name: param.name || `arg${params.length + 1}`, type: param.type, tags: param.tags });
    at = param.next;
    if (tokens[at]?.text === ')') return { params, next: at + 1 };
    if (tokens[at]?.text !== ',') return malformed(ctx, func, tokens, at, "',' or ')'");
    at++;
  }
}

const func: Directive = {
  usage: '.func NAME(type arg, …) -> type [static|global]',
  run(ctx, tokens) {
    const name = tokens[1];
    if (name?.kind !== 'word') return malformed(ctx, func, tokens, 1, 'a name');
    if (tokens[2]?.text !== '(') return malformed(ctx, func, tokens, 2, "'('");
    const read = readParams(ctx, tokens, 3);
    if (!read) return;
    let ret: CType = { kind: 'void' };
    let at = read.next;
    if (tokens[at]?.text === '->') {
      const linkage = tokens.findIndex((t, i) => i > at && (t.text === 'static' || t.text === 'global'));
      const type = readDeclaration(ctx, linkage < 0 ? tokens : tokens.slice(0, linkage), at + 1, true);
      if (!type) return;
      if (type.nameAt) return malformed(ctx, func, tokens, type.next - 1, "'static' or 'global'");
      ret = type.type;
      at = type.next;
    }
    const word = tokens[at]?.text;
    const linkage: 'static' | 'global' | undefined = word === 'static' || word === 'global' ? word : undefined;
    if (linkage) at++;
    if (tokens[at]) return malformed(ctx, func, tokens, at, "'static', 'global' or the end of the line");
    if (ctx.section.kind !== 'code') {
      ctx.problem('directive-place', tokens[0]!, { name: '.func', what: 'code', section: ctx.section.name });
      return;
    }
    ctx.typed = true;
    if (linkage === 'global') ctx.globals.add(name.text);
    const decl = { name: name.text, params: read.params, ret, at: name, ...(linkage && { linkage }) };
    ctx.functionNames.add(name.text);
    ctx.section.entries.push({ kind: 'label', name: name.text, at: name, func: decl });
  },
};

export const funcDirectives: Readonly<Record<string, Directive>> = { '.func': func };
