import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Arena } from '../../src/mem/arena.ts';
import { type CreationRow, caseOf, create } from './creation.ts';
import { type MapCase, type RunAnswer, replay } from './replay.ts';

/** The kernel's answers, recorded by scripts/maps/compare.ts and compareCreation.ts. */
function recorded<T>(name: string): T[] {
  return JSON.parse(readFileSync(new URL(`../recorded/maps/${name}.json`, import.meta.url), 'utf8')) as T[];
}

const operations = recorded<MapCase & { answer: RunAnswer[] }>('operations');

describe('the recorded answers of the kernel', () => {
  it('cover the types', () => {
    expect(new Set(operations.map(({ type }) => type))).toEqual(new Set([1, 2, 5, 6, 9, 10, 11]));
  });

  it.each(operations.map((test, i) => [i, test] as const))('operations %i', (_, { answer, ...test }) => {
    expect(replay(test)).toEqual(answer);
  });

  it('are the same when the memory grows at every allocation', () => {
    for (const { answer, ...test } of operations)
      expect(replay(test, { arena: new Arena({ growAlways: true }), cpus: 1 })).toEqual(answer);
  });

  it('creation and updates by user space', () => {
    const rows = recorded<CreationRow>('creation');
    expect(rows.length).toBeGreaterThan(1000);
    const differing = rows
      .map(caseOf)
      .map((test) => ({ test, ours: create(test) }))
      .filter(({ test, ours }) => JSON.stringify(ours) !== JSON.stringify(test.answer));
    expect(differing).toEqual([]);
  });
});
