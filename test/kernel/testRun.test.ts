import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import type { LoadRequest, LoadResult, TestRunResult } from '../../src/spec/request.ts';
import { answerAll } from '../driver.ts';

interface Recorded {
  readonly request: LoadRequest;
  readonly runs: readonly TestRunResult[];
}

const recorded = JSON.parse(
  readFileSync(new URL('../recorded/kernel/testrun.json', import.meta.url), 'utf8'),
) as Recorded[];

const ENOSPC = 28;

/** What of our answer the kernel's record speaks of: with an errno only the errno, and the data where it is ENOSPC. */
function comparable(run: TestRunResult, recorded: TestRunResult): object {
  if (recorded.errno !== 0 && recorded.errno !== ENOSPC) return { errno: run.errno };
  const { errno, data_out = '', ctx_out = '' } = run;
  return {
    errno,
    retval: run.retval >>> 0,
    ...(recorded.data_out !== undefined && { data_out }),
    ...(recorded.ctx_out !== undefined && { ctx_out }),
  };
}

describe('BPF_PROG_TEST_RUN answers as the kernel did', () => {
  let answers: LoadResult[] = [];
  beforeAll(() => {
    answers = answerAll(recorded.map((r) => r.request));
  });

  test('there is something to compare', () => {
    expect(recorded.length).toBeGreaterThan(300);
  });

  test.each(recorded.map((r, i) => [r.request.name, r, i] as const))('%s', (_, { runs }, index) => {
    const answer = answers[index]!;
    expect(answer.detail).toBeUndefined();
    const ours = answer.test_run!.map((run, i) => comparable(run, runs[i]!));
    expect(ours).toEqual(runs.map((run) => comparable(run, run)));
  });
});
