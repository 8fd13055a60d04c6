/** Some of many, by a seed. */
import { Random } from '../../test/random.ts';

/** `count` of the list in its order; the same for the same seed. */
export function sampled<T>(list: readonly T[], count: number, seed: number): readonly T[] {
  const random = new Random(seed);
  const keyed = list.map((item, index) => ({ item, index, key: random.next() }));
  const chosen = keyed.sort((a, b) => a.key - b.key).slice(0, count);
  return chosen.sort((a, b) => a.index - b.index).map(({ item }) => item);
}
