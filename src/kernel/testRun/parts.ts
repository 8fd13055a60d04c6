/** The pieces of memory of one run: taken one by one, given back together. */
import type { Arena, RegionSpec } from '../../mem/arena.ts';
import { PERM_NONE } from '../../mem/arena.ts';
import type { Result } from '../../util/problem.ts';

export interface Parts {
  /** The address of a piece that was just allocated, or 0 where it was not. */
  take(piece: Result<number>, free?: (address: number) => void): number;
  /** Allocates a piece, or answers 0. */
  alloc(spec: RegionSpec): number;
  /** Allocates a kernel object that programs do not see directly, or answers 0. */
  object(size: number): number;
  /** Memory has run out: some piece is 0. */
  failed(): boolean;
  /** Gives all pieces back, the last one first; again after a restore of the memory that held them. */
  free(): void;
}

/** An empty collection of pieces. */
export function newParts(arena: Arena): Parts {
  const frees: (() => void)[] = [];
  let failed = false;
  const take = (piece: Result<number>, free = (address: number) => arena.free(address)): number => {
    if (!piece.ok) {
      failed = true;
      return 0;
    }
    frees.push(() => free(piece.value));
    return piece.value;
  };
  return {
    take,
    alloc: (spec) => take(arena.alloc(spec)),
    object: (size) => take(arena.alloc({ kind: 'kernel', size, perm: PERM_NONE })),
    failed: () => failed,
    free: () => {
      for (let i = frees.length - 1; i >= 0; i--) frees[i]!();
    },
  };
}
