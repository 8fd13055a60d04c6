import { PAGE_SHIFT, PAGE_SIZE } from './layout.ts';
import type { LinearMemory } from './linear.ts';

/** Pages of a chunk: what a snapshot does not share with the one before it is copied chunk by chunk. */
const CHUNK_SHIFT = 9;
const CHUNK = 1 << CHUNK_SHIFT;

/** Pages of a snapshot in a row of 512; undefined where nothing was ever written. */
export type MemoryChunk = readonly (Uint8Array | undefined)[];

/**
 * The bytes of a memory at one moment: every page ever written, by number, in chunks of 512 pages; shared with the
 * snapshots before it as far as nothing was written. Immutable.
 */
export interface MemorySnapshot {
  readonly chunks: readonly (MemoryChunk | undefined)[];
  /** Pages that it does not share with the one before it. */
  readonly copied: number;
}

const NO_PAGES: MemoryChunk = new Array<undefined>(CHUNK).fill(undefined);

/**
 * Takes and restores snapshots of one memory. A snapshot copies the pages written since the one before it;
 * restoring rewrites the pages that differ. Pages never written read as zero.
 */
export class Snapshots {
  readonly #memory: LinearMemory;
  #current: MemorySnapshot = { chunks: [], copied: 0 };

  constructor(memory: LinearMemory) {
    this.#memory = memory;
  }

  take(): MemorySnapshot {
    const dirty = this.#memory.takeDirty();
    if (dirty.length > 0) {
      const chunks = [...this.#current.chunks];
      const own = new Map<number, (Uint8Array | undefined)[]>();
      for (const page of dirty) {
        const index = page >>> CHUNK_SHIFT;
        let chunk = own.get(index);
        if (!chunk) {
          while (chunks.length <= index) chunks.push(undefined);
          chunk = [...(chunks[index] ?? NO_PAGES)];
          own.set(index, chunk);
          chunks[index] = chunk;
        }
        chunk[page & (CHUNK - 1)] = this.#memory.pageBytes(page);
      }
      this.#current = { chunks, copied: dirty.length };
    }
    return this.#current;
  }

  restore(snapshot: MemorySnapshot): void {
    const changed = new Set(this.#memory.takeDirty());
    const [now, then] = [this.#current.chunks, snapshot.chunks];
    for (let index = 0; index < Math.max(now.length, then.length); index++) {
      const [from, to] = [now[index] ?? NO_PAGES, then[index] ?? NO_PAGES];
      if (from === to) continue;
      for (let i = 0; i < CHUNK; i++) if (from[i] !== to[i]) changed.add((index << CHUNK_SHIFT) | i);
    }
    for (const page of changed) {
      const bytes = then[page >>> CHUNK_SHIFT]?.[page & (CHUNK - 1)];
      if (bytes) this.#memory.put(page << PAGE_SHIFT, bytes);
      else this.#memory.fill(page << PAGE_SHIFT, 0, PAGE_SIZE);
    }
    this.#memory.takeDirty();
    this.#current = snapshot;
  }
}

/** Every page that a snapshot holds, by number. */
export function snapshotPages({ chunks }: MemorySnapshot): ReadonlyMap<number, Uint8Array> {
  const pages = chunks.flatMap((chunk, index) =>
    (chunk ?? []).flatMap((bytes, i) => (bytes ? [[(index << CHUNK_SHIFT) | i, bytes] as const] : [])),
  );
  return new Map(pages);
}
