import type { LoadResult } from '../../src/spec/request.ts';

/** What a run left: errno, the program's result, the output map up to its last byte that is not zero. */
export interface TaskRun {
  readonly errno: number;
  readonly retval: number;
  readonly out: string;
}

/** The runs of an answer, kernel's or ours. */
export function taskRuns(answer: LoadResult): TaskRun[] {
  return (answer.test_run ?? []).map(({ errno, retval, maps }) => {
    const value = maps?.out?.[0]?.[1];
    return { errno, retval: retval ?? 0, out: typeof value === 'string' ? value.replace(/(00)+$/, '') : '' };
  });
}
