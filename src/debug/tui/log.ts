/** What was asked and answered, bounded, broken into lines of the pane's width. */
import type { Content } from './face.ts';
import { line, type StyledLine } from './line.ts';
import { PLAIN, type Style } from './style.ts';
import { wrapped } from './text.ts';

const MOST_LINES = 5000;
const MOST_LENGTH = 8192;

interface Entry {
  readonly text: string;
  readonly style: Style;
}

export class Log {
  #entries: Entry[] = [];
  #lines: StyledLine[] = [];
  #columns = 0;

  add(text: string, style: Style = PLAIN): void {
    const shown = text.length > MOST_LENGTH ? `${text.slice(0, MOST_LENGTH)}…` : text;
    const entry = { text: shown, style };
    this.#entries.push(entry);
    if (this.#columns > 0) this.#lines.push(...this.#wrap(entry));
    if (this.#entries.length > MOST_LINES) {
      this.#entries = this.#entries.slice(MOST_LINES >> 2);
      this.#columns = 0;
    }
  }

  clear(): void {
    this.#entries = [];
    this.#lines = [];
  }

  #wrap({ text, style }: Entry): StyledLine[] {
    return wrapped(text, this.#columns).map((piece) => line(piece, style));
  }

  content(columns: number): Content {
    if (columns !== this.#columns) {
      this.#columns = Math.max(1, columns);
      this.#lines = this.#entries.flatMap((entry) => this.#wrap(entry));
    }
    const lines = this.#lines;
    return { count: lines.length, line: (index) => lines[index] ?? [] };
  }

  /** The texts, oldest first. */
  get texts(): readonly string[] {
    return this.#entries.map((e) => e.text);
  }
}
