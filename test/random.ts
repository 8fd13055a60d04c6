/** A seeded source of random numbers for tests and recorders: the same seed gives the same cases. */
import { nextRandomState, randomOf } from '../src/kernel/random.ts';

export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** Unsigned 32 bits. */
  next(): number {
    this.#state = nextRandomState(this.#state);
    return randomOf(this.#state);
  }

  /** 0 … limit - 1 */
  below(limit: number): number {
    return this.next() % limit;
  }

  /** True with a probability of 0 to 1. */
  bool(chance: number): boolean {
    return this.next() < chance * 2 ** 32;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)]!;
  }

  weighted<T>(choices: readonly (readonly [number, () => T])[]): T {
    let at = this.below(choices.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, make] of choices) {
      at -= weight;
      if (at < 0) return make();
    }
    throw new Error('no choice');
  }

  bytes(size: number): Uint8Array {
    return Uint8Array.from({ length: size }, () => this.next() & 0xff);
  }
}
