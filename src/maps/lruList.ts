import type { Arena } from '../mem/arena.ts';
import type { MapEnv } from './attr.ts';
import { bucketOf, ELEM, unlinkElement } from './element.ts';
import { freeElementFields } from './hashTable.ts';
import { listAdd, listDel, listEmpty, listInit, listMove, listNext, listPrev } from './list.ts';
import { MAP } from './object.ts';

/** Offsets in the record of one LRU list: three list heads, how many nodes the first two hold, where to go on. */
export const LRU = {
  active: 0,
  inactive: 8,
  free: 16,
  activeCount: 24,
  inactiveCount: 28,
  nextInactiveRotation: 32,
  /** Elements never touched: they count as the tail of the free list, the last of the range first. */
  next: 36,
  end: 40,
} as const;

/** In which list a node is. The first three are offsets of LRU heads over 8. */
export const T_ACTIVE = 0;
export const T_INACTIVE = 1;
export const T_FREE = 2;
export const T_LOCAL_FREE = 3;
export const T_LOCAL_PENDING = 4;

/** A node is named by the address of its links, inside an element. */
const NODE_OF_ELEMENT = ELEM.list;
const TYPE = 8;
const REF = 9;
const CPU = 10;

/** The LRU node inside an element. */
export function nodeOf(element: number): number {
  return element + NODE_OF_ELEMENT;
}

/** The element around an LRU node. */
export function elementOf(node: number): number {
  return node - NODE_OF_ELEMENT;
}

/** Which list the node is in: one of the T_ numbers. */
export function nodeType(arena: Arena, node: number): number {
  return arena.u8[node + TYPE]!;
}

/** Notes which list the node is in. */
export function setNodeType(arena: Arena, node: number, type: number): void {
  arena.setU8(node + TYPE, type);
}

/** The CPU whose local lists the node belongs to. */
export function nodeCpu(arena: Arena, node: number): number {
  return arena.getU16(node + CPU);
}

/** Notes the CPU whose local lists the node belongs to. */
export function setNodeCpu(arena: Arena, node: number, cpu: number): void {
  arena.setU16(node + CPU, cpu);
}

/** @kernel bpf_lru_node_is_ref */
export function isRef(arena: Arena, node: number): boolean {
  return arena.u8[node + REF] !== 0;
}

/** @kernel bpf_lru_node_set_ref */
export function setRef(arena: Arena, node: number): void {
  if (arena.u8[node + REF] === 0) arena.setU8(node + REF, 1);
}

/** @kernel bpf_lru_node_clear_ref */
export function clearRef(arena: Arena, node: number): void {
  if (arena.u8[node + REF] !== 0) arena.setU8(node + REF, 0);
}

/** `first` to `end` are the untouched elements that belong to this list. @kernel bpf_lru_list_init */
export function lruListInit(arena: Arena, l: number, first: number, end: number): void {
  for (const head of [LRU.active, LRU.inactive, LRU.free]) listInit(arena, l + head);
  arena.setU32(l + LRU.nextInactiveRotation, l + LRU.inactive);
  arena.setU32(l + LRU.next, first);
  arena.setU32(l + LRU.end, end);
}

function count(arena: Arena, l: number, type: number, delta: number): void {
  if (type > T_INACTIVE) return;
  const at = l + (type === T_ACTIVE ? LRU.activeCount : LRU.inactiveCount);
  arena.setU32(at, arena.getU32(at) + delta);
}

/** The rotation goes on before a node that leaves its place. */
function skipRotation(arena: Arena, l: number, node: number): void {
  if (arena.getU32(l + LRU.nextInactiveRotation) === node)
    arena.setU32(l + LRU.nextInactiveRotation, listPrev(arena, node));
}

/** Takes the first untouched element as a node of type FREE that is in no list; 0 when there is none. */
function takeUntouched(arena: Arena, map: number, l: number): number {
  const end = arena.getU32(l + LRU.end);
  if (end === arena.getU32(l + LRU.next)) return 0;
  const element = end - arena.getU32(map + MAP.stride);
  arena.setU32(l + LRU.end, element);
  setNodeType(arena, nodeOf(element), T_FREE);
  return nodeOf(element);
}

/** First free node, brought into the free list if need be; 0 when there is none. */
export function firstFree(arena: Arena, map: number, l: number): number {
  const head = l + LRU.free;
  if (!listEmpty(arena, head)) return listNext(arena, head);
  const node = takeUntouched(arena, map, l);
  if (node !== 0) listAdd(arena, node, head);
  return node;
}

/** Moves a node of an LRU list to a free list. @kernel __bpf_lru_node_move_to_free */
function moveToFree(arena: Arena, l: number, node: number, freeList: number, type: number): void {
  skipRotation(arena, l, node);
  count(arena, l, nodeType(arena, node), -1);
  setNodeType(arena, node, type);
  listMove(arena, node, freeList);
}

/** Moves a node of a CPU's list to an LRU list. @kernel __bpf_lru_node_move_in */
export function moveIn(arena: Arena, l: number, node: number, type: number): void {
  count(arena, l, type, 1);
  setNodeType(arena, node, type);
  clearRef(arena, node);
  listMove(arena, node, l + 8 * type);
}

/** Moves a node between or within the lists of one LRU list. @kernel __bpf_lru_node_move */
export function move(arena: Arena, l: number, node: number, type: number): void {
  const from = nodeType(arena, node);
  if (from !== type) {
    count(arena, l, from, -1);
    count(arena, l, type, 1);
    setNodeType(arena, node, type);
  }
  clearRef(arena, node);
  skipRotation(arena, l, node);
  listMove(arena, node, l + 8 * type);
}

/** Takes the element of a node out of its hash bucket; false when it is in none. @kernel htab_lru_map_delete_node */
export function delFromHtab(env: MapEnv, map: number, node: number, cpu: number): boolean {
  const { arena } = env;
  const element = elementOf(node);
  const hash = arena.i32[(element + ELEM.hash) >>> 2]!;
  if (env.locks && env.locks.lock('bucket', map, hash, cpu) !== 0) return false;
  if (!unlinkElement(arena, bucketOf(arena, map, hash), element)) return false;
  arena.setU32(map + MAP.count, arena.getU32(map + MAP.count) - 1);
  freeElementFields(env, map, element);
  return true;
}

/** From the tail: referenced nodes go back to the front, the others to the inactive list. @kernel __bpf_lru_list_rotate_active */
function rotateActive(arena: Arena, map: number, l: number): void {
  const head = l + LRU.active;
  const scans = arena.getU32(map + MAP.nrScans);
  const first = listNext(arena, head);
  let scanned = 0;
  for (let node = listPrev(arena, head); node !== head; ) {
    const before = listPrev(arena, node);
    move(arena, l, node, isRef(arena, node) ? T_ACTIVE : T_INACTIVE);
    if (++scanned === scans || node === first) break;
    node = before;
  }
}

/** Goes on where the last rotation stopped; referenced nodes become active. @kernel __bpf_lru_list_rotate_inactive */
function rotateInactive(arena: Arena, map: number, l: number): void {
  const head = l + LRU.inactive;
  if (listEmpty(arena, head)) return;
  const scans = arena.getU32(map + MAP.nrScans);
  let at = arena.getU32(l + LRU.nextInactiveRotation);
  let last = listNext(arena, at);
  if (last === head) last = listNext(arena, last);
  let next = head;
  for (let scanned = 0; scanned < scans; ) {
    if (at === head) {
      at = listPrev(arena, at);
      continue;
    }
    next = listPrev(arena, at);
    if (isRef(arena, at)) move(arena, l, at, T_ACTIVE);
    if (at === last) break;
    at = next;
    scanned++;
  }
  arena.setU32(l + LRU.nextInactiveRotation, next);
}

/** @kernel __bpf_lru_list_rotate */
export function rotate(arena: Arena, map: number, l: number): void {
  if (arena.getU32(l + LRU.inactiveCount) < arena.getU32(l + LRU.activeCount)) rotateActive(arena, map, l);
  rotateInactive(arena, map, l);
}

/** From the tail of the inactive list: unreferenced nodes are evicted. @kernel __bpf_lru_list_shrink_inactive */
function shrinkInactive(
  env: MapEnv,
  map: number,
  l: number,
  want: number,
  freeList: number,
  type: number,
  cpu: number,
): number {
  const { arena } = env;
  const head = l + LRU.inactive;
  const scans = arena.getU32(map + MAP.nrScans);
  let evicted = 0;
  let scanned = 0;
  for (let node = listPrev(arena, head); node !== head; ) {
    const before = listPrev(arena, node);
    if (isRef(arena, node)) {
      move(arena, l, node, T_ACTIVE);
    } else if (delFromHtab(env, map, node, cpu)) {
      moveToFree(arena, l, node, freeList, type);
      if (++evicted === want) break;
    }
    if (++scanned === scans) break;
    node = before;
  }
  return evicted;
}

/** Evicts up to `want` nodes, at least one whatever its reference bit. @kernel __bpf_lru_list_shrink */
export function shrink(
  env: MapEnv,
  map: number,
  l: number,
  want: number,
  freeList: number,
  type: number,
  cpu: number,
): void {
  if (shrinkInactive(env, map, l, want, freeList, type, cpu) > 0) return;
  const { arena } = env;
  const head = listEmpty(arena, l + LRU.inactive) ? l + LRU.active : l + LRU.inactive;
  for (let node = listPrev(arena, head); node !== head; node = listPrev(arena, node)) {
    if (!delFromHtab(env, map, node, cpu)) continue;
    moveToFree(arena, l, node, freeList, type);
    return;
  }
}

/** Moves up to `want` free nodes to a CPU's list; the number moved. */
export function takeFree(arena: Arena, map: number, l: number, want: number, localFree: number): number {
  let taken = 0;
  for (; taken < want; taken++) {
    const node = firstFree(arena, map, l);
    if (node === 0) break;
    setNodeType(arena, node, T_LOCAL_FREE);
    listDel(arena, node);
    listAdd(arena, node, localFree);
  }
  return taken;
}
