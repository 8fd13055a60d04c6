import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lineDiff } from '../../src/util/lineDiff.ts';

const lines = fc.array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 12 });
const side = (diff: readonly string[], gone: string): string[] =>
  diff.filter((line) => !line.startsWith(gone)).map((line) => line.slice(2));

test('a difference holds both sides, and no more than it must', () => {
  fc.assert(
    fc.property(lines, lines, (before, after) => {
      const diff = lineDiff(before, after);
      expect(side(diff, '+ ')).toEqual(before);
      expect(side(diff, '- ')).toEqual(after);
      const kept = diff.filter((line) => line.startsWith('  ')).length;
      expect(kept).toBe(longest(before, after));
    }),
    { seed: 6 },
  );
});

/** Length of the longest common subsequence, by its definition. */
function longest(a: readonly string[], b: readonly string[], seen = new Map<string, number>()): number {
  const key = `${a.length} ${b.length}`;
  const known = seen.get(key);
  if (known !== undefined || a.length === 0 || b.length === 0) return known ?? 0;
  const best =
    a[0] === b[0]
      ? 1 + longest(a.slice(1), b.slice(1), seen)
      : Math.max(longest(a.slice(1), b, seen), longest(a, b.slice(1), seen));
  seen.set(key, best);
  return best;
}

test('long lists do not take a table', () => {
  const [a, b] = ['a', 'b'].map((c) => Array.from({ length: 3000 }, (_, i) => `${c}${i}`)) as [string[], string[]];
  expect(lineDiff(['x', ...a], ['x', ...b])).toHaveLength(6001);
});
