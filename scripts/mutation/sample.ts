/** Some of many, by a seed. */
import { Random } from '../../test/random.ts';

/** `count` of the list, in an order by chance; the same for the same seed. */
export function sampled<T>(list: readonly T[], count: number, seed: number): readonly T[] {
  const random = new Random(seed);
  const keyed = list.map((item) => ({ item, key: random.next() }));
  return keyed
    .sort((a, b) => a.key - b.key)
    .slice(0, count)
    .map(({ item }) => item);
}
