import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mapInfo } from '../../src/maps/object.ts';
import { mapDelete, mapLookup, mapUpdate } from '../../src/maps/ops.ts';
import { dumpMap, userLookup } from '../../src/maps/user.ts';
import { htabProblems } from './invariants.ts';
import { bench, mapOf, u32 } from './setup.ts';

const LRU_HASH = 9;
const NO_COMMON_LRU = 2;

/** Keys present after inserting 0 … count-1, with the keys in `kept` looked up after each insertion. */
function survivors(options: {
  readonly entries: number;
  readonly count: number;
  readonly kept?: readonly number[];
  readonly user?: boolean;
  readonly fixed?: boolean;
  readonly cpus?: number;
  readonly flags?: number;
}): number[] {
  const cpus = options.cpus ?? 1;
  const { env, key, value } = bench({ cpus, lruFixedTarget: options.fixed ?? false });
  const map = mapOf(env, { type: LRU_HASH, max_entries: options.entries, map_flags: options.flags ?? 0 });
  for (let i = 0; i < options.count; i++) {
    env.arena.setU32(key, i);
    if (mapUpdate(env, map, key, value, 0, i % cpus) !== 0) throw new Error(`entry ${i} refused`);
    for (const k of options.kept ?? []) {
      env.arena.setU32(key, k);
      if (options.user) userLookup(env, map, u32(k));
      else mapLookup(env, map, key, i % cpus);
    }
  }
  const keys = dumpMap(env, map).map((element) => new DataView(element.key.buffer).getUint32(0, true));
  expect(mapInfo(env, map).count).toBe(keys.length);
  expect(new Set(keys).size).toBe(keys.length);
  return keys.sort((a, b) => a - b);
}

describe('lru_hash', () => {
  it('evicts what programs do not look up; user space leaves no mark', () => {
    expect(survivors({ entries: 10, count: 40, kept: [3] })).toContain(3);
    expect(survivors({ entries: 10, count: 40, kept: [3], user: true })).not.toContain(3);
  });

  it('takes half of a small map at a time, 128 nodes in older kernels', () => {
    // The eleventh key evicts five of ten, and all ten where the target is fixed.
    expect(survivors({ entries: 10, count: 11 })).toEqual([5, 6, 7, 8, 9, 10]);
    expect(survivors({ entries: 10, count: 11, fixed: true })).toEqual([10]);
  });

  it('takes 128 nodes of a large one', () => {
    expect(survivors({ entries: 1024, count: 1025 })).toHaveLength(1024 - 128 + 1);
  });

  it('steals from the other CPUs when there is nothing left', () => {
    for (const cpus of [2, 4]) {
      for (const entries of [1, 2, 3, 10]) {
        const keys = survivors({ entries, count: 50, cpus });
        expect(keys).toContain(49);
        expect(keys.length).toBeLessThanOrEqual(entries);
      }
    }
  });

  it('has a list for each CPU with BPF_F_NO_COMMON_LRU, and as many entries for each', () => {
    const { env, key, value } = bench({ cpus: 4 });
    const map = mapOf(env, { type: LRU_HASH, max_entries: 10, map_flags: NO_COMMON_LRU });
    expect(mapInfo(env, map).max_entries).toBe(12);
    for (let i = 0; i < 20; i++) {
      env.arena.setU32(key, i);
      expect(mapUpdate(env, map, key, value, 0, 2)).toBe(0);
      expect(mapInfo(env, map).count).toBeLessThanOrEqual(3);
    }
    expect(mapLookup(env, map, key, 2)).not.toBe(0);
    expect(mapDelete(env, map, key, 0)).toBe(0);
    expect(mapDelete(env, map, key, 0)).toBe(-2);
  });

  it('loses and doubles no element, whatever CPUs do in turn', () => {
    const op = fc.record({
      code: fc.constantFrom('u', 'd', 'l'),
      key: fc.nat(30),
      cpu: fc.nat(4),
      flags: fc.nat(2),
    });
    const shape = fc.record({
      type: fc.constantFrom(LRU_HASH, 10),
      cpus: fc.integer({ min: 1, max: 5 }),
      max_entries: fc.integer({ min: 1, max: 20 }),
      map_flags: fc.constantFrom(0, NO_COMMON_LRU),
    });
    fc.assert(
      fc.property(shape, fc.array(op, { maxLength: 150 }), ({ cpus, ...attr }, list) => {
        const { env, key, value } = bench({ cpus });
        const map = mapOf(env, attr);
        for (const { code, key: k, cpu: on, flags } of list) {
          const cpu = on % cpus;
          env.arena.setU32(key, k);
          const had = dumpMap(env, map).some((element) => element.key[0] === k);
          if (code === 'l') expect(mapLookup(env, map, key, cpu) !== 0).toBe(had);
          else if (code === 'd') expect(mapDelete(env, map, key, cpu)).toBe(had ? 0 : -2);
          else if (mapUpdate(env, map, key, value, flags, cpu) === 0) expect(mapLookup(env, map, key, cpu)).not.toBe(0);
          const keys = dumpMap(env, map).map((element) => element.key[0]);
          expect(new Set(keys).size).toBe(keys.length);
          expect(keys.length).toBe(mapInfo(env, map).count);
          expect(keys.length).toBeLessThanOrEqual(mapInfo(env, map).max_entries);
          expect(htabProblems(env, map)).toEqual([]);
        }
      }),
      { numRuns: 60 },
    );
  });
});
