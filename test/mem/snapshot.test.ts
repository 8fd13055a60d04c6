import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Arena } from '../../src/mem/arena.ts';
import { HEAP_START, PAGE_SIZE } from '../../src/mem/layout.ts';
import { Snapshots, snapshotPages } from '../../src/mem/snapshot.ts';

type Step =
  | { readonly code: 'alloc'; readonly size: number }
  | { readonly code: 'free'; readonly index: number }
  | {
      readonly code: 'write';
      readonly index: number;
      readonly at: number;
      readonly how: number;
      readonly value: number;
    };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ code: fc.constant('alloc' as const), size: fc.integer({ min: 1, max: 20_000 }) }),
  fc.record({ code: fc.constant('free' as const), index: fc.nat(30) }),
  fc.record({
    code: fc.constant('write' as const),
    index: fc.nat(30),
    at: fc.nat(20_000),
    how: fc.nat(6),
    value: fc.nat(),
  }),
);

/** Runs steps; the live regions follow from the memory alone, so a restored memory goes on the same way. */
function run(arena: Arena, steps: readonly Step[]): void {
  for (const s of steps) {
    const live = liveRegions(arena);
    if (s.code === 'alloc') {
      arena.alloc({ kind: 'memory', size: s.size });
      continue;
    }
    const base = live[s.index % Math.max(1, live.length)];
    if (base === undefined) continue;
    if (s.code === 'free') arena.free(base);
    else write(arena, base, s);
  }
}

function liveRegions(arena: Arena): number[] {
  const bases = new Set<number>();
  for (let page = HEAP_START; page < HEAP_START + 64 * PAGE_SIZE; page += PAGE_SIZE) {
    const region = arena.region(page);
    if (region) bases.add(region.base);
  }
  return [...bases];
}

function write(arena: Arena, base: number, { at, how, value }: Extract<Step, { code: 'write' }>): void {
  const region = arena.region(base)!;
  const room = Math.ceil((region.end - region.base) / PAGE_SIZE) * PAGE_SIZE - 16;
  const addr = base + (at % room);
  const writers = [
    () => arena.setU8(addr, value),
    () => arena.setU16(addr, value),
    () => arena.setU32(addr, value),
    () => arena.setU64(addr, value, ~value),
    () => arena.fill(addr, value & 255, 16),
    () => arena.copy(addr, base, 16),
    () => arena.put(addr, Uint8Array.of(value, 1, 2, 3, 4)),
  ];
  writers[how]!();
}

/** The first pages of the heap and all that is below; memory that does not exist yet reads as zero. */
function image(arena: Arena): Uint8Array {
  const all = new Uint8Array(HEAP_START + 64 * PAGE_SIZE);
  all.set(arena.bytes(0, all.length));
  return all;
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

describe('snapshots', () => {
  it('snapshot, run, restore, run gives equal bytes', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), fc.array(step, { maxLength: 20 }), (before, after) => {
        const arena = new Arena();
        const snapshots = new Snapshots(arena);
        run(arena, before);
        const start = image(arena);
        const snapshot = snapshots.take();
        run(arena, after);
        const end = image(arena);
        const later = snapshots.take();
        snapshots.restore(snapshot);
        expect(same(image(arena), start)).toBe(true);
        run(arena, after);
        expect(same(image(arena), end)).toBe(true);
        snapshots.restore(snapshot);
        snapshots.restore(later);
        expect(same(image(arena), end)).toBe(true);
      }),
      { numRuns: 25 },
    );
  });

  it('copies only pages that were written', () => {
    const arena = new Arena();
    const snapshots = new Snapshots(arena);
    const region = arena.alloc({ kind: 'memory', size: 100 << 20 });
    if (!region.ok) throw new Error('no memory');
    const before = snapshotPages(snapshots.take());
    arena.setU32(region.value + PAGE_SIZE - 2, -1);
    const second = snapshots.take();
    const changed = [...snapshotPages(second)].filter(([page, bytes]) => before.get(page) !== bytes);
    expect(changed.map(([page]) => page)).toEqual([region.value / PAGE_SIZE, region.value / PAGE_SIZE + 1]);
    expect(snapshots.take()).toBe(second);
    arena.free(region.value);
    expect(snapshotPages(snapshots.take()).size).toBeLessThan(snapshotPages(second).size + 20);
  });
});

describe('growing at every allocation', () => {
  it('changes nothing', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const calm = new Arena();
        const growing = new Arena({ growAlways: true });
        run(calm, steps);
        run(growing, steps);
        expect(same(image(calm), image(growing))).toBe(true);
      }),
      { numRuns: 25 },
    );
  });

  it('detaches the views taken before', () => {
    const arena = new Arena({ growAlways: true });
    const view = arena.u8;
    arena.alloc({ kind: 'memory', size: 1 });
    expect(view.length).toBe(0);
    expect(arena.u8.length).toBe(arena.size);
  });
});
