/** The terminal of the process: keys as they come, the alternate screen, and the terminal as it was whatever happens. */
import { writeSync } from 'node:fs';

/** A terminal that somebody looks at. */
export interface Terminal {
  readonly rows: number;
  readonly columns: number;
  readonly colours: boolean;
  /** Shows more than ASCII. */
  readonly unicode: boolean;
  /** What was written is not out yet: wait with more. */
  readonly full: boolean;
  write(text: string): void;
  /** Takes the screen and the keyboard; `close` gives them back. Where it throws, they were never taken. */
  open(events: TerminalEvents): void;
  close(): void;
  /** Gives the shell the terminal until the user comes back (`events.shown`). */
  suspend(): void;
}

/** What a terminal tells. */
interface TerminalEvents {
  readonly bytes: (data: Uint8Array) => void;
  /** The size has changed, or the screen is ours again: draw everything. */
  readonly shown: () => void;
  /** What was written is out. */
  readonly drained: () => void;
  /** Nobody is there any more. */
  readonly gone: () => void;
}

/** Alternate screen, bracketed paste, no line wrap. */
const ENTER = '\x1b[?1049h\x1b[?2004h\x1b[?7l\x1b[H\x1b[2J';
const LEAVE = '\x1b[0m\x1b[?7h\x1b[?2004l\x1b[?25h\x1b[?1049l';
const FALLBACK = { rows: 24, columns: 80 };

/** Signals that end a process; the terminal is given back first. */
const ENDING = ['SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;
const NUMBERS = { SIGTERM: 15, SIGHUP: 1, SIGQUIT: 3 } as const;

function unicodeLocale(env: NodeJS.ProcessEnv): boolean {
  const locale = [env.LC_ALL, env.LC_CTYPE, env.LANG].find((name) => name !== undefined && name !== '') ?? '';
  return /utf-?8/i.test(locale);
}

class NodeTerminal implements Terminal {
  readonly colours: boolean;
  readonly unicode = unicodeLocale(process.env);
  #events: TerminalEvents | undefined;
  #mine = false;
  /** A stop that we asked for is under way. */
  #leaving = false;
  readonly #listeners: [NodeJS.EventEmitter, string, (...args: never[]) => void][] = [];

  constructor(colours: boolean) {
    this.colours = colours;
  }

  get rows(): number {
    return process.stdout.rows || FALLBACK.rows;
  }

  get columns(): number {
    return process.stdout.columns || FALLBACK.columns;
  }

  get full(): boolean {
    return process.stdout.writableNeedDrain;
  }

  write(text: string): void {
    if (this.#mine && text !== '') process.stdout.write(text);
  }

  open(events: TerminalEvents): void {
    const { stdin, stdout } = process;
    this.#events = events;
    this.#on(stdin, 'data', (data: Uint8Array) => events.bytes(data));
    this.#on(stdin, 'end', () => events.gone());
    this.#on(stdin, 'error', () => events.gone());
    this.#on(stdout, 'resize', () => events.shown());
    this.#on(stdout, 'drain', () => events.drained());
    // What ends the process without asking: an error that nobody caught, process.exit, a signal.
    this.#on(process, 'exit', () => this.#release());
    this.#on(process, 'uncaughtExceptionMonitor', () => this.#release());
    for (const signal of ENDING) {
      this.#on(process, signal, () => {
        this.close();
        process.exit(128 + NUMBERS[signal]);
      });
    }
    this.#on(process, 'SIGTSTP', () => {
      // Whoever started us may pass the signal on once more.
      if (!this.#mine && !this.#leaving) return;
      this.#leaving = false;
      this.#release();
      process.kill(process.pid, 'SIGSTOP');
    });
    this.#on(process, 'SIGCONT', () => {
      this.#take();
      events.shown();
    });
    this.#take();
    stdin.resume();
  }

  close(): void {
    this.#release();
    for (const [emitter, name, listener] of this.#listeners.splice(0)) emitter.off(name, listener as () => void);
    process.stdin.pause();
    this.#events = undefined;
  }

  suspend(): void {
    if (!this.#events) return;
    // Given back first: once those who wait for us have stopped, the terminal is the shell's and may not be touched.
    this.#release();
    this.#leaving = true;
    // As the terminal itself does it: the whole job stops.
    process.kill(0, 'SIGTSTP');
  }

  #on(emitter: NodeJS.EventEmitter, name: string, listener: (...args: never[]) => void): void {
    emitter.on(name, listener as () => void);
    this.#listeners.push([emitter, name, listener]);
  }

  #take(): void {
    if (this.#mine) return;
    process.stdin.setRawMode(true);
    this.#mine = true;
    process.stdout.write(ENTER);
  }

  /** Written at once: the process may be at its end. */
  #release(): void {
    if (!this.#mine) return;
    this.#mine = false;
    try {
      writeSync(1, LEAVE);
    } catch {
      // The terminal is gone, or does not take it now: then its own way.
      process.stdout.write(LEAVE);
    }
    try {
      process.stdin.setRawMode(false);
    } catch {
      // There is no terminal any more.
    }
  }
}

/** The terminal behind standard input and output; undefined where one of them is none, or a dumb one. */
export function nodeTerminal(colours: boolean): Terminal | undefined {
  const { stdin, stdout, env } = process;
  if (!stdin.isTTY || !stdout.isTTY || env.TERM === 'dumb') return undefined;
  return new NodeTerminal(colours);
}
