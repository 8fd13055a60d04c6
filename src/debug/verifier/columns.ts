/** A growing row of numbers: what a graph of hundreds of thousands of nodes is made of. */
export class Column {
  #cells = new Int32Array(1024);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** 0 behind the end. */
  get(index: number): number {
    return index < this.#length ? this.#cells[index]! : 0;
  }

  set(index: number, value: number): void {
    if (index >= this.#cells.length) {
      const grown = new Int32Array(Math.max(index + 1, this.#cells.length * 2));
      grown.set(this.#cells);
      this.#cells = grown;
    }
    this.#cells[index] = value;
    if (index >= this.#length) this.#length = index + 1;
  }

  push(value: number): void {
    this.set(this.#length, value);
  }

  add(index: number, value: number): void {
    this.set(index, this.get(index) + value);
  }
}
