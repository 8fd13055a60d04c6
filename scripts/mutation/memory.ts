/** Whether two snapshots hold the same bytes where a program that starts now could see them. */
import { PAGE_SHIFT } from '../../src/mem/layout.ts';
import type { MemoryChunk, MemorySnapshot } from '../../src/mem/snapshot.ts';
import { FRAME_BYTES, type Frames, MAX_FRAMES, STACK_SIZE } from '../../src/vm/frames.ts';

const NONE: MemoryChunk = [];

function isZero(page: Uint8Array): boolean {
  return page.every((b) => b === 0);
}

function samePage(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (a === b) return true;
  if (!a || !b) return isZero((a ?? b)!);
  return Buffer.compare(a, b) === 0;
}

/** Equal but for registers and stacks: they are cleared before each program. */
export function sameMemory(a: MemorySnapshot, b: MemorySnapshot, { registers, stack }: Frames): boolean {
  const inside = (page: number, from: number, bytes: number): boolean =>
    page >= from >>> PAGE_SHIFT && page <= (from + bytes - 1) >>> PAGE_SHIFT;
  for (let index = 0; index < Math.max(a.chunks.length, b.chunks.length); index++) {
    const [x, y] = [a.chunks[index] ?? NONE, b.chunks[index] ?? NONE];
    if (x === y) continue;
    const { length } = x === NONE ? y : x;
    for (let i = 0; i < length; i++) {
      if (x[i] === y[i]) continue;
      const page = index * length + i;
      const cleared = inside(page, registers, MAX_FRAMES * FRAME_BYTES) || inside(page, stack, MAX_FRAMES * STACK_SIZE);
      if (!cleared && !samePage(x[i], y[i])) return false;
    }
  }
  return true;
}
