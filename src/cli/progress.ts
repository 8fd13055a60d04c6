/** Progress of long work: one line on standard error that is redrawn, only where that is a terminal. */
import type { Io } from './io.ts';

/** Work that is over sooner shows nothing. */
const PATIENCE_MS = 500;

export class Progress {
  readonly #io: Io;
  readonly #total: number;
  readonly #start = Date.now();
  #drawn = false;

  constructor(io: Io, total = 0) {
    this.#io = io;
    this.#total = total;
  }

  show(done: number): void {
    const percent = this.#total === 0 ? 100 : Math.floor((100 * done) / this.#total);
    this.say(`${done} of ${this.#total} packets (${percent} %) `);
  }

  /** Draws any words in place of those before. */
  say(words: string): void {
    if (!this.#io.progress || Date.now() - this.#start < PATIENCE_MS) return;
    this.#io.err(`\r${words}\x1b[K`);
    this.#drawn = true;
  }

  clear(): void {
    if (this.#drawn) this.#io.err('\r\x1b[K');
    this.#drawn = false;
  }
}
