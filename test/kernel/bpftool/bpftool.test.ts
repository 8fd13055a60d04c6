import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { answersOf, type Recorded } from './replay.ts';

/** Recorded by scripts/maps/recordViews.ts. */
const file = new URL('../../recorded/maps/bpftool.jsonl.gz', import.meta.url);
const recorded = gunzipSync(readFileSync(file)).toString().trim().split('\n');
const shapes = recorded.map((line) => JSON.parse(line) as Recorded);

describe('maps as bpftool prints them', () => {
  test.each(shapes.map((shape) => [shape.name, shape] as const))('%s', (_, shape) => {
    const here = answersOf(shape);
    if (typeof here === 'string') {
      // A type that is still missing.
      expect(here).toContain('maps.not-simulated');
      return;
    }
    const { dump, show, lookups } = shape;
    expect(here).toEqual({ dump, show, lookups });
  });

  test('most of them are compared', () => {
    const compared = shapes.filter((shape) => typeof answersOf(shape) !== 'string');
    expect(compared.length).toBeGreaterThanOrEqual(197);
  });
});
