/** `.section` and what belongs to symbols: `.globl`, `.type`, `.equ`, `.extern`. */
import type { Context } from '../context.ts';
import { SEC_NAMES, secDef } from '../facts.ts';
import type { Token } from '../token.ts';
import { type Directive, malformed } from './directive.ts';

/** Sections that hold data: maps of globals, license and version, and everything that compilers add with a dot. */
function holdsData(name: string): boolean {
  return name === 'license' || name === 'version' || (name.startsWith('.') && name !== '.text');
}

const section: Directive = {
  usage: '.section "NAME"',
  run(ctx, tokens, statement) {
    const first = tokens[1];
    if (!first) return malformed(ctx, section, tokens, 1, 'a section name');
    const name =
      first.kind === 'string' ? first.text : statement.text.slice(first.col - tokens[0]!.col).split(/[\s,]/, 1)[0]!;
    if (name === '') return malformed(ctx, section, tokens, 1, 'a section name');
    const spot = { ...first, length: first.kind === 'string' ? first.length : name.length };
    if (holdsData(name)) {
      ctx.section = ctx.dataSection(name, spot);
      return;
    }
    if (name !== '.text' && !secDef(name)) {
      const known = SEC_NAMES.map((row) => row.sec.replace(/\+$/, ''));
      // What follows the hook's name is the user's own.
      const slash = name.indexOf('/');
      const hooks = slash < 0 ? [] : known.filter((k) => !k.includes('/')).map((k) => k + name.slice(slash));
      ctx.report(ctx.unknown('unknown-section', name, spot, [...known, ...hooks]));
    }
    ctx.section = ctx.codeSection(name, spot);
  },
};

const shortcut = (name: string): Directive => ({
  usage: name,
  run: (ctx, tokens) => {
    ctx.section = holdsData(name) ? ctx.dataSection(name, tokens[0]!) : ctx.codeSection(name, tokens[0]);
  },
});

const globl: Directive = {
  usage: '.globl NAME, …',
  run(ctx, tokens) {
    if (tokens[1]?.kind !== 'word') malformed(ctx, globl, tokens, 1, 'a name');
    for (const t of tokens.slice(1)) if (t.kind === 'word') ctx.globals.add(t.text);
  },
};

const type: Directive = {
  usage: '.type NAME, @function',
  run(ctx, tokens) {
    const name = tokens[1];
    if (name && tokens.some((t) => t.text === '@function')) ctx.functionNames.add(name.text);
  },
};

const equ: Directive = {
  usage: '.equ NAME, expression',
  run(ctx, tokens) {
    const [, name, comma] = tokens;
    if (name?.kind !== 'word') return malformed(ctx, equ, tokens, 1, 'a name');
    if (comma?.text !== ',') return malformed(ctx, equ, tokens, 2, "','");
    defineNumber(ctx, tokens, 3);
  },
};

/** Reads the expression that gives `tokens[1]`, or `tokens[0]` in `NAME = …`, its value. */
export function defineNumber(ctx: Context, tokens: readonly Token[], from: number): void {
  const name = tokens[from === 3 ? 1 : 0]!;
  const taken = ctx.expr(tokens, from);
  if (!taken) return;
  const extra = tokens[taken.next];
  if (extra) {
    ctx.problem('bad-insn', extra, { expected: 'the end of the expression', found: extra.text });
    return;
  }
  ctx.define(name.text, { what: 'number', at: name, expr: taken.value });
}

const extern: Directive = {
  usage: '.extern NAME',
  run(ctx, tokens) {
    if (tokens[1]?.kind !== 'word') malformed(ctx, extern, tokens, 1, 'a name');
    for (const t of tokens.slice(1)) if (t.kind === 'word') ctx.externs.set(t.text, 'func');
  },
};

const error: Directive = {
  usage: '.error "text"',
  run: (ctx, tokens) => ctx.problem('user-error', tokens[0]!, { text: tokens[1]?.text ?? '' }),
};

const nothing: Directive = { usage: '', run: () => {} };

export const sectionDirectives: Readonly<Record<string, Directive>> = {
  '.section': section,
  '.text': shortcut('.text'),
  '.data': shortcut('.data'),
  '.bss': shortcut('.bss'),
  '.rodata': shortcut('.rodata'),
  '.globl': globl,
  '.global': globl,
  '.type': type,
  '.equ': equ,
  '.set': equ,
  '.extern': extern,
  '.error': error,
  // What compilers write and nothing here needs.
  '.size': nothing,
  '.file': nothing,
  '.loc': nothing,
  '.ident': nothing,
  '.local': nothing,
  '.weak': nothing,
  '.hidden': nothing,
  '.addrsig': nothing,
  '.addrsig_sym': nothing,
  '.cfi_startproc': nothing,
  '.cfi_endproc': nothing,
  '.cfi_sections': nothing,
};
