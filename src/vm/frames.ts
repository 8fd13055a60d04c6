/**
 * Register files and stacks of one running program, in linear memory.
 *
 *     registers region: MAX_FRAMES frames of 256 bytes
 *       +0   R0 … R10, 8 bytes each (low half first)
 *       +96  slot to return to        +100 prog to return to     +104 helper whose callback this is, or 0
 *       +108 may_goto iterations left +112 the callback's state words
 *     buffers region: what a callback loop shows its callback (a map's key), 512 bytes a frame, read-only
 *     stack region: frame 0 at the top, 512 bytes a frame, growing down
 */
import type { Arena } from '../mem/arena.ts';
import { PERM_READ } from '../mem/arena.ts';
import { REGION, REGION_SHIFT, REGION_TABLE } from '../mem/layout.ts';
import type { Result } from '../util/problem.ts';
import { ok } from '../util/problem.ts';

export const MAX_FRAMES = 8;
export const STACK_SIZE = 512;
export const FRAME_BYTES = 256;
export const BUFFER_SIZE = 512;
export const FRAME_WORDS = FRAME_BYTES / 4;

/** Offsets in 32-bit words from the start of a frame. */
export const WORD = { r10: 20, returnPc: 24, returnProg: 25, loopHelper: 26, mayGoto: 27, loopState: 28 } as const;

/** Iterations that a may_goto grants in one frame (BPF_MAX_LOOPS). */
export const MAY_GOTO_LIMIT = 8 * 1024 * 1024;

/** Where the registers and the stack of the running program lie in memory. */
export interface Frames {
  /** Address of frame 0's registers. */
  readonly registers: number;
  /** Address of the lowest stack byte. */
  readonly stack: number;
  /** Address of the buffers that callbacks may read, one for each frame. */
  readonly buffers: number;
  /** Word index of the stack window's lower bound in the region table. */
  readonly windowWord: number;
  /** What the bytes of the stack hold when a program begins. */
  readonly fill: number;
}

/** Allocates the frames of one CPU's running program; `fill` is what every byte of its stack holds when it begins. */
export function allocFrames(arena: Arena, fill: number): Result<Frames> {
  const registers = arena.alloc({ kind: 'registers', size: MAX_FRAMES * FRAME_BYTES, perm: 0 });
  if (!registers.ok) return registers;
  const stack = arena.alloc({ kind: 'stack', size: MAX_FRAMES * STACK_SIZE });
  if (!stack.ok) return stack;
  const buffers = arena.alloc({ kind: 'memory', size: MAX_FRAMES * BUFFER_SIZE, perm: PERM_READ });
  if (!buffers.ok) return buffers;
  const record = REGION_TABLE + (arena.regionAt(stack.value) << REGION_SHIFT);
  return ok({
    registers: registers.value,
    stack: stack.value,
    buffers: buffers.value,
    windowWord: (record + REGION.lo) >> 2,
    fill,
  });
}

/** Gives the frames back. */
export function freeFrames(arena: Arena, { registers, stack, buffers }: Frames): void {
  for (const region of [registers, stack, buffers]) arena.free(region);
}

/** The address that R10 holds in a frame: one past its highest stack byte. */
export function stackTop(frames: Frames, depth: number): number {
  return frames.stack + (MAX_FRAMES - depth) * STACK_SIZE;
}
