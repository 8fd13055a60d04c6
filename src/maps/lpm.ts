import { progAccessOk } from './array.ts';
import type { MapAttr, MapEnv } from './attr.ts';
import {
  bitAt,
  CHILD,
  IM_FLAG,
  lpmFirst,
  lpmNextNode,
  matchLength,
  NODE_DATA,
  NODE_FLAGS,
  NODE_KEY,
  trieLookup,
} from './lpmTrie.ts';
import type { MapOps } from './mapOps.ts';
import { freeMapObject, MAP, newMapObject, roundUp8 } from './object.ts';
import { type SlabShape, slabAlloc, slabFree, slabRelease } from './slab.ts';
import {
  ACCESS_MASK,
  BPF_EXIST,
  BPF_NOEXIST,
  EEXIST,
  EINVAL,
  ENOENT,
  ENOMEM,
  ENOSPC,
  F,
  KMALLOC_MAX_SIZE,
} from './uapi.ts';
import { badUpdateFlags, copyMapValue, valueBytes } from './value.ts';

const LPM_CREATE_FLAGS = F.NO_PREALLOC | F.NUMA_NODE | ACCESS_MASK;
const DATA_SIZE_MIN = 1;
const DATA_SIZE_MAX = 256;
const SIZEOF_NODE = 40;
const VAL_SIZE_MAX = KMALLOC_MAX_SIZE - DATA_SIZE_MAX - SIZEOF_NODE;

/** The checks at the start of trie_alloc. */
function allocCheck(attr: MapAttr): number {
  const flags = attr.map_flags;
  if (attr.max_entries === 0 || (flags & F.NO_PREALLOC) === 0) return -EINVAL;
  if ((flags & ~LPM_CREATE_FLAGS) !== 0 || !progAccessOk(flags)) return -EINVAL;
  if (attr.key_size < 4 + DATA_SIZE_MIN || attr.key_size > 4 + DATA_SIZE_MAX) return -EINVAL;
  if (attr.value_size < 1 || attr.value_size > VAL_SIZE_MAX) return -EINVAL;
  return 0;
}

function shape(env: MapEnv, map: number): SlabShape {
  const { arena } = env;
  const unit = arena.getU32(map + MAP.stride);
  const offset = arena.getU32(map + MAP.valueOff);
  return { unit, link: CHILD, window: { stride: unit, offset, size: arena.getU32(map + MAP.valueSize) } };
}

/** A node with the key's prefix length and data, without children; 0 without memory. */
function newNode(env: MapEnv, map: number, key: number, prefixLength: number, flags: number): number {
  const { arena } = env;
  const node = slabAlloc(env, map, MAP.slab, shape(env, map));
  if (node === 0) return 0;
  arena.fill(node, 0, arena.getU32(map + MAP.stride));
  arena.copy(node + NODE_KEY, key, arena.getU32(map + MAP.keySize));
  arena.setU32(node + NODE_KEY, prefixLength);
  arena.setU32(node + NODE_FLAGS, flags);
  return node;
}

function freeNode(env: MapEnv, map: number, node: number): void {
  slabFree(env, map, MAP.slab, shape(env, map), node);
}

/** Walks down towards a key: the slot (address of a node pointer) where the walk ends, and the match there. */
function descend(env: MapEnv, map: number, key: number): { slot: number; match: number; parentSlot: number } {
  const { arena } = env;
  const length = arena.getU32(key);
  let slot = map + MAP.root;
  let parentSlot = 0;
  let match = 0;
  for (let node = arena.getU32(slot); node !== 0; node = arena.getU32(slot)) {
    match = matchLength(arena, node, key);
    const prefix = arena.getU32(node + NODE_KEY);
    if (prefix !== match || prefix === length) break;
    parentSlot = slot;
    slot = node + CHILD + 4 * bitAt(arena, key + 4, prefix);
  }
  return { slot, match, parentSlot };
}

function addEntry(env: MapEnv, map: number, flags: number): number {
  const { arena } = env;
  if (flags === BPF_EXIST) return -ENOENT;
  const count = arena.getU32(map + MAP.count);
  if (count === arena.getU32(map + MAP.maxEntries)) return -ENOSPC;
  arena.setU32(map + MAP.count, count + 1);
  return 0;
}

/** @kernel trie_update_elem */
function update(env: MapEnv, map: number, key: number, value: number, flags: number): number {
  const { arena } = env;
  const length = arena.getU32(key);
  if (badUpdateFlags(flags, 2) || length > maxPrefix(env, map)) return -EINVAL;
  const { slot, match } = descend(env, map, key);
  const node = arena.getU32(slot);
  const prefix = node === 0 ? 0 : arena.getU32(node + NODE_KEY);
  const exact = node !== 0 && prefix === match && prefix === length;
  if (exact && (arena.getU32(node + NODE_FLAGS) & IM_FLAG) === 0) {
    if (flags === BPF_NOEXIST) return -EEXIST;
  } else {
    const refused = addEntry(env, map, flags);
    if (refused !== 0) return refused;
  }
  const fresh = newNode(env, map, key, length, 0);
  if (fresh === 0) return -ENOMEM;
  copyMapValue(arena, map, fresh + arena.getU32(map + MAP.valueOff), value);
  if (node === 0) {
    arena.setU32(slot, fresh);
  } else if (exact) {
    arena.copy(fresh + CHILD, node + CHILD, 8);
    arena.setU32(slot, fresh);
    freeNode(env, map, node);
  } else if (match === length) {
    // The new prefix contains the node's.
    arena.setU32(fresh + CHILD + 4 * bitAt(arena, node + NODE_DATA, match), node);
    arena.setU32(slot, fresh);
  } else {
    // Both hang below an intermediate node of what they have in common.
    const between = newNode(env, map, node + NODE_KEY, match, IM_FLAG);
    if (between === 0) {
      freeNode(env, map, fresh);
      arena.setU32(map + MAP.count, arena.getU32(map + MAP.count) - 1);
      return -ENOMEM;
    }
    const side = bitAt(arena, key + 4, match);
    arena.setU32(between + CHILD + 4 * side, fresh);
    arena.setU32(between + CHILD + 4 * (1 - side), node);
    arena.setU32(slot, between);
  }
  return 0;
}

/** @kernel trie_delete_elem */
function remove(env: MapEnv, map: number, key: number): number {
  const { arena } = env;
  const length = arena.getU32(key);
  if (length > maxPrefix(env, map)) return -EINVAL;
  const { slot, match, parentSlot } = descend(env, map, key);
  const node = arena.getU32(slot);
  if (node === 0) return -ENOENT;
  const prefix = arena.getU32(node + NODE_KEY);
  const flags = arena.getU32(node + NODE_FLAGS);
  if (prefix !== length || prefix !== match || (flags & IM_FLAG) !== 0) return -ENOENT;
  arena.setU32(map + MAP.count, arena.getU32(map + MAP.count) - 1);
  const left = arena.getU32(node + CHILD);
  const right = arena.getU32(node + CHILD + 4);
  if (left !== 0 && right !== 0) {
    arena.setU32(node + NODE_FLAGS, flags | IM_FLAG);
    return 0;
  }
  const parent = parentSlot === 0 ? 0 : arena.getU32(parentSlot);
  if (parent !== 0 && left === 0 && right === 0 && (arena.getU32(parent + NODE_FLAGS) & IM_FLAG) !== 0) {
    // An intermediate parent would keep one child: that child takes its place.
    const other = arena.getU32(parent + CHILD) === node ? CHILD + 4 : CHILD;
    arena.setU32(parentSlot, arena.getU32(parent + other));
    freeNode(env, map, parent);
  } else {
    arena.setU32(slot, left !== 0 ? left : right);
  }
  freeNode(env, map, node);
  return 0;
}

function maxPrefix(env: MapEnv, map: number): number {
  return 8 * (env.arena.getU32(map + MAP.keySize) - 4);
}

function lookup(env: MapEnv, map: number, key: number): number {
  const { arena } = env;
  const node = trieLookup(arena, arena.getU32(map + MAP.root), key, maxPrefix(env, map));
  return node === 0 ? 0 : node + arena.getU32(map + MAP.valueOff);
}

export const lpmTrieOps: MapOps = {
  allocCheck,
  alloc(env, attr, id) {
    const map = newMapObject(env, attr, id, roundUp8(attr.value_size));
    if (map < 0) return map;
    const valueOff = roundUp8(NODE_KEY + attr.key_size);
    env.arena.setU32(map + MAP.valueOff, valueOff);
    env.arena.setU32(map + MAP.stride, valueOff + roundUp8(attr.value_size));
    return map;
  },
  free(env, map) {
    slabRelease(env, map, MAP.slab);
    freeMapObject(env, map, []);
  },
  lookup,
  update,
  delete: remove,
  /** @kernel trie_get_next_key */
  nextKey(env, map, key, out) {
    const { arena } = env;
    const root = arena.getU32(map + MAP.root);
    if (root === 0) return -ENOENT;
    const known = key !== 0 && arena.getU32(key) <= maxPrefix(env, map);
    const node = known ? lpmNextNode(arena, root, key) : lpmFirst(arena, root);
    if (node === 0) return -ENOENT;
    arena.copy(out, node + NODE_KEY, arena.getU32(map + MAP.keySize));
    return 0;
  },
  userLookup(env, map, key) {
    const value = lookup(env, map, key);
    return value === 0 ? -ENOENT : valueBytes(env.arena, map, value);
  },
  userValueSize: (env, map) => env.arena.getU32(map + MAP.valueSize),
  userUpdate(env, map, key, value, flags) {
    const scratch = env.arena.getU32(map + MAP.scratchValue);
    env.arena.put(scratch, value);
    return update(env, map, key, scratch, flags);
  },
  batch: { by: 'keys', deletes: true },
  inner: 'same',
};
