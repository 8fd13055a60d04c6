import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Arena, PERM_NONE, PERM_READ, PERM_RW, PERM_WRITE, type RegionSpec } from '../../src/mem/arena.ts';
import { kindNumber } from '../../src/mem/kinds.ts';
import { PAGE_SIZE } from '../../src/mem/layout.ts';
import { problemText } from '../../src/util/problem.ts';

function take(arena: Arena, spec: RegionSpec): number {
  const region = arena.alloc(spec);
  if (!region.ok) throw new Error(region.problems.map(problemText).join());
  return region.value;
}

function faultText(arena: Arena, addr: number, size: number, perm: number, name = ''): string {
  return problemText(arena.accessFault(addr, size, perm, () => name));
}

describe('a plain region', () => {
  it('is accessible from its first to its last byte', () => {
    const arena = new Arena();
    const base = take(arena, { kind: 'stack', size: 512 });
    const kind = kindNumber('stack');
    expect(arena.check(base, 8, PERM_RW)).toBe(kind);
    expect(arena.check(base + 504, 8, PERM_RW)).toBe(kind);
    for (const [addr, size] of [
      [base + 505, 8],
      [base - 1, 1],
      [base + 512, 1],
      [base + 4096, 1],
    ] as const)
      expect(arena.check(addr, size, PERM_READ)).toBe(-1);
  });

  it('refuses what is no address of the memory', () => {
    const arena = new Arena();
    const base = take(arena, { kind: 'memory', size: 64 });
    for (const addr of [0, 1, 4095, -1, -8, 2 ** 32, 2 ** 32 + base, 2 ** 31, 0xffff_fff8, 0x1000])
      expect(arena.check(addr, 8, PERM_READ)).toBe(-1);
  });

  it('obeys its permission and its window', () => {
    const arena = new Arena();
    const base = take(arena, { kind: 'packet', size: 100, perm: PERM_READ });
    expect(arena.check(base, 4, PERM_READ)).toBeGreaterThan(0);
    expect(arena.check(base, 4, PERM_WRITE)).toBe(-1);
    expect(arena.check(base, 4, PERM_RW)).toBe(-1);
    arena.setPerm(base, PERM_RW);
    arena.setWindow(base, base + 10, base + 20);
    expect(arena.check(base + 10, 10, PERM_RW)).toBeGreaterThan(0);
    expect(arena.check(base + 9, 1, PERM_READ)).toBe(-1);
    expect(arena.check(base + 19, 2, PERM_READ)).toBe(-1);
    arena.setPerm(base, PERM_NONE);
    expect(arena.check(base + 10, 1, PERM_READ)).toBe(-1);
  });
});

describe('a region of elements', () => {
  it('gives access inside one element only: the same as a byte-by-byte model', () => {
    const stride = 32;
    const arena = new Arena();
    const base = take(arena, { kind: 'map value', size: 4 * stride, elements: { stride, offset: 12, size: 9 } });
    const inside = (at: number): boolean => at >= 0 && at < 4 * stride && at % stride >= 12 && at % stride < 21;
    fc.assert(
      fc.property(fc.integer({ min: -8, max: 140 }), fc.constantFrom(1, 2, 4, 8), (at, size) => {
        const all = Array.from({ length: size }, (_, i) => inside(at + i)).every(Boolean);
        expect(arena.check(base + at, size, PERM_READ) >= 0).toBe(all);
      }),
    );
  });
});

describe('faults', () => {
  it('say what was touched', () => {
    const arena = new Arena();
    const value = take(arena, { kind: 'map value', size: 960, elements: { stride: 96, offset: 40, size: 56 } });
    const stack = take(arena, { kind: 'stack', size: 512 });
    const hidden = take(arena, { kind: 'map', size: 64, perm: PERM_NONE });
    const element = value + 96 + 40;
    expect(faultText(arena, element + 56, 8, PERM_READ, 'ct4_global')).toBe(
      '8-byte read at map value ct4_global+56, value_size 56',
    );
    expect(faultText(arena, element - 4, 4, PERM_WRITE, 'ct4_global')).toBe(
      '4-byte write at map value ct4_global-4, value_size 56',
    );
    expect(faultText(arena, stack + 512, 1, PERM_WRITE)).toBe('1-byte write at stack+512, size 512');
    expect(faultText(arena, hidden, 4, PERM_READ)).toBe('4-byte read at map+0: programs may not read it');
    expect(faultText(arena, 0, 8, PERM_READ)).toBe('8-byte read at address 0x0: page 0 is never accessible');
    expect(faultText(arena, 0x7000_0000, 2, PERM_READ)).toBe(
      '2-byte read at address 0x70000000: nothing is allocated there',
    );
    arena.setPerm(stack, PERM_READ);
    expect(faultText(arena, stack, 2, PERM_WRITE)).toBe('2-byte write at stack+0: read-only for programs');
  });
});

describe('allocation', () => {
  it('reuses freed pages, zeroed, and freed ids', () => {
    const arena = new Arena();
    const a = take(arena, { kind: 'memory', size: 3 * PAGE_SIZE });
    const b = take(arena, { kind: 'memory', size: 10 });
    const id = arena.regionAt(a);
    arena.fill(a, 0xff, 3 * PAGE_SIZE);
    arena.free(a);
    expect(arena.check(a, 1, PERM_READ)).toBe(-1);
    expect(arena.region(a)).toBeUndefined();
    const c = take(arena, { kind: 'ctx', size: 2 * PAGE_SIZE + 1, owner: 7 });
    expect(c).toBe(a);
    expect(arena.regionAt(c)).toBe(id);
    expect(arena.bytes(c, 3 * PAGE_SIZE).every((byte) => byte === 0)).toBe(true);
    expect(arena.region(c)).toMatchObject({ kind: 'ctx', owner: 7, base: c, end: c + 2 * PAGE_SIZE + 1 });
    expect(arena.region(b)?.kind).toBe('memory');
    expect(() => arena.free(a + 64 * PAGE_SIZE)).toThrow('not allocated');
  });

  it('never gives the same page twice', () => {
    const step = fc.record({ free: fc.boolean(), pages: fc.integer({ min: 1, max: 5 }), index: fc.nat(20) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const arena = new Arena();
        const held: Array<{ base: number; pages: number }> = [];
        for (const { free, pages, index } of steps) {
          if (free && held.length > 0) {
            const [gone] = held.splice(index % held.length, 1);
            arena.free(gone!.base);
          } else held.push({ base: take(arena, { kind: 'memory', size: pages * PAGE_SIZE }), pages });
          const all = held.flatMap((h) => Array.from({ length: h.pages }, (_, i) => h.base + i * PAGE_SIZE));
          expect(new Set(all).size).toBe(all.length);
          for (const h of held)
            for (let i = 0; i < h.pages; i++) expect(arena.region(h.base + i * PAGE_SIZE)?.base).toBe(h.base);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('answers a problem when memory or ids run out, and goes on when some come back', () => {
    const arena = new Arena({ limit: 16 << 20 });
    for (let i = 0; i < 70_000; i++) {
      const refused = arena.alloc({ kind: 'memory', size: 2 ** 31 });
      if (refused.ok || refused.problems[0]!.code !== 'mem.out-of-memory') throw new Error(`attempt ${i}`);
    }
    const held: number[] = [];
    for (;;) {
      const region = arena.alloc({ kind: 'memory', size: 1 << 20 });
      if (!region.ok) break;
      held.push(region.value);
    }
    expect(held.length).toBeGreaterThan(5);
    expect(arena.size).toBeLessThanOrEqual(16 << 20);
    arena.free(held[0]!);
    expect(arena.alloc({ kind: 'memory', size: 1 << 20 }).ok).toBe(true);
    expect(new Arena().alloc({ kind: 'memory', size: 2 ** 33 }).ok).toBe(false);
  });
});
