import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { widthOf } from '../../../src/debug/tui/text.ts';
import { appOf, FakeFace, keysOf, OPTIONS } from './fake.ts';
import { ESC, FakeTerminal } from './terminal.ts';

/** A sequence that chooses a colour. */
const COLOURED = new RegExp(`${ESC}\\[(\\d+;)*3[0-7]m`);

function typed(text: string): { face: FakeFace; app: ReturnType<typeof appOf>; lines: string[] } {
  const face = new FakeFace();
  const app = appOf(face);
  app.screen();
  for (const key of keysOf(text)) {
    app.input([key]);
    app.screen();
  }
  return { face, app, lines: app.screen().lines() };
}

describe('the app', () => {
  it('shows panes, log, prompt and keys', () => {
    expect(typed('').lines).toMatchInlineSnapshot(`
      [
        " fake.bpf  here                         ",
        ">1 one ──── 1-6/50 │ 2 two ─────────────",
        "one 0              │two 0               ",
        "one 1              │two 1               ",
        "one 2              │two 2               ",
        "one 3              │two 3               ",
        "one 4              │two 4               ",
        "one 5              │                    ",
        " 3 log ─────────────────────────────────",
        "hello                                   ",
        "                                        ",
        "                                        ",
        "(bpflab)                                ",
        " ? help  s step  tab pane  q quit       ",
      ]
    `);
  });

  it('runs commands of single keys, of the prompt, and again', () => {
    expect(typed('s<f11>').face.ran).toEqual(['step', 'step']);
    expect(typed('print r1<enter>').face.ran).toEqual(['print r1']);
    expect(typed(':step 3<enter>').face.ran).toEqual(['step 3']);
    expect(typed('2<enter>').face.ran).toEqual(['']);
    expect(typed('xs<f11>').face.ran).toEqual(['step']);
    expect(typed('xs<f11>').app.editor.text).toBe('xs');
  });

  it('lets the chosen line be acted on', () => {
    expect(typed('<down><down>b').face.ran).toEqual(['break 2']);
    expect(typed('<end><enter>').face.ran).toEqual(['open 49']);
    expect(typed('<pagedown><up>b').face.ran).toEqual(['break 4']);
  });

  it('shows answers and failures in the log', () => {
    expect(typed('x<enter>').app.log.texts).toEqual(['hello', '> x', 'did x']);
    const failed = typed('fail<enter>');
    expect(failed.lines.at(-1)).toContain('! error: no');
    expect(typed('fail<enter><up>').lines.at(-1)).not.toContain('error');
  });

  it('forgets what is typed, and asks before it ends', () => {
    expect(typed('abc<esc>').app.editor.text).toBe('');
    expect(typed('abc<C-c>').app.editor.text).toBe('');
    expect(typed(':<backspace>s').face.ran).toEqual(['step']);
    expect(typed('q').lines.at(-2)).toContain('Quit?');
    expect(typed('qn').app.ended).toBe(false);
    expect(typed('qy').app.ended).toBe(true);
    expect(typed(':quit<enter>').app.ended).toBe(true);
  });

  it('works in slices, says so, and keeps what is typed meanwhile', () => {
    const { face, app } = typed(':slow 5<enter>');
    expect(app.busy).toBe(true);
    expect(app.screen().lines().at(-2)).toContain('running 4 left, ctrl-c stops it');
    expect(app.screen().cursor).toBeUndefined();
    app.input(keysOf('ss'));
    expect(face.ran).toEqual(['slow 5']);
    for (let i = 0; i < 5; i++) app.work();
    expect(face.ran).toEqual(['slow 5', 'step', 'step']);
    expect(app.busy).toBe(false);
  });

  it('stops what runs, and what was to come after it', () => {
    const { face, app } = typed(':slow 100<enter>');
    app.input(keysOf('ss<C-c>'));
    expect(app.busy).toBe(false);
    app.work();
    expect(face.ran).toEqual(['slow 100']);
    expect(app.log.texts.at(-1)).toBe('Paused.');
  });

  it('completes, and lists completions in the log', () => {
    expect(typed(':st<tab>').app.editor.text).toBe('step ');
    expect(typed(':b<tab><tab>').app.log.texts.at(-1)).toBe('break  backtrace');
  });

  it('chooses panes by digit and tab, alone with z', () => {
    expect(typed('2').app.panes.focus).toBe('two');
    expect(typed('<tab><tab>').app.panes.focus).toBe('log');
    expect(typed('<tab><tab><tab>').app.panes.focus).toBe('one');
    expect(typed('<S-tab>').app.panes.focus).toBe('log');
    expect(typed('9').lines.at(-1)).toContain('there is no pane 9');
    expect(
      typed('2z')
        .lines.slice(1, 3)
        .map((l) => l.trimEnd()),
    ).toEqual(['>2 two  1 one  3 log ───────────────────', 'two 0']);
  });

  it('scrolls the log back, and follows it again', () => {
    const { app } = typed('3');
    for (let i = 0; i < 30; i++) app.command(`x${i}`);
    expect(app.screen().lines().join('\n')).toContain('did x29');
    app.input(keysOf('<home>'));
    expect(app.screen().lines().join('\n')).toContain('hello');
    app.command('more');
    expect(app.screen().lines().join('\n')).toContain('hello');
    app.input(keysOf('<end>'));
    expect(app.screen().lines().join('\n')).toContain('did more');
    app.command('again');
    expect(app.screen().lines().join('\n')).toContain('did again');
  });

  it('tells what keys do', () => {
    const help = typed('?').lines;
    expect(help[1]).toContain('help');
    expect(help.join('\n')).toContain('s, F11');
    expect(typed('?x').face.ran).toEqual([]);
    expect(typed('?xs').face.ran).toEqual(['step']);
    expect(typed('?<down><down>').app.help!.top).toBe(2);
  });

  it('keeps the cursor in sight however long the line is', () => {
    const { app } = typed(`:${'x'.repeat(100)}`);
    const { cursor } = app.screen();
    expect(cursor).toEqual({ row: 12, column: 38 });
    expect(app.screen().text(12)).toMatch(/^:x+ +$/);
  });

  it('draws everything anew when it is asked to, or the size changes', () => {
    const { app } = typed('');
    app.paint();
    expect(app.paint()).toBe('');
    app.input([{ name: 'C-l' }]);
    expect(app.paint()).toContain('\x1b[2J');
    app.resize(20, 60);
    expect(app.paint()).toContain('\x1b[2J');
    app.input([{ name: 'C-z' }]);
    expect([app.takeSuspend(), app.takeSuspend()]).toEqual([true, false]);
  });

  it('never uses colour where there is none', () => {
    const app = appOf(new FakeFace(), { colours: false });
    app.command('fail');
    const out = app.paint();
    expect(out).toContain('error: no');
    expect(out).not.toMatch(COLOURED);
  });

  it('survives any keys at any size, and every line fits', () => {
    const names = ['up', 'down', 'left', 'right', 'home', 'end', 'pageup', 'pagedown', 'tab', 'S-tab', 'enter', 'esc'];
    const more = [
      'C-c',
      'C-l',
      'C-r',
      'C-g',
      'C-z',
      'f5',
      'f11',
      'S-f11',
      'backspace',
      'unknown',
      'C-d',
      'constructor',
    ];
    const key = fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(...names, ...more).map((name) => ({ name })) },
      { weight: 3, arbitrary: fc.constantFrom(...'sb:z?q1239xn漢').map((text) => ({ name: text, text })) },
      fc.string({ unit: 'binary' }).map((text) => ({ name: 'paste', text })),
    );
    const size = fc.tuple(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 90 }));
    const step = fc.oneof({ weight: 8, arbitrary: key }, { weight: 1, arbitrary: size });
    fc.assert(
      fc.property(size, fc.array(step, { maxLength: 40 }), ([rows, columns], steps) => {
        const app = appOf(new FakeFace(), { ...OPTIONS, rows, columns });
        let terminal = new FakeTerminal(rows, columns);
        for (const each of steps) {
          if (Array.isArray(each)) {
            app.resize(each[0], each[1]);
            terminal = new FakeTerminal(each[0], each[1]);
          } else app.input([each]);
          app.work();
          terminal.write(app.paint());
          const screen = app.screen();
          expect(terminal.lines()).toEqual(screen.lines());
          for (const text of screen.lines()) expect(widthOf(text)).toBe(screen.columns);
        }
      }),
      { numRuns: 200 },
    );
  });
});
