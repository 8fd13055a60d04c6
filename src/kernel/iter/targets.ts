/** What can be iterated over: a row a target, with the maps that it takes, the walk, and what the context shows of an element. */
import { arraySeq } from '../../maps/array.ts';
import type { MapEnv } from '../../maps/attr.ts';
import { htabSeq, htabValue } from '../../maps/hashTable.ts';
import { storageElement, storageSeq } from '../../maps/localStorage.ts';
import { MAP, roundUp8 } from '../../maps/object.ts';
import type { MapSeq, SeqAt } from '../../maps/seq.ts';
import { percpuValueBytes } from '../../maps/value.ts';
import { PERM_READ } from '../../mem/arena.ts';
import { LAYOUTS } from '../../spec/layouts.ts';
import { MAP_TYPES } from '../../spec/mapTypes.ts';
import type { Parts } from '../testRun/parts.ts';
import type { MapRecord } from '../world.ts';

/** Where the program finds an element: what R1's struct points to. */
export interface IterCtx {
  readonly address: number;
  /** Room for a key, 0 where the context has none, and for the values of all CPUs, 0 where the value itself is shown. */
  readonly key: number;
  readonly values: number;
}

/** One kind of iterator over maps. */
export interface IterTarget {
  /** Bytes of the context. */
  readonly ctxSize: number;
  /** The walk over a map of this type; undefined: the target does not take it. @kernel bpf_iter_attach_map */
  seqOf(type: number): MapSeq | undefined;
  /** Room for what is shown. */
  alloc(env: MapEnv, map: MapRecord, parts: Parts): Omit<IterCtx, 'address'>;
  /** Writes the context for an element. @kernel bpf_iter_seq_ops.show */
  show(env: MapEnv, map: MapRecord, ctx: IterCtx, at: SeqAt): void;
}

const { hash, lru_hash, percpu_hash, lru_percpu_hash, array, percpu_array, sk_storage } = MAP_TYPES;
const HASHES: readonly number[] = [hash.id, lru_hash.id, percpu_hash.id, lru_percpu_hash.id];
const ARRAYS: readonly number[] = [array.id, percpu_array.id];
const PERCPU: readonly number[] = [percpu_hash.id, lru_percpu_hash.id, percpu_array.id];
const ELEM_CTX = LAYOUTS.bpf_iter__bpf_map_elem;
const STORAGE_CTX = LAYOUTS.bpf_iter__bpf_sk_storage_map;

const mapElem: IterTarget = {
  ctxSize: ELEM_CTX.size,
  seqOf(type) {
    if (HASHES.includes(type)) return htabSeq;
    return ARRAYS.includes(type) ? arraySeq : undefined;
  },
  alloc({ arena }, { type, address }, parts) {
    const size = roundUp8(arena.getU32(address + MAP.valueSize)) * arena.getU32(address + MAP.cpus);
    return {
      key: parts.alloc({ kind: 'memory', size: arena.getU32(address + MAP.keySize), perm: PERM_READ }),
      values: PERCPU.includes(type) ? parts.alloc({ kind: 'memory', size }) : 0,
    };
  },
  show(env, { type, address }, ctx, { place, element }) {
    const { arena } = env;
    const hashed = HASHES.includes(type);
    if (hashed) arena.copy(ctx.key, element + arena.getU32(address + MAP.keyOff), arena.getU32(address + MAP.keySize));
    else arena.setU32(ctx.key, place.bucket);
    const value = hashed ? htabValue(env, address, element, 0) : element;
    if (ctx.values !== 0) arena.put(ctx.values, percpuValueBytes(arena, address, value));
    arena.setU64(ctx.address + ELEM_CTX.members.key[0], ctx.key, 0);
    arena.setU64(ctx.address + ELEM_CTX.members.value[0], ctx.values === 0 ? value : ctx.values, 0);
  },
};

const skStorage: IterTarget = {
  ctxSize: STORAGE_CTX.size,
  seqOf: (type) => (type === sk_storage.id ? storageSeq : undefined),
  alloc: () => ({ key: 0, values: 0 }),
  show(env, _map, ctx, { element }) {
    const { owner, value } = storageElement(env, element);
    env.arena.setU64(ctx.address + STORAGE_CTX.members.sk[0], owner, 0);
    env.arena.setU64(ctx.address + STORAGE_CTX.members.value[0], value, 0);
  },
};

/** By the name in SEC("iter/…"). */
export const ITER_TARGETS: Readonly<Record<string, IterTarget>> = {
  bpf_map_elem: mapElem,
  bpf_sk_storage_map: skStorage,
};
