import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { vscodeFiles } from '../../scripts/vscode/files.ts';
import { GRAMMAR } from '../../scripts/vscode/grammar.ts';
import { directiveNames } from '../../src/asm/directives/index.ts';
import { makeSource } from '../../src/asm/source.ts';
import { type CommentState, type Token, tokeniseLine } from '../../src/asm/token.ts';
import { HELPERS } from '../../src/spec/helpers/index.ts';
import { KFUNCS } from '../../src/spec/kfuncs/index.ts';
import { TextMate } from './textmate.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const FILES = readdirSync(`${ROOT}/programs`, { encoding: 'utf8', recursive: true })
  .filter((path) => path.endsWith('.bpf'))
  .map((path) => `programs/${path}`)
  .sort();

test.each([...vscodeFiles()])('%s is what the tables say', (path, text) => {
  expect(readFileSync(`${ROOT}/editors/vscode/${path}`, 'utf8')).toBe(text);
});

const DIRECTIVES = new Set(directiveNames());

/** The scope that a token must have, judged by the assembler's own lexer. */
function wanted(tokens: readonly Token[], at: number, rawText: boolean): string | undefined {
  const token = tokens[at]!;
  const before = tokens[at - 1]?.text;
  if (rawText) return undefined;
  if (token.kind === 'register') return 'variable.language.register';
  if (token.kind === 'string') return 'string.quoted';
  if (token.kind === 'number') return tokens[at + 1]?.text === ':' && at === 0 ? 'entity.name.label' : 'constant.';
  if (token.kind === 'punct') return undefined;
  if (at === 0 && DIRECTIVES.has(token.text)) return 'keyword.other.directive';
  if (before === 'call' && Object.hasOwn(HELPERS, token.text)) return 'support.function.helper';
  if (before === 'call' && Object.hasOwn(KFUNCS, token.text)) return 'support.function.kfunc';
  if (before === 'call' && /^\w+$/.test(token.text) && token.text !== 'pc') return 'entity.name.function|keyword';
  if (before === 'goto' && token.text !== 'pc') return 'entity.name.label';
  if (['if', 'goto', 'exit', 'call'].includes(token.text)) return 'keyword.control';
  if (at === 0 && tokens[1]?.text === ':') return 'entity.name.label';
  if (before === '.func') return 'entity.name.function';
  if (before === '.map') return 'variable.other.map';
  return undefined;
}

test('every program of the repository is coloured as the assembler reads it', () => {
  expect(FILES.length).toBeGreaterThan(400);
  const wrong: string[] = [];
  const seen = new Map<string, number>();
  for (const file of FILES) {
    const source = makeSource(file, readFileSync(`${ROOT}/${file}`, 'utf8'));
    const reader = new TextMate(GRAMMAR);
    const state: CommentState = {};
    for (const [index, text] of source.lines.entries()) {
      const scopes = reader.line(text);
      const inside = new Uint8Array(text.length);
      for (const tokens of tokeniseLine(source, index + 1, state)) {
        for (const [at, token] of tokens.entries()) {
          inside.fill(1, token.col - 1, token.col - 1 + token.length);
          const scope = wanted(tokens, at, tokens[0]!.text === '.macro');
          const has = scopes[token.col - 1]!;
          if (scope === undefined) continue;
          seen.set(scope, (seen.get(scope) ?? 0) + 1);
          const whole = scopes.slice(token.col - 1, token.col - 1 + token.length).every((s) => s !== '');
          if (!whole || !scope.split('|').some((s) => has.includes(s)))
            wrong.push(`${file}:${index + 1}: ${token.text} is '${has}', not ${scope}: ${text}`);
        }
      }
      // What the lexer skips is white space, separators and comments.
      for (let i = 0; i < text.length; i++) {
        const comment = scopes[i]!.includes('comment.');
        if (inside[i] === 1 && comment) wrong.push(`${file}:${index + 1}: a comment at ${i + 1}: ${text}`);
        if (inside[i] === 0 && !comment && !/[\s;]/.test(text[i]!))
          wrong.push(`${file}:${index + 1}: no comment at ${i + 1}: ${text}`);
      }
    }
  }
  expect(wrong.slice(0, 20)).toEqual([]);
  for (const scope of [
    'support.function.helper',
    'support.function.kfunc',
    'entity.name.label',
    'keyword.other.directive',
  ])
    expect(seen.get(scope), scope).toBeGreaterThan(20);
});

function scopeOf(line: string, word: string): string {
  return new TextMate(GRAMMAR).line(line)[line.indexOf(word)]!;
}

test.each([
  ['  if r1 s> 5 goto out', 's>', 'keyword.operator'],
  ['  lock *(u64 *)(r1 + 0) += r2', 'lock', 'keyword.other.operation'],
  ['  lock *(u64 *)(r1 + 0) += r2', 'u64', 'storage.type'],
  ['  r1 = be16 r1', 'be16', 'keyword.other.operation'],
  ['add32 %r1, %r2', 'add32', 'keyword.other.operation'],
  ['add32 %r1, %r2', '%r2', 'variable.language.register'],
  ['r2 = *(u32 *)(r1 + xdp_md.data)', 'xdp_md', 'support.type.context'],
  ['r2 = *(u32 *)(r1 + xdp_md.data)', 'data', 'support.variable.context'],
  ['r0 = XDP_PASS', 'XDP_PASS', 'variable.other.constant.kernel'],
  ['.map m, type=hash, key=u32, value=u64, max_entries=1', 'hash', 'variable.other.constant.map-type'],
  ['.map m, type=hash, key=u32, value=u64, max_entries=1', 'max_entries', 'variable.parameter'],
  ['.section "fentry/tcp_connect"', 'fentry', 'support.type.section'],
  ['goto 1f', '1f', 'entity.name.label'],
  ['a: r0 = 0; b: exit', 'b', 'entity.name.label'],
  ['r1 = 0x10 // "no string"', '"no', 'comment.line'],
  ['.asciz "no # comment"', '#', 'string.quoted'],
])('%s: %s is %s', (line, word, scope) => {
  expect(scopeOf(line, word)).toContain(scope);
});
