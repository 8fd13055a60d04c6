import type { Arena } from '../mem/arena.ts';
import { ELEM } from './element.ts';
import { MAP, PCPU, pcpu } from './object.ts';

/**
 * Preallocated elements: a last-in first-out list for each CPU. The kernel pushes all elements at creation; here a
 * CPU's share is a range whose elements count as pushed in order, so that creating a map touches none of them.
 */

/** @kernel pcpu_freelist_populate */
export function freelistPopulate(arena: Arena, map: number, first: number, stride: number, count: number): void {
  const cpus = arena.getU32(map + MAP.cpus);
  let at = first;
  for (let cpu = 0; cpu < cpus; cpu++) {
    const share = Math.floor(count / cpus) + (cpu < count % cpus ? 1 : 0);
    const record = pcpu(map, cpu);
    // Untouched elements are taken from the end of the range: the last one pushed comes first.
    arena.setU32(record + PCPU.next, at);
    at += share * stride;
    arena.setU32(record + PCPU.end, at);
  }
}

/** The CPU's own list first, then the others in turn; 0 when all are empty. @kernel pcpu_freelist_pop */
export function freelistPop(arena: Arena, map: number, cpu: number): number {
  const cpus = arena.getU32(map + MAP.cpus);
  for (let i = 0; i < cpus; i++) {
    const record = pcpu(map, (cpu + i) % cpus);
    const head = arena.getU32(record + PCPU.freeHead);
    if (head !== 0) {
      arena.setU32(record + PCPU.freeHead, arena.getU32(head + ELEM.list));
      return head;
    }
    const end = arena.getU32(record + PCPU.end);
    if (end !== arena.getU32(record + PCPU.next)) {
      const element = end - arena.getU32(map + MAP.stride);
      arena.setU32(record + PCPU.end, element);
      return element;
    }
  }
  return 0;
}

/** @kernel pcpu_freelist_push */
export function freelistPush(arena: Arena, map: number, cpu: number, element: number): void {
  const record = pcpu(map, cpu);
  arena.setU32(element + ELEM.list, arena.getU32(record + PCPU.freeHead));
  arena.setU32(record + PCPU.freeHead, element);
}
