/** What panes show of one moment: made once, and made anew when something has moved. */

export class Kept {
  readonly #values = new Map<string, unknown>();
  readonly #before: () => void;

  /** `before` happens before anything is made. */
  constructor(before: () => void = () => {}) {
    this.#before = before;
  }

  /** The value of this name; `make` where there is none yet. */
  get<T>(name: string, make: () => T): T {
    if (!this.#values.has(name)) {
      this.#before();
      this.#values.set(name, make());
    }
    return this.#values.get(name) as T;
  }

  clear(): void {
    this.#values.clear();
  }
}
