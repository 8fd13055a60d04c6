import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import type { LoadRequest, LoadResult, TestRunResult } from '../../src/spec/request.ts';
import { answerAll } from '../driver.ts';
import { comparable } from './comparable.ts';

interface Recorded {
  readonly request: LoadRequest;
  readonly runs: readonly TestRunResult[];
}

const file = new URL('../recorded/kernel/testrun.json.gz', import.meta.url);
const recorded = JSON.parse(gunzipSync(readFileSync(file)).toString()) as Recorded[];

describe('BPF_PROG_TEST_RUN answers as the kernel did', () => {
  let answers: LoadResult[] = [];
  beforeAll(() => {
    answers = answerAll(recorded.map((r) => r.request));
  });

  test('there is something to compare', () => {
    expect(recorded.length).toBeGreaterThan(600);
  });

  test.each(recorded.map((r, i) => [r.request.name, r, i] as const))('%s', (_, { runs }, index) => {
    const answer = answers[index]!;
    expect(answer.detail).toBeUndefined();
    const ours = answer.test_run!.map((run, i) => comparable(run, runs[i]!));
    expect(ours).toEqual(runs.map((run) => comparable(run, run)));
  });
});
