/** Bytes that wait to be read, in one piece. */
export class ByteQueue {
  #store = new Uint8Array(1024);
  #from = 0;
  #to = 0;

  get length(): number {
    return this.#to - this.#from;
  }

  /** What waits; valid until the next change. */
  get bytes(): Uint8Array {
    return this.#store.subarray(this.#from, this.#to);
  }

  push(chunk: Uint8Array): void {
    if (this.#to + chunk.length > this.#store.length) this.#room(chunk.length);
    this.#store.set(chunk, this.#to);
    this.#to += chunk.length;
  }

  /** Forgets up to `count` bytes; answers how many. */
  drop(count: number): number {
    const dropped = Math.min(count, this.length);
    this.#from += dropped;
    if (this.#from === this.#to) {
      this.#from = 0;
      this.#to = 0;
    }
    return dropped;
  }

  /** A copy of the first `count` bytes, which are then gone. */
  take(count: number): Uint8Array {
    const taken = this.bytes.slice(0, count);
    this.drop(count);
    return taken;
  }

  /** Moves what waits to the front, of a larger store where it must be. */
  #room(more: number): void {
    const waiting = this.bytes;
    const wanted = waiting.length + more;
    const store = wanted > this.#store.length ? new Uint8Array(Math.max(wanted, 2 * this.#store.length)) : this.#store;
    store.set(waiting);
    this.#store = store;
    this.#to = waiting.length;
    this.#from = 0;
  }
}
