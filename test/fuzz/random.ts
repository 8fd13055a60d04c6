/** A seeded source of small random numbers (xorshift32), so that a failing run can be run again. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 1;
  }

  /** 0 … n - 1 */
  below(n: number): number {
    let s = this.#state;
    s ^= s << 13;
    s ^= s >>> 17;
    s ^= s << 5;
    this.#state = s;
    return (s >>> 0) % n;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(256));
  }

  /** The bytes with a few changed, cut out, doubled or overwritten by extreme values. */
  mutate(original: Uint8Array): Uint8Array {
    let bytes = original.slice();
    for (let i = 1 + this.below(4); i > 0 && bytes.length > 0; i--) {
      const at = this.below(bytes.length);
      const end = Math.min(bytes.length, at + 1 + this.below(16));
      const kind = this.below(4);
      if (kind === 0) bytes[at] = this.below(256);
      else if (kind === 1) bytes.fill(this.pick([0, 0x7f, 0xff]), at, end);
      else {
        const middle = kind === 2 ? [] : [...bytes.subarray(at, end), ...bytes.subarray(at, end)];
        bytes = Uint8Array.from([...bytes.subarray(0, at), ...middle, ...bytes.subarray(end)]);
      }
    }
    return bytes;
  }
}
