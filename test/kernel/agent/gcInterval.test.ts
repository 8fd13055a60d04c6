import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { gcInterval } from '../../../src/kernel/agent/gcInterval.ts';

const HOUR = 3600;

/** The share of entries deleted, of a map of a million. */
function share(ratio: number) {
  return [{ deleted: Math.round(ratio * 1e6), maxEntries: 1e6 }];
}

describe('collections on time', () => {
  test.each([
    [60, 0, 60],
    [60, 0.1, 60],
    [60, 0.2, 60],
    [60, 0.25, 60],
    [60, 0.05, 60],
    [60, 0.4, 36],
    [60, 0.6, 24],
    [60, 0.9, 10],
    [300, 0.9, 30],
    [300, 1, 30],
    [61, 0.5, 31],
    [10, 0.01, 15],
    [10, 0.04, 15],
    [15, 0.01, 23],
    [23, 0.000001, 35],
    [1, 0.9, 10],
    [10 * HOUR, 0.01, 12 * HOUR],
    [24 * HOUR, 0.01, 12 * HOUR],
  ])('%i s, %f deleted: %i s', (interval, ratio, next) => {
    expect(gcInterval(interval, interval, share(ratio))).toBe(next);
  });

  test('the first one begins from five minutes, however early it came', () => {
    expect(gcInterval(undefined, 0, share(0.1))).toBe(300);
    expect(gcInterval(undefined, 0, share(0.01))).toBe(450);
    expect(gcInterval(undefined, 30, share(0.04))).toBe(450);
    expect(gcInterval(undefined, 0, [])).toBe(300);
  });

  test('the map with the largest share counts', () => {
    const maps = [
      { deleted: 10, maxEntries: 1000 },
      { deleted: 40, maxEntries: 100 },
      { deleted: 0, maxEntries: 0 },
    ];
    expect(gcInterval(60, 60, maps)).toBe(36);
  });
});

describe('a collection before its time', () => {
  test.each([
    // 4 % in a fifth of the time are 20 %.
    [300, 60, 0.04, 300],
    [300, 60, 0.06, 210],
    [300, 3, 0.06, 30],
    [300, 0, 0.04, 450],
    [300, 299, 0, 300],
    // Later than expected is no reason for anything.
    [300, 900, 0.06, 300],
  ])('%i s expected, %i s passed, %f deleted: %i s', (expected, actual, ratio, next) => {
    expect(gcInterval(expected, actual, share(ratio))).toBe(next);
  });
});

test('intervals stay whole and within their bounds', () => {
  const map = fc.record({ deleted: fc.nat(1000), maxEntries: fc.integer({ min: 1, max: 1000 }) });
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(100_000), fc.array(map, { maxLength: 3 }))), (runs) => {
      let interval: number | undefined;
      for (const [actual, maps] of runs) {
        const before = interval ?? 300;
        interval = gcInterval(interval, actual, maps);
        expect(Number.isInteger(interval)).toBe(true);
        expect(interval).toBeGreaterThanOrEqual(10);
        expect(interval).toBeLessThanOrEqual(12 * HOUR);
        expect(interval).toBeLessThanOrEqual(Math.ceil(before * 1.5));
        expect(interval).toBeGreaterThanOrEqual(Math.floor(before / 10));
        if (maps.every((m) => m.deleted === 0)) expect(interval).toBe(before);
      }
    }),
  );
});
