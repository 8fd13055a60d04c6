/**
 * The checkpoints of a session, in the order of their ticks: close together near the present, further apart the older they
 * are, and all together within a budget of copied pages.
 */
import type { MemorySnapshot } from '../../mem/snapshot.ts';

/** How many there may be. */
export interface CheckpointLimits {
  /** Ticks between checkpoints near the present, at least. */
  readonly spacing: number;
  /** 4 KiB pages that all checkpoints together may hold beyond those of the first. */
  readonly pages: number;
}

export const LIMITS: CheckpointLimits = { spacing: 16_384, pages: 131_072 };

/** Ticks that a checkpoint must stand for, for every page that it copies. */
const TICKS_PER_PAGE = 64;
/** A checkpoint that is `d` ticks away may leave a gap of `d / SPREAD`. */
const SPREAD = 16;

/** What a checkpoint must have. */
interface Moment {
  readonly tick: number;
  readonly kernel: { readonly memory: MemorySnapshot };
}

/** Pages of `b` that `a` does not share with it. */
function pagesApart(a: MemorySnapshot, b: MemorySnapshot): number {
  let apart = 0;
  b.chunks.forEach((chunk, index) => {
    const other = a.chunks[index];
    if (!chunk || chunk === other) return;
    for (let i = 0; i < chunk.length; i++) if (chunk[i] && chunk[i] !== other?.[i]) apart++;
  });
  return apart;
}

export class Checkpoints<T extends Moment> {
  readonly #limits: CheckpointLimits;
  /** Each with the pages that it does not share with the one before it. */
  #list: { readonly at: T; pages: number }[] = [];

  /** `first` stays for good. */
  constructor(first: T, limits: CheckpointLimits) {
    this.#limits = limits;
    this.#list = [{ at: first, pages: 0 }];
  }

  get count(): number {
    return this.#list.length;
  }

  /** Pages that are held beyond those of the first. */
  get pages(): number {
    return this.#list.reduce((sum, c) => sum + c.pages, 0);
  }

  /** The last one at or before a tick. */
  before(tick: number): T {
    return (this.#list.findLast((c) => c.at.tick <= tick) ?? this.#list[0]!).at;
  }

  /** When the next one is to be taken by a run that is at `tick`. */
  due(tick: number): number {
    const last = this.before(tick);
    return last.tick + Math.max(this.#limits.spacing, TICKS_PER_PAGE * last.kernel.memory.copied);
  }

  /** Takes one more, made now, and drops what is too much. */
  add(checkpoint: T): void {
    const at = this.#list.findLastIndex((c) => c.at.tick < checkpoint.tick) + 1;
    this.#list.splice(at, 0, { at: checkpoint, pages: 0 });
    this.#count(at);
    this.#count(at + 1);
    this.#thin(checkpoint.tick);
  }

  /** Drops those behind a tick. */
  forgetAfter(tick: number): void {
    this.#list = this.#list.filter((c, i) => i === 0 || c.at.tick <= tick);
  }

  #count(i: number): void {
    const [before, own] = [this.#list[i - 1], this.#list[i]];
    if (before && own) own.pages = pagesApart(before.at.kernel.memory, own.at.kernel.memory);
  }

  /** Drops checkpoints where they are closer together than their age wants, then those that the budget has no room for. */
  #thin(now: number): void {
    const { spacing, pages } = this.#limits;
    for (let i = 1; i + 1 < this.#list.length; ) {
      const { tick } = this.#list[i]!.at;
      const gap = this.#list[i + 1]!.at.tick - this.#list[i - 1]!.at.tick;
      if (gap <= Math.max(spacing, Math.abs(now - tick) / SPREAD)) this.#drop(i);
      else i++;
    }
    while (this.pages > pages && this.#list.length > 1) {
      // Every second one; the newest is the last to go.
      if (this.#list.length === 2) this.#drop(1);
      for (let i = 1; i + 1 < this.#list.length; i++) this.#drop(i);
    }
  }

  #drop(i: number): void {
    this.#list.splice(i, 1);
    this.#count(i);
  }
}
