/** A pane on the screen: which lines of its content are seen. */
import type { Content } from './face.ts';

/** Columns that arrows move sideways. */
const SIDEWAYS = 8;
const MOST_SIDEWAYS = 4096;

export class Pane {
  /** First line that is seen. */
  top = 0;
  /** Columns that are left out on the left. */
  skip = 0;
  /** The chosen line. */
  chosen = 0;
  readonly #choose: boolean;
  #here: number | undefined;
  #rows = 1;
  #count = 0;
  /** Its end is what counts: it stays there as lines come, until somebody scrolls up. */
  readonly #tail: boolean;
  #follow: boolean;

  constructor(choose: boolean, tail = false) {
    this.#choose = choose;
    this.#tail = tail;
    this.#follow = tail;
  }

  /** Takes the content and size of now: the place that the content points at comes into view when it has changed. */
  place(content: Content, rows: number): void {
    this.#count = content.count;
    this.#rows = Math.max(1, rows);
    const { here } = content;
    if (here !== undefined && here !== this.#here) {
      this.chosen = here;
      this.reveal(here);
    }
    this.#here = here;
    this.chosen = clamp(this.chosen, content.count - 1);
    if (this.#follow) this.top = this.#last;
    this.top = clamp(this.top, this.#last);
    if (this.#choose) this.#show(this.chosen);
  }

  /** Lets the content's own place be found again, after the pane showed something else. */
  forget(): void {
    this.#here = undefined;
  }

  get #last(): number {
    return Math.max(0, this.#count - this.#rows);
  }

  /** Brings a line into view; with some lines around it where it was out of view. */
  reveal(line: number): void {
    if (line >= this.top && line < this.top + this.#rows) {
      const margin = Math.min(2, (this.#rows - 1) >> 1);
      if (line < this.top + margin) this.top = Math.max(0, line - margin);
      if (line >= this.top + this.#rows - margin) this.top = line - this.#rows + 1 + margin;
    } else this.top = Math.max(0, line - (this.#rows >> 1));
  }

  #show(line: number): void {
    if (line < this.top) this.top = line;
    if (line >= this.top + this.#rows) this.top = line - this.#rows + 1;
  }

  /** Moves by lines. */
  move(by: number): void {
    if (this.#choose) {
      this.chosen = clamp(this.chosen + by, this.#count - 1);
      this.#show(this.chosen);
      return;
    }
    this.top = clamp(this.top + by, this.#last);
    if (by < 0) this.#follow = false;
    else if (this.top === this.#last) this.#follow = this.#tail;
  }

  page(by: number): void {
    this.move(by * Math.max(1, this.#rows - 1));
  }

  ends(last: boolean): void {
    this.move(last ? this.#count : -this.#count);
  }

  sideways(by: number): void {
    this.skip = Math.max(0, Math.min(MOST_SIDEWAYS, this.skip + by * SIDEWAYS));
  }

  /** `12-30 of 100`, where not all is seen. */
  get position(): string {
    if (this.#count <= this.#rows) return '';
    return `${this.top + 1}-${Math.min(this.#count, this.top + this.#rows)}/${this.#count}`;
  }
}

const clamp = (value: number, most: number): number => Math.max(0, Math.min(value, most));
