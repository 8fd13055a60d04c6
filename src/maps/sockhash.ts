/** Sockets by keys of any size. */
import type { MapEnv } from './attr.ts';
import { allocBuckets, freeBuckets } from './buckets.ts';
import { jhash } from './jhash.ts';
import type { MapOps } from './mapOps.ts';
import { MAP, roundUp8 } from './object.ts';
import { type SlabShape, slabAlloc, slabFree } from './slab.ts';
import { socketMapRefused, socketMapUser, sockMapRefuses } from './sockState.ts';
import { BPF_EXIST, BPF_NOEXIST, E2BIG, EEXIST, EINVAL, ENOENT, ENOMEM } from './uapi.ts';

/** An element: next in the bucket, socket, key. */
const NODE = { next: 0, sk: 4, key: 8 } as const;
const MAX_BPF_STACK = 512;
/** Of 16 bytes each, they must not take more than 32 bits can say. */
const MAX_BUCKETS = 2 ** 28;

function shape(env: MapEnv, map: number): SlabShape {
  return { unit: NODE.key + roundUp8(env.arena.getU32(map + MAP.keySize)), link: NODE.next };
}

/** The word that holds the address of the first element of a key's bucket. @kernel sock_hash_bucket_hash */
function bucketOf(env: MapEnv, map: number, key: number): number {
  const { arena } = env;
  const hash = jhash(arena, key, arena.getU32(map + MAP.keySize), 0);
  return arena.getU32(map + MAP.buckets) + 4 * (hash & (arena.getU32(map + MAP.nBuckets) - 1));
}

function sameKey(env: MapEnv, map: number, a: number, b: number): boolean {
  const size = env.arena.getU32(map + MAP.keySize);
  const { u8 } = env.arena;
  for (let i = 0; i < size; i++) if (u8[a + i] !== u8[b + i]) return false;
  return true;
}

/** The word that holds the address of a key's element, or of the 0 at the end of its bucket. */
function linkOf(env: MapEnv, map: number, key: number): number {
  const { arena } = env;
  let link = bucketOf(env, map, key);
  for (let node = arena.getU32(link); node !== 0; node = arena.getU32(link)) {
    if (sameKey(env, map, node + NODE.key, key)) break;
    link = node + NODE.next;
  }
  return link;
}

/** @kernel __sock_hash_lookup_elem */
function lookup(env: MapEnv, map: number, key: number): number {
  const node = env.arena.getU32(linkOf(env, map, key));
  return node === 0 ? 0 : env.arena.getU32(node + NODE.sk);
}

function unlink(env: MapEnv, map: number, link: number): void {
  const { arena } = env;
  const node = arena.getU32(link);
  arena.setU32(link, arena.getU32(node + NODE.next));
  arena.setU32(map + MAP.count, arena.getU32(map + MAP.count) - 1);
  slabFree(env, map, MAP.slab, shape(env, map), node);
}

/** A new element goes first; one with the same key before it goes away. @kernel sock_hash_update_common */
function update(env: MapEnv, map: number, key: number, sk: number, flags: number): number {
  const { arena } = env;
  const refused = sockMapRefuses(arena, sk);
  if (refused !== 0) return refused;
  if (flags > BPF_EXIST) return -EINVAL;
  const link = linkOf(env, map, key);
  const old = arena.getU32(link);
  if (old !== 0 && flags === BPF_NOEXIST) return -EEXIST;
  if (old === 0 && flags === BPF_EXIST) return -ENOENT;
  if (old === 0 && arena.getU32(map + MAP.count) >= arena.getU32(map + MAP.maxEntries)) return -E2BIG;
  if (old !== 0) unlink(env, map, link);
  const node = slabAlloc(env, map, MAP.slab, shape(env, map));
  if (node === 0) return -ENOMEM;
  const bucket = bucketOf(env, map, key);
  arena.setU32(node + NODE.next, arena.getU32(bucket));
  arena.setU32(node + NODE.sk, sk);
  arena.copy(node + NODE.key, key, arena.getU32(map + MAP.keySize));
  arena.setU32(bucket, node);
  arena.setU32(map + MAP.count, arena.getU32(map + MAP.count) + 1);
  return 0;
}

/** @kernel sock_hash_get_next_key */
function nextKey(env: MapEnv, map: number, key: number, out: number): number {
  const { arena } = env;
  const buckets = arena.getU32(map + MAP.buckets);
  const end = buckets + 4 * arena.getU32(map + MAP.nBuckets);
  const node = key === 0 ? 0 : arena.getU32(linkOf(env, map, key));
  let found = node === 0 ? 0 : arena.getU32(node + NODE.next);
  let bucket = node === 0 ? buckets : bucketOf(env, map, key) + 4;
  for (; found === 0 && bucket < end; bucket += 4) found = arena.getU32(bucket);
  if (found === 0) return -ENOENT;
  arena.copy(out, found + NODE.key, arena.getU32(map + MAP.keySize));
  return 0;
}

export const sockhashOps: MapOps = {
  allocCheck(attr) {
    if (attr.key_size === 0 || socketMapRefused(attr)) return -EINVAL;
    if (attr.key_size > MAX_BPF_STACK) return -E2BIG;
    return attr.max_entries > MAX_BUCKETS ? -EINVAL : 0;
  },
  alloc: allocBuckets,
  free: freeBuckets,
  lookup,
  update,
  delete(env, map, key) {
    const link = linkOf(env, map, key);
    if (env.arena.getU32(link) === 0) return -ENOENT;
    unlink(env, map, link);
    return 0;
  },
  nextKey,
  ...socketMapUser({ lookup, update }),
  inner: 'same',
};
