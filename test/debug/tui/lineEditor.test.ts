import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { History } from '../../../src/debug/tui/history.ts';
import { LineEditor } from '../../../src/debug/tui/lineEditor.ts';
import { keysOf } from './fake.ts';

const WORDS = ['break', 'backtrace', 'info', 'info registers'];
const complete = (text: string): readonly string[] => {
  const last = /[\w.$:*-]*$/.exec(text)![0];
  return WORDS.filter((w) => w.startsWith(last));
};

function typed(text: string, lines: readonly string[] = []): { editor: LineEditor; kinds: string[] } {
  const editor = new LineEditor(complete, new History(lines));
  return { editor, kinds: keysOf(text).map((key) => editor.key(key).kind) };
}

/** The text with `|` where the cursor is. */
function shown(text: string, lines: readonly string[] = []): string {
  const { editor } = typed(text, lines);
  return `${editor.before}|${editor.text.slice(editor.before.length)}`;
}

describe('the prompt', () => {
  it.each([
    ['print r1<left><left>x', 'print x|r1'],
    ['print r1<C-a>x', 'x|print r1'],
    ['print r1<home><C-e>x', 'print r1x|'],
    ['print r1<M-b>x', 'print x|r1'],
    ['print r1<C-a><M-f>x', 'printx| r1'],
    ['print r1<backspace>', 'print r|'],
    ['print r1<C-a><delete><C-d>', '|int r1'],
    ['print *(fp-8)<C-w>', 'print |'],
    ['print *(fp-8)<M-backspace>', 'print *(fp-|'],
    ['print r1<M-b><C-k>', 'print |'],
    ['print r1<M-b><C-u>', '|r1'],
    ['print r1<C-w><C-a><C-y>', 'r1|print '],
    ['ab<C-t>', 'ba|'],
    ['é漢<left><backspace>', '|漢'],
    ['in<tab>', 'info|'],
    ['b<tab>', 'b|'],
    ['br<tab>', 'break |'],
  ])('%s', (keys, text) => {
    expect(shown(keys)).toBe(text);
  });

  it('accepts, remembers, recalls', () => {
    const { editor } = typed('step<enter>next<enter>next<enter>');
    expect(editor.history.lines).toEqual(['step', 'next']);
    expect(editor.text).toBe('');
    expect(shown('half<up><up>', ['a', 'b'])).toBe('a|');
    expect(shown('half<up><up><down><down>', ['a', 'b'])).toBe('half|');
    expect(shown('<up><up><up>', ['a', 'b'])).toBe('a|');
  });

  it('searches what was typed', () => {
    const lines = ['break drop', 'print r1', 'break pass', 'step'];
    expect(shown('<C-r>br', lines)).toBe('break pass|');
    expect(shown('<C-r>br<C-r>', lines)).toBe('break drop|');
    expect(shown('x<C-r>br<C-g>', lines)).toBe('x|');
    expect(shown('<C-r>drop<left>', lines)).toBe('break dro|p');
    expect(typed('<C-r>nothing', lines).editor.searching).toEqual({ text: 'nothing', failed: true });
    expect(typed('<C-r>br<enter>', lines).kinds.at(-1)).toBe('accepted');
  });

  it('shows several completions at the second tab', () => {
    expect(typed('b<tab><tab>').kinds.slice(-2)).toEqual(['changed', 'choices']);
    expect(typed('zz<tab>').kinds.at(-1)).toBe('unused');
  });

  it('runs nothing that is pasted', () => {
    const editor = new LineEditor();
    expect(editor.key({ name: 'paste', text: 'quit\r\nrm\tx\n' }).kind).toBe('changed');
    expect(editor.text).toBe('quit rm x ');
    editor.key({ name: 'paste', text: 'y'.repeat(100_000) });
    expect(editor.text.length).toBe(4096);
  });

  it('survives any keys', () => {
    const names = [
      ...['left', 'right', 'home', 'end', 'up', 'down', 'tab', 'enter', 'backspace', 'delete', 'space', 'esc', 'f5'],
      ...'abdefgklnprtuwy'.split('').map((c) => `C-${c}`),
      ...['M-b', 'M-f', 'M-d', 'M-backspace', 'toString', '__proto__'],
    ];
    const key = fc.oneof(
      fc.constantFrom(...names).map((name) => ({ name })),
      fc.constantFrom('a', 'b', '漢', '🎉', ' ').map((text) => ({ name: text, text })),
    );
    fc.assert(
      fc.property(fc.array(key, { maxLength: 60 }), (keys) => {
        const editor = new LineEditor(complete, new History(['one', 'two 🎉', 'break']));
        for (const k of keys) {
          editor.key(k);
          expect(editor.text.startsWith(editor.before)).toBe(true);
        }
      }),
    );
  });
});
