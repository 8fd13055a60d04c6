/** The immutable maps against Map. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IntMap } from '../../src/util/intMap.ts';
import { TextMap } from '../../src/util/textMap.ts';

const key = fc.oneof(
  fc.integer({ min: 0, max: 40 }),
  fc.integer({ min: 0, max: 0xffff_ffff }),
  fc.constant(0x8000_0000),
);
const steps = fc.array(fc.record({ key, value: fc.option(fc.integer(), { nil: undefined }) }), { maxLength: 200 });

describe('immutable maps', () => {
  it('of numbers are Map, in the order of the keys, and old ones stay', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const model = new Map<number, number>();
        let map: IntMap<number> = IntMap.EMPTY;
        const past: { map: IntMap<number>; entries: string }[] = [];
        for (const { key: k, value } of list) {
          past.push({ map, entries: JSON.stringify([...map.entries()]) });
          if (value === undefined) model.delete(k);
          else model.set(k, value);
          const next: IntMap<number> = value === undefined ? map.without(k) : map.with(k, value);
          if (value === undefined && map.get(k) === undefined) expect(next).toBe(map);
          map = next;
          expect(map.get(k)).toBe(model.get(k));
          expect(map.size).toBe(model.size);
        }
        expect([...map.entries()]).toEqual([...model].sort(([a], [b]) => a - b));
        expect([...map.values()]).toEqual([...map.entries()].map(([, v]) => v));
        for (const { map: old, entries } of past) expect(JSON.stringify([...old.entries()])).toBe(entries);
      }),
    );
  });

  it('of texts are Map, also where hashes are equal', () => {
    // Two pairs with equal FNV-1a hashes.
    const text = fc.oneof(
      fc.constantFrom('costarring', 'liquid', 'declinate', 'macallums'),
      fc.string({ maxLength: 3 }),
    );
    const edits = fc.array(fc.record({ key: text, value: fc.option(fc.integer(), { nil: undefined }) }));
    fc.assert(
      fc.property(edits, (list) => {
        const model = new Map<string, number>();
        let map: TextMap<number> = TextMap.EMPTY;
        for (const { key: k, value } of list) {
          if (value === undefined) model.delete(k);
          else model.set(k, value);
          map = value === undefined ? map.without(k) : map.with(k, value);
          expect(map.get(k)).toBe(model.get(k));
          expect(map.size).toBe(model.size);
        }
        expect(new Map([...map.entries()])).toEqual(model);
        expect([...map.values()].length).toBe(model.size);
      }),
    );
  });

  it('take 100,000 entries at the price of a path each', () => {
    let map: TextMap<number> = TextMap.EMPTY;
    for (let i = 0; i < 100_000; i++) map = map.with(`10.0.0.1:${i}`, i);
    expect(map.size).toBe(100_000);
    for (let i = 0; i < 100_000; i += 2) map = map.without(`10.0.0.1:${i}`);
    expect(map.size).toBe(50_000);
    expect(map.get('10.0.0.1:4711')).toBe(4711);
  });
});
