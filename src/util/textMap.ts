/** An immutable map from strings: their hashes in an `IntMap`, texts of one hash in a list. */
import { IntMap } from './intMap.ts';

type Bucket<V> = readonly (readonly [string, V])[];

/** FNV-1a over the code units. */
function hashOf(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
}

/** Order of iteration follows from the keys alone, not from the history. */
export class TextMap<V> {
  static readonly EMPTY: TextMap<never> = new TextMap<never>(IntMap.EMPTY, 0);
  readonly size: number;
  private readonly buckets: IntMap<Bucket<V>>;

  private constructor(buckets: IntMap<Bucket<V>>, size: number) {
    this.buckets = buckets;
    this.size = size;
  }

  /** The value of a key; undefined where there is none. */
  get(key: string): V | undefined {
    return this.buckets.get(hashOf(key))?.find(([k]) => k === key)?.[1];
  }

  /** The map with one entry more, or another value. */
  with<W>(key: string, value: W): TextMap<V | W> {
    const hash = hashOf(key);
    const old: Bucket<V | W> = this.buckets.get(hash) ?? [];
    const others = old.filter(([k]) => k !== key);
    const bucket: Bucket<V | W> = [...others, [key, value] as const].sort(([a], [b]) => (a < b ? -1 : 1));
    return new TextMap<V | W>(this.buckets.with(hash, bucket), this.size + bucket.length - old.length);
  }

  /** The map without a key; the same map where it has none. */
  without(key: string): TextMap<V> {
    const hash = hashOf(key);
    const old = this.buckets.get(hash);
    const rest = old?.filter(([k]) => k !== key);
    if (!old || !rest || rest.length === old.length) return this;
    const buckets = rest.length === 0 ? this.buckets.without(hash) : this.buckets.with(hash, rest);
    return new TextMap(buckets, this.size - 1);
  }

  /** Keys and values. */
  *entries(): IterableIterator<readonly [string, V]> {
    for (const bucket of this.buckets.values()) yield* bucket;
  }

  /** The values. */
  *values(): IterableIterator<V> {
    for (const [, value] of this.entries()) yield value;
  }
}
