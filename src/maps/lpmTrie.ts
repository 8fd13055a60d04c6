import type { Arena } from '../mem/arena.ts';

/**
 * A node of the trie: two children, flags, then its key as user space knows it (prefix length, data) and the value.
 * An intermediate node only joins two others: it has no value. A key is { u32 prefix length, data }, most significant
 * bit first.
 */
export const CHILD = 0;
export const NODE_FLAGS = 8;
export const NODE_KEY = 12;
export const NODE_DATA = 16;
export const IM_FLAG = 1;

/** Bit `index` of the data at an address. @kernel extract_bit */
export function bitAt(arena: Arena, data: number, index: number): number {
  return (arena.u8[data + (index >>> 3)]! >>> (7 - (index & 7))) & 1;
}

/** How many leading bits a node and a key share, at most the shorter prefix. @kernel longest_prefix_match */
export function matchLength(arena: Arena, node: number, key: number): number {
  const { u8, dv } = arena;
  const limit = Math.min(dv.getUint32(node + NODE_KEY, true), dv.getUint32(key, true));
  const a = node + NODE_DATA;
  const b = key + 4;
  for (let at = 0; 8 * at < limit; at++) {
    const diff = u8[a + at]! ^ u8[b + at]!;
    if (diff !== 0) return Math.min(limit, 8 * at + Math.clz32(diff) - 24);
  }
  return limit;
}

/** The node with the longest prefix that contains the key, or 0. @kernel trie_lookup_elem */
export function trieLookup(arena: Arena, root: number, key: number, maxPrefix: number): number {
  const { dv } = arena;
  if (dv.getUint32(key, true) > maxPrefix) return 0;
  let found = 0;
  for (let node = root; node !== 0; ) {
    const match = matchLength(arena, node, key);
    if (match === maxPrefix) return node;
    const prefix = dv.getUint32(node + NODE_KEY, true);
    if (match < prefix) break;
    if ((dv.getUint32(node + NODE_FLAGS, true) & IM_FLAG) === 0) found = node;
    node = dv.getUint32(node + CHILD + 4 * bitAt(arena, key + 4, prefix), true);
  }
  return found;
}

/** First node of the postorder walk below `root`. */
export function lpmFirst(arena: Arena, root: number): number {
  let found = 0;
  for (let node = root; node !== 0; ) {
    const left = arena.getU32(node + CHILD);
    if ((arena.getU32(node + NODE_FLAGS) & IM_FLAG) !== 0) {
      node = left;
    } else {
      found = node;
      node = left !== 0 ? left : arena.getU32(node + CHILD + 4);
    }
  }
  return found;
}

/** The node after the one with exactly this key, children before parents; the first node when there is none such; 0 at the end. */
export function lpmNextNode(arena: Arena, root: number, key: number): number {
  const path: number[] = [];
  const length = arena.getU32(key);
  let node = root;
  let match = 0;
  while (node !== 0) {
    path.push(node);
    match = matchLength(arena, node, key);
    const prefix = arena.getU32(node + NODE_KEY);
    if (prefix !== match || prefix === length) break;
    node = arena.getU32(node + CHILD + 4 * bitAt(arena, key + 4, prefix));
  }
  if (node === 0 || arena.getU32(node + NODE_KEY) !== match || (arena.getU32(node + NODE_FLAGS) & IM_FLAG) !== 0)
    return lpmFirst(arena, root);
  for (let depth = path.length - 2; depth >= 0; depth--) {
    const parent = path[depth]!;
    const right = arena.getU32(parent + CHILD + 4);
    if (arena.getU32(parent + CHILD) === node && right !== 0) return lpmFirst(arena, right);
    if ((arena.getU32(parent + NODE_FLAGS) & IM_FLAG) === 0) return parent;
    node = parent;
  }
  return 0;
}
