/** When long work looks up: the keyboard gets a chance now and then, and says whether the user has asked to stop. */
import type { Io } from './io.ts';

/** Milliseconds of work between two looks. */
const BREATH_MS = 40;

export class Breath {
  readonly #io: Io;
  #last = Date.now();

  constructor(io: Io) {
    this.#io = io;
  }

  /** True once it is time to look again. */
  get due(): boolean {
    return Date.now() - this.#last >= BREATH_MS;
  }

  /** Looks; true once the user has asked to stop. */
  async take(): Promise<boolean> {
    const stopped = await this.#io.breathe();
    this.#last = Date.now();
    return stopped;
  }
}
