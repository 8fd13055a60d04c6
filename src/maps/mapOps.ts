import type { MapAttr, MapEnv } from './attr.ts';

/** Where a walk over the elements stands; a plain value that can be kept and resumed. */
export interface MapCursor {
  /** Array: next index. Hash family: bucket. */
  readonly index: number;
  /** Hash family: next element, 0 for the first of the bucket `index`. */
  readonly node: number;
}

/** One element of a walk: addresses, and where to go on. */
export interface MapStep {
  readonly key: number;
  readonly value: number;
  readonly cursor: MapCursor;
}

/**
 * What a map type does. Keys and values are addresses, errors negative errno numbers; a bad index or key is an errno,
 * never a throw. `flags` is the u64 of the call as hi * 2^32 + lo.
 */
export interface MapOps {
  /** @kernel map_alloc_check */
  allocCheck(attr: MapAttr): number;
  /** Makes the object and its tables: address or -errno. */
  alloc(env: MapEnv, attr: MapAttr, id: number, seed: number): number;
  free(env: MapEnv, map: number): void;
  /** A program's lookup: value address or 0. */
  lookup(env: MapEnv, map: number, key: number, cpu: number): number;
  /** A program's lookup of another CPU's value. */
  lookupPercpu?(env: MapEnv, map: number, key: number, cpu: number): number;
  update(env: MapEnv, map: number, key: number, value: number, flags: number, cpu: number): number;
  delete(env: MapEnv, map: number, key: number, cpu: number): number;
  /** Writes the key after the one at `key` (0: the first key) to `out`; 0 or -errno. */
  nextKey(env: MapEnv, map: number, key: number, out: number): number;
  /** The value as user space reads it (per-CPU types: one after the other, each rounded up to 8 bytes), or -errno. */
  userLookup(env: MapEnv, map: number, key: number, value?: Uint8Array): Uint8Array | number;
  /** A look-up of user space brings a value, which userLookup gets: the type asks whether it is there. */
  readonly userLookupTakesValue?: true;
  /** Bytes of a value as user space passes it. */
  userValueSize(env: MapEnv, map: number): number;
  userUpdate(env: MapEnv, map: number, key: number, value: Uint8Array, flags: number, cpu: number): number;
  /** Removes what userLookup just returned; absent where the kernel has no such operation. */
  userTake?(env: MapEnv, map: number, key: number, cpu: number): Uint8Array | number;
  /**
   * The batch commands of the type: bucket by bucket, all four; or from key to key, without look-up and deletion at
   * once, and with deletion where `deletes` says so. Absent where the kernel has none.
   */
  readonly batch?: { readonly by: 'buckets' | 'keys'; readonly deletes: boolean };
  /** One step of bpf_for_each_map_elem, or undefined at the end; absent where the kernel has none. */
  each?(env: MapEnv, map: number, cursor: MapCursor, cpu: number): MapStep | undefined;
  /** Adds a value; this and the next two for types without keys. */
  push?(env: MapEnv, map: number, value: number, flags: number): number;
  /** Takes the next value out, writing it to `value`; 0 or -errno. */
  pop?(env: MapEnv, map: number, value: number): number;
  /** Reads the next value to `value`; or asks whether the one there is in the map. */
  peek?(env: MapEnv, map: number, value: number): number;
  /** Where a packet can be redirected to: address of the value for a key, or 0. */
  target?(env: MapEnv, map: number, key: number): number;
  /** May a map of this type be an inner map? 'same' compares the metadata, 'entries' max_entries too. */
  readonly inner?: 'same' | 'entries';
}
