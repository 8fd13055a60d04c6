/** Numbers that stand for things of one stop. */
import type { Result } from '../../util/problem.ts';
import { fail, ok } from '../../util/problem.ts';
import { dapProblem } from './messages.ts';

/** Things that one stop may hand out. */
const LIMIT = 100_000;
const HIGHEST = 0x7fff_ffff;

/** Hands out numbers for things; after `clear` none of them is valid, and none comes again soon. */
export class Handles<T> {
  readonly #things = new Map<number, T>();
  #next = 1;

  clear(): void {
    this.#things.clear();
    if (this.#next > HIGHEST - 2 * LIMIT) this.#next = 1;
  }

  /** A number for a thing; 0, which stands for nothing, where a client asks without end. */
  add(thing: T): number {
    if (this.#things.size >= LIMIT) return 0;
    this.#things.set(this.#next, thing);
    return this.#next++;
  }

  get(number: number): Result<T> {
    const thing = this.#things.get(number);
    return thing === undefined ? fail(dapProblem('dap-stale', {}, { reference: number })) : ok(thing);
  }
}
