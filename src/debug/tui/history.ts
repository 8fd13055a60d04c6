/** Lines that were typed, newest last. */

const MOST = 1000;

export class History {
  #lines: string[];

  constructor(lines: readonly string[] = []) {
    this.#lines = lines.slice(-MOST);
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  /** Adds a line, unless it is empty or the last one again. */
  add(line: string): void {
    if (line.trim() === '' || line === this.#lines.at(-1)) return;
    this.#lines = [...this.#lines, line].slice(-MOST);
  }

  /** The newest line before number `from` that contains a text; -1 where there is none. */
  find(text: string, from = this.#lines.length): number {
    for (let i = Math.min(from, this.#lines.length) - 1; i >= 0; i--) if (this.#lines[i]!.includes(text)) return i;
    return -1;
  }
}
