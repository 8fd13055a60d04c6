import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { line, span } from '../../../src/debug/tui/line.ts';
import { Screen } from '../../../src/debug/tui/screen.ts';
import { BOLD, colour, LOOK, PLAIN, REVERSE, sgr } from '../../../src/debug/tui/style.ts';
import { clean, fitted, widthOf, wrapped } from '../../../src/debug/tui/text.ts';
import { ESC, FakeTerminal } from './terminal.ts';

/** Control sequences. */
const ESCAPES = new RegExp(`${ESC}\\[[?\\d;]*[A-Za-z]`, 'g');

const FULL = { colours: true, unicode: true };

describe('text', () => {
  it('lets nothing through that moves, hides or has no sure width', () => {
    expect(clean('a\x1b[2Jb\x07\r\n\x9b31m')).toBe('a?[2Jb????31m');
    expect(clean('rtl\u202eoverride zero\u200bwidth e\u0301')).toBe('rtl?override zero?width e?');
    expect(clean('emoji 🎉 and 漢字')).toBe('emoji ? and 漢字');
    expect(clean('a\tb')).toBe('a       b');
  });

  it('counts columns', () => {
    expect(widthOf('漢字 ab')).toBe(7);
    expect(fitted('漢字漢字', 6)).toBe('漢字… ');
    expect(fitted('abcdef', 4)).toBe('abc…');
    expect(fitted('ab', 4)).toBe('ab  ');
    expect(fitted('ab', 0)).toBe('');
  });

  it('breaks lines at spaces, and long words anywhere', () => {
    expect(wrapped('one two three four', 10)).toEqual(['one two', '  three', '  four']);
    expect(wrapped('x'.repeat(12), 5, 0)).toEqual(['xxxxx', 'xxxxx', 'xx']);
  });

  it('fits any text into any width', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 0, max: 40 }), (text, width) => {
        expect(widthOf(fitted(text, width))).toBe(width);
        for (const piece of wrapped(text, Math.max(2, width)))
          expect(widthOf(piece)).toBeLessThanOrEqual(Math.max(2, width));
      }),
    );
  });
});

describe('styles', () => {
  it('never needs colour', () => {
    expect(sgr(BOLD | colour('yellow'), true)).toBe('0;1;33');
    expect(sgr(BOLD | colour('yellow'), false)).toBe('0;1');
    // What is seen without colour is an attribute, but for the verifier's values, which have a column of their own.
    for (const [name, style] of Object.entries(LOOK)) {
      if (name !== 'known') expect(sgr(style, false), name).not.toBe(sgr(PLAIN, false));
    }
  });
});

describe('a screen', () => {
  it('cuts lines to their columns', () => {
    const screen = new Screen(2, 10);
    screen.write(0, 2, 5, line('abcdefgh'));
    screen.write(1, 0, 10, [span('漢字漢字漢', REVERSE), span('x')]);
    expect(screen.lines()).toEqual(['  abcd…   ', '漢字漢字 …']);
    expect(screen.styleAt(1, 0)).toBe(REVERSE);
    screen.write(0, 2, 5, line('漢字abc'), PLAIN, 1);
    expect(screen.text(0)).toBe('   字a…   ');
  });

  it('paints only what differs', () => {
    const before = new Screen(3, 20);
    before.write(0, 0, 20, line('r1 = 5'));
    const after = new Screen(3, 20);
    after.write(0, 0, 20, line('r1 = 6'));
    expect(after.paint(before, FULL)).toBe('\x1b[?25l\x1b[1;6H\x1b[0m6\x1b[0m');
    expect(after.paint(after, FULL)).toBe('');
  });

  it('knows how to do without Unicode and colours', () => {
    const screen = new Screen(1, 8);
    screen.write(0, 0, 8, [span('─│', colour('cyan')), span('é漢')]);
    const out = screen.paint(undefined, { colours: false, unicode: false });
    expect(out.replace(ESCAPES, '').trim()).toBe('-|???');
    expect(out).not.toContain('36');
  });

  it('brings any terminal from any screen to any other', () => {
    const text = fc.string({ unit: fc.constantFrom('a', ' ', '漢', '─', '\x1b', 'é'), maxLength: 12 });
    const write = fc.tuple(
      fc.integer({ min: -1, max: 4 }),
      fc.integer({ min: 0, max: 12 }),
      fc.integer({ min: 0, max: 14 }),
      text,
      fc.integer({ min: 0, max: 15 }),
      fc.integer({ min: 0, max: 4 }),
    );
    const screens = fc.array(fc.array(write, { maxLength: 6 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(screens, (all) => {
        const terminal = new FakeTerminal(4, 13);
        let before: Screen | undefined;
        for (const writes of all) {
          const screen = new Screen(4, 13);
          for (const [row, column, width, t, style, skip] of writes) {
            screen.write(row, column, width, line(t, style), PLAIN, skip);
          }
          terminal.write(screen.paint(before, FULL));
          expect(terminal.lines()).toEqual(screen.lines());
          for (let row = 0; row < 4; row++) {
            expect(widthOf(screen.text(row))).toBe(13);
            for (let column = 0; column < 13; column++) {
              expect(terminal.styles[row]![column]).toBe(sgr(screen.styleAt(row, column), true));
            }
          }
          before = screen;
        }
      }),
    );
  });
});
