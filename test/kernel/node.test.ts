import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { differences } from '../../scripts/node/compare.ts';
import { answerRequest } from '../../src/kernel/answer.ts';
import type { LoadRequest, LoadResult } from '../../src/spec/request.ts';

interface Recorded {
  readonly request: LoadRequest;
  readonly answer: LoadResult;
}

const file = new URL('../recorded/node/worlds.jsonl.gz', import.meta.url);
const worlds = gunzipSync(readFileSync(file))
  .toString('utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Recorded);

describe('routes, neighbours and devices as a real kernel has them', () => {
  test('there are enough calls', () => {
    const runs = worlds.reduce((sum, { answer }) => sum + (answer.test_run?.length ?? 0), 0);
    expect(16 * runs).toBeGreaterThan(2000);
  });

  test.each(worlds.map((w) => [w.request.name, w]))('%s', (_, { request, answer }) => {
    expect(differences(request, answer, answerRequest(request))).toEqual([]);
  });
});
