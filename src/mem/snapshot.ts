import { PAGE_SHIFT, PAGE_SIZE } from './layout.ts';
import type { LinearMemory } from './linear.ts';

/** The bytes of a memory at one moment: every page ever written, shared with the snapshots before it. Immutable. */
export interface MemorySnapshot {
  readonly pages: ReadonlyMap<number, Uint8Array>;
}

/**
 * Takes and restores snapshots of one memory. A snapshot copies the pages written since the one before it;
 * restoring rewrites the pages that differ. Pages never written read as zero.
 */
export class Snapshots {
  readonly #memory: LinearMemory;
  #current: MemorySnapshot = { pages: new Map() };

  constructor(memory: LinearMemory) {
    this.#memory = memory;
  }

  take(): MemorySnapshot {
    const dirty = this.#memory.takeDirty();
    if (dirty.length > 0) {
      const pages = new Map(this.#current.pages);
      for (const page of dirty) pages.set(page, this.#memory.pageBytes(page));
      this.#current = { pages };
    }
    return this.#current;
  }

  restore(snapshot: MemorySnapshot): void {
    const changed = new Set(this.#memory.takeDirty());
    for (const [page, bytes] of this.#current.pages) if (snapshot.pages.get(page) !== bytes) changed.add(page);
    for (const page of snapshot.pages.keys()) if (!this.#current.pages.has(page)) changed.add(page);
    for (const page of changed) {
      const bytes = snapshot.pages.get(page);
      if (bytes) this.#memory.put(page << PAGE_SHIFT, bytes);
      else this.#memory.fill(page << PAGE_SHIFT, 0, PAGE_SIZE);
    }
    this.#memory.takeDirty();
    this.#current = snapshot;
  }
}
