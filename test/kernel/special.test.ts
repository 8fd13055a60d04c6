/** Special fields, timers, dynptrs and kfuncs as the kernel answered (scripts/special/compare.ts records). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { answerRequest } from '../../src/kernel/answer.ts';
import type { LoadRequest, TestRunResult } from '../../src/spec/request.ts';

interface Recorded {
  readonly request: LoadRequest;
  readonly runs: readonly Partial<TestRunResult>[];
}

function recorded(area: string): Recorded[] {
  const file = join(import.meta.dirname, '../recorded/special', `${area}.jsonl.gz`);
  const lines = gunzipSync(readFileSync(file)).toString('utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line) as Recorded);
}

describe('random programs, as the kernel answered', () => {
  it.each(['cpumask', 'dynptr', 'fields', 'kfuncs', 'timers'])('%s', (area) => {
    const cases = recorded(area);
    expect(cases.length).toBeGreaterThan(20);
    for (const { request, runs } of cases) {
      const answer = answerRequest(request);
      const ours = (answer.test_run ?? []).map(({ errno, retval, data_out = '', maps = {} }) => ({
        errno,
        retval,
        data_out,
        maps,
      }));
      expect({ name: request.name, detail: answer.detail, ours }).toEqual({ name: request.name, ours: runs });
    }
  });
});
