/** Drives the debugger's screen: a terminal's keys go in, what it paints goes out, and long work is done between looks at the keys. */
import { setImmediate } from 'node:timers/promises';
import { App } from '../debug/tui/app.ts';
import type { Face } from '../debug/tui/face.ts';
import { KeyReader } from '../debug/tui/keys.ts';
import type { Terminal } from './terminal.ts';

/** Milliseconds after which a lone escape is the escape key. */
const ESCAPE_MS = 50;
/** Milliseconds between two paintings while something runs. */
const FRAME_MS = 60;
/** Milliseconds of background work before its result is painted separately. */
const PATIENCE_MS = 25;

/** Shows panes until the user quits; `commands` are run first. */
export async function showPanes(terminal: Terminal, face: Face, commands: readonly string[] = []): Promise<void> {
  const { rows, columns, colours, unicode } = terminal;
  const app = new App(face, { rows, columns, colours, unicode });
  const reader = new KeyReader();
  const waiting = [...commands];
  let gone = false;
  let wake = (): void => {};
  let timer: NodeJS.Timeout | undefined;
  const flushLater = (): void => {
    clearTimeout(timer);
    if (!reader.waiting) return;
    timer = setTimeout(() => {
      app.input(reader.flush());
      flushLater();
      wake();
    }, ESCAPE_MS);
  };
  const paint = (): void => {
    // A terminal that is slower than we are gets the newest state later.
    if (!terminal.full) terminal.write(app.paint());
  };
  terminal.open({
    bytes: (data) => {
      app.input(reader.feed(data));
      flushLater();
      wake();
    },
    shown: () => {
      app.resize(terminal.rows, terminal.columns);
      wake();
    },
    drained: () => wake(),
    gone: () => {
      gone = true;
      wake();
    },
  });
  let painted = 0;
  let idle = true;
  try {
    while (!app.ended && !gone) {
      const next = app.busy ? undefined : waiting.shift();
      if (next !== undefined) app.command(next);
      if (app.takeSuspend()) terminal.suspend();
      // Most background work is over at once: what it finds is painted together with the rest.
      for (const until = Date.now() + PATIENCE_MS; idle && !app.busy && Date.now() < until; ) idle = app.idle();
      const working = app.busy || waiting.length > 0 || idle;
      if (!working || Date.now() - painted >= FRAME_MS) {
        paint();
        painted = Date.now();
      }
      if (app.busy) app.work();
      if (app.busy || waiting.length > 0 || idle) await setImmediate();
      else {
        paint();
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        wake = () => {};
        idle = true;
      }
    }
  } finally {
    clearTimeout(timer);
    terminal.close();
  }
}
