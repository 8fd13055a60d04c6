import type { KernelBtf } from '../btf/kernelBtf.ts';
import type { MapEnv } from '../maps/attr.ts';
import type { Arena } from '../mem/arena.ts';
import type { MemorySnapshot } from '../mem/snapshot.ts';
import type { Frames } from '../vm/frames.ts';
import type { World } from './world.ts';

/** A moment of a kernel: memory and World. */
export interface KernelSnapshot {
  readonly memory: MemorySnapshot;
  readonly world: World;
}

/** What loading and running need of a kernel: its memory, its World, and a way back. */
export interface KernelCore {
  readonly arena: Arena;
  readonly maps: MapEnv;
  readonly frames: Frames;
  readonly seed: number;
  /** The kernel's own types, asked for when a program wants to see them. */
  readonly kernelBtf: (() => KernelBtf) | undefined;
  world: World;
  /** The state now; later changes do not reach it. */
  snapshot(): KernelSnapshot;
  /** Goes back to a snapshot of this kernel. */
  restore(snapshot: KernelSnapshot): void;
}
