import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { App } from '../../../src/debug/tui/app.ts';
import { widthOf } from '../../../src/debug/tui/text.ts';
import { VerifierFace } from '../../../src/debug/tui/verifier/face.ts';
import { VerifierSession } from '../../../src/debug/verifier/session.ts';
import { VerifierShell } from '../../../src/debug/verifier/shell.ts';
import { inputOf, need } from '../session/make.ts';
import { keysOf, OPTIONS } from './fake.ts';

const FILE = 'programs/rejections/map-value-or-null.bpf';

function appOf(): App {
  const { request, files } = inputOf(readFileSync(FILE, 'utf8'), {}, FILE);
  const session = need(VerifierSession.open({ source: request, files }));
  const app = new App(new VerifierFace(new VerifierShell(session), FILE), OPTIONS);
  app.resize(24, 80);
  app.screen();
  while (app.idle());
  return app;
}

function press(app: App, keys: string): void {
  for (const key of keysOf(keys)) {
    app.input([key]);
    while (app.busy) app.work();
    while (app.idle());
    app.screen();
  }
}

describe('the verifier on the screen', () => {
  it.each([
    [40, 10],
    [80, 24],
    [120, 40],
    [200, 60],
  ])('%ix%i, at the rejection', async (columns, rows) => {
    const app = appOf();
    press(app, 'r');
    app.resize(rows, columns);
    const lines = app.screen().lines();
    for (const line of lines) expect(widthOf(line)).toBe(columns);
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot(`screens/verifier-${columns}x${rows}.txt`);
  });

  it('steps, both ways, and to places', () => {
    const app = appOf();
    const node = (): number => Number(/node (\d+) of/.exec(app.screen().text(0))?.[1]);
    press(app, 'sss');
    expect(node()).toBe(4);
    press(app, 'S');
    expect(node()).toBe(3);
    press(app, 'r');
    const rejected = node();
    press(app, ':run<enter>b');
    expect(app.log.texts.at(-1)).toMatch(/^Breakpoint 1/);
    press(app, 'b');
    expect(app.log.texts.at(-1)).toBe('Breakpoint 1 is gone.');
    press(app, '3<end><enter>');
    expect(node()).toBeLessThanOrEqual(rejected);
    press(app, 'w');
    expect(app.log.texts.length).toBeGreaterThan(10);
  });

  it('survives any keys', () => {
    const key = fc.oneof(
      fc.constantFrom('up', 'down', 'end', 'pageup', 'tab', 'enter', 'esc', 'f5').map((name) => ({ name })),
      fc.constantFrom(...'snfcuSNFCUbrwpPjJ<hz?12345').map((text) => ({ name: text, text })),
    );
    fc.assert(
      fc.property(fc.array(key, { maxLength: 30 }), (keys) => {
        const app = appOf();
        for (const k of keys) {
          app.input([k]);
          app.work();
          for (const text of app.screen().lines()) expect(widthOf(text)).toBe(80);
        }
      }),
      { numRuns: 30 },
    );
  });
});
