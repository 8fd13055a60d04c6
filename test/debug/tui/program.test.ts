import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { Shell } from '../../../src/debug/commands/shell.ts';
import { Knowing } from '../../../src/debug/session/knowing.ts';
import { App } from '../../../src/debug/tui/app.ts';
import { ProgramFace } from '../../../src/debug/tui/program/face.ts';
import { widthOf } from '../../../src/debug/tui/text.ts';
import { nodeSession, sessionOf } from '../session/make.ts';
import { keysOf, OPTIONS } from './fake.ts';

const SIZES = [
  [40, 10],
  [80, 24],
  [120, 40],
  [200, 60],
] as const;

/** Everything that is to be done, also what is done while nobody types. */
function settle(app: App): void {
  while (app.busy) app.work();
  while (app.idle());
}

function press(app: App, keys: string): void {
  for (const key of keysOf(keys)) {
    app.input([key]);
    settle(app);
    app.screen();
  }
}

const shownAt = (app: App, columns: number, rows: number): string => {
  app.resize(rows, columns);
  return app.screen().lines().join('\n');
};

const BRANCHES = `
start:
    r2 = *(u32 *)(r1 + xdp_md.data)
    r3 = *(u32 *)(r1 + xdp_md.data_end)
    r4 = r2
    r4 += 14
    if r4 > r3 goto drop
    r5 = *(u16 *)(r2 + 12)
    *(u8 *)(r2 + 0) = 255
    *(u64 *)(r10 - 8) = r5
    call helper
    r0 = XDP_PASS
    exit
drop:
    r0 = XDP_DROP
    exit
helper:
    r0 = 1 # "\x1b[31m" \t漢字 \u202e
    exit
`;

function small(): App {
  const packets = [{ bytes: new Uint8Array(20).fill(7) }, { bytes: new Uint8Array(14) }];
  const session = sessionOf(BRANCHES.replace('\\x1b', '\x1b').replace('\\u202e', '\u202e'), { packets });
  const app = new App(new ProgramFace(new Shell(session, { knowing: new Knowing(session) })), OPTIONS);
  app.resize(24, 80);
  app.screen();
  settle(app);
  return app;
}

describe('a session on the screen', () => {
  let app: App;

  beforeAll(() => {
    const session = nodeSession();
    app = new App(new ProgramFace(new Shell(session, { knowing: new Knowing(session) })), OPTIONS);
    press(app, ':break call bpf_map_update_elem<enter>c');
  });

  it.each(SIZES)('%ix%i', async (columns, rows) => {
    const text = shownAt(app, columns, rows);
    for (const line of text.split('\n')) expect(widthOf(line)).toBe(columns);
    await expect(`${text}\n`).toMatchFileSnapshot(`screens/node-${columns}x${rows}.txt`);
  });

  it('shows every pane alone', async () => {
    const screens: string[] = [];
    app.panes.zoomed = true;
    for (let n = 1; n <= 9; n++) {
      app.panes.choose(app.panes.byNumber(n));
      screens.push(shownAt(app, 100, 24));
    }
    app.panes.zoomed = false;
    await expect(`${screens.join('\n\n')}\n`).toMatchFileSnapshot('screens/node-panes.txt');
  });
});

describe('keys of a session', () => {
  it('step forwards and backwards', () => {
    const app = small();
    const at = (): string => app.screen().lines()[0]!.trim();
    expect(at()).toMatch(/packet 1 of 2 {2}tick 1 {2}start$/);
    press(app, 'sss<f11>');
    expect(at()).toMatch(/tick 5 {2}start\+4$/);
    press(app, 'SS');
    expect(at()).toMatch(/tick 3 {2}start\+2$/);
    press(app, 'c');
    expect(at()).toMatch(/^test.bpf {2}the end/);
    press(app, 'C');
    expect(at()).toMatch(/tick 1 {2}start$/);
  });

  it('set breakpoints and run to where the cursor is', () => {
    const app = small();
    press(app, '1<down><down><down>b');
    expect(app.log.texts.at(-1)).toBe('Breakpoint 1: start:*3');
    expect(
      app
        .screen()
        .lines()
        .find((l) => l.includes('r4 += 14')),
    ).toMatch(/^ \* /);
    press(app, 'cb');
    expect(app.screen().lines()[0]).toContain('start+3');
    expect(
      app
        .screen()
        .lines()
        .find((l) => l.includes('r4 += 14')),
    ).toMatch(/^> {2}/);
    press(app, '<down><down><down>u');
    expect(app.screen().lines()[0]).toContain('start+6');
    press(app, '<up><up><up><up>U');
    expect(app.screen().lines()[0]).toContain('start+2');
    press(app, '<home>b');
    expect(app.screen().lines().at(-1)).toContain('no break here');
  });

  it('show where a jump goes, and insns in place of source', () => {
    const app = small();
    app.resize(40, 120);
    press(app, 'ssss');
    expect(app.screen().lines()[1]).toContain('code: test.bpf start+4');
    expect(
      app
        .screen()
        .lines()
        .find((l) => /^ {2}~.*drop/.test(l) || /^ {2}~.*r0 = XDP_DROP/.test(l)),
    ).toBeDefined();
    press(app, 'd');
    expect(
      app
        .screen()
        .lines()
        .find((l) => l.startsWith('>  ')),
    ).toContain('if r4 > r3 goto');
  });

  it('show what changed, and what the verifier knew', () => {
    const app = small();
    press(app, 'ssss');
    const line = (start: RegExp): string =>
      app
        .screen()
        .lines()
        .find((l) => start.test(l.slice(40))) ?? '';
    app.resize(24, 80);
    expect(line(/^\*R4/)).toContain('packet+14');
    expect(line(/^\*R4/)).toContain('pkt(');
    press(app, 'sss4');
    expect(app.screen().lines().join('\n')).toContain('*ff');
    press(app, 's3');
    expect(line(/^\*fp-8/)).toContain('0707');
  });

  it('mark the insn of a fault', () => {
    const session = sessionOf('r0 = 0\nr1 = *(u64 *)(r0 + 8)\nexit\n');
    const app = new App(new ProgramFace(new Shell(session)), OPTIONS);
    app.resize(24, 100);
    press(app, 'c');
    expect(app.screen().text(0)).toContain('FAULT');
    expect(app.screen().lines().join('\n')).toMatch(/^> ! *2 .*r1 = \*\(u64/m);
    press(app, 'S');
    expect(app.screen().text(0)).not.toContain('FAULT');
  });

  it('say where the verifier knew less than one might think', () => {
    const text = `
.map counts, type=array, key=u32, value=u64, max_entries=1
.section "xdp"
count:
    *(u32 *)(r10 - 4) = 0
    r1 = counts ll
    r2 = r10
    r2 += -4
    call bpf_map_lookup_elem
    if r0 == 0 goto out
    r0 = 2
out:
    exit
`;
    const session = sessionOf(text);
    const app = new App(new ProgramFace(new Shell(session, { knowing: new Knowing(session) })), OPTIONS);
    app.resize(24, 100);
    press(app, 'sssss');
    const out = app.screen().lines().join('\n');
    expect(out).toMatch(/R0 .*counts.*!map_value_or_null/);
    expect(out).toContain('! R0 may be NULL for the verifier');
  });

  it('go to packets and frames that are chosen, and open maps', () => {
    const app = small();
    press(app, '8<down><enter>');
    expect(app.screen().lines()[0]).toContain('packet 2 of 2');
    press(app, ':packet 1<enter>:break helper<enter>c');
    expect(app.screen().lines()[0]).toContain('helper');
    press(app, '7<down><enter>');
    expect(app.log.texts.join('\n')).toContain('frame 0: start+8');
    expect(app.screen().lines().join('\n')).toMatch(/^> +\d+ +call helper/m);
  });

  it('let nothing of a program reach the terminal that is no text', () => {
    const app = small();
    press(app, ':break helper<enter>cz1');
    const out = app.screen().lines().join('\n');
    expect(out).toContain('"?[31m"');
    expect(out).toContain('漢字 ?');
    app.redraw();
    expect(app.paint()).not.toContain('\u202e');
    expect(app.paint().split('\x1b[31m')).toHaveLength(1);
  });

  it('survive any keys', () => {
    const names = [
      'up',
      'down',
      'left',
      'right',
      'home',
      'end',
      'pageup',
      'tab',
      'enter',
      'esc',
      'f5',
      'f10',
      'S-f11',
      'C-c',
    ];
    const key = fc.oneof(
      fc.constantFrom(...names).map((name) => ({ name })),
      fc.constantFrom(...'snfcuSNFCUbd<>z?123456789:').map((text) => ({ name: text, text })),
      fc
        .constantFrom('b helper', 'watch r4', 'p r1', 'x/8xb r2', 'info map', 'set r1 = 5')
        .map((text) => ({ name: 'paste', text })),
    );
    fc.assert(
      fc.property(
        fc.array(key, { maxLength: 40 }),
        fc.constantFrom(...SIZES),
        fc.boolean(),
        (keys, [columns, rows], calm) => {
          const app = small();
          app.resize(rows, columns);
          for (const k of keys) {
            app.input([k]);
            if (calm) settle(app);
            else {
              app.work();
              app.idle();
            }
            for (const text of app.screen().lines()) expect(widthOf(text)).toBe(columns);
          }
        },
      ),
      { numRuns: 40 },
    );
  });
});
