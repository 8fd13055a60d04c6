import type { Arena } from '../mem/arena.ts';

/**
 * Circular doubly linked lists in linear memory: a head or link is { next: u32, prev: u32 } and lists point to links.
 */

const NEXT = 0;
const PREV = 4;

/** Makes an empty list. @kernel INIT_LIST_HEAD */
export function listInit(arena: Arena, head: number): void {
  arena.setU32(head + NEXT, head);
  arena.setU32(head + PREV, head);
}

/** Address of the link (or head) behind a link; of a head, the first one. */
export function listNext(arena: Arena, link: number): number {
  return arena.i32[(link + NEXT) >>> 2]! >>> 0;
}

/** Address of the link (or head) before a link; of a head, the last one. */
export function listPrev(arena: Arena, link: number): number {
  return arena.i32[(link + PREV) >>> 2]! >>> 0;
}

/** @kernel list_empty */
export function listEmpty(arena: Arena, head: number): boolean {
  return listNext(arena, head) === head;
}

/** Puts a link that is in no list at the front. */
export function listAdd(arena: Arena, link: number, head: number): void {
  const first = listNext(arena, head);
  arena.setU32(link + NEXT, first);
  arena.setU32(link + PREV, head);
  arena.setU32(first + PREV, link);
  arena.setU32(head + NEXT, link);
}

/** Takes a link out of its list and leaves its own fields as they are. @kernel list_del */
export function listDel(arena: Arena, link: number): void {
  const next = listNext(arena, link);
  const prev = listPrev(arena, link);
  arena.setU32(prev + NEXT, next);
  arena.setU32(next + PREV, prev);
}

/** Moves a link from its list to the front of another. */
export function listMove(arena: Arena, link: number, head: number): void {
  listDel(arena, link);
  listAdd(arena, link, head);
}
