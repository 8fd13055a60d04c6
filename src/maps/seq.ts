/** How iterators walk a map: a place that can be found again in a later read, and the element that stands there. */
import type { MapEnv } from './attr.ts';

/** A place in a map: its bucket, and how many elements of that bucket were passed; in an array the index. */
export interface SeqPlace {
  readonly bucket: number;
  readonly skip: number;
}

/** A place and the address of the element there, 0 behind the last one. */
export interface SeqAt {
  readonly place: SeqPlace;
  readonly element: number;
}

/** A walk. `find` looks for the element of a place; `next` goes on from an element, which may have been deleted meanwhile. */
export interface MapSeq {
  find(env: MapEnv, map: number, place: SeqPlace): SeqAt;
  next(env: MapEnv, map: number, at: SeqAt): SeqAt;
}

/** What a walk over buckets asks of a table. Addresses; 0: none. */
export interface Buckets {
  count(env: MapEnv, map: number): number;
  first(env: MapEnv, map: number, index: number): number;
  /** The element behind one, in the bucket that it is or was in. */
  next(env: MapEnv, map: number, element: number): number;
}

/**
 * Bucket by bucket. A place counts what was passed of its bucket, deleted or not: a walk that goes on from one skips as many of
 * those that are left. @kernel bpf_hash_map_seq_find_next, bpf_sk_storage_map_seq_find_next
 */
export function bucketSeq(table: Buckets): MapSeq {
  const find = (env: MapEnv, map: number, { bucket, skip }: SeqPlace): SeqAt => {
    const count = table.count(env, map);
    let left = skip;
    for (let index = bucket; index < count; index++) {
      let passed = 0;
      let element = table.first(env, map, index);
      for (; element !== 0 && passed < left; passed++) element = table.next(env, map, element);
      if (element !== 0) return { place: { bucket: index, skip: passed }, element };
      left = 0;
    }
    return { place: { bucket: count, skip: 0 }, element: 0 };
  };
  return {
    find,
    next(env, map, { place, element }) {
      const next = table.next(env, map, element);
      if (next !== 0) return { place: { bucket: place.bucket, skip: place.skip + 1 }, element: next };
      return find(env, map, { bucket: place.bucket + 1, skip: 0 });
    },
  };
}
