import type { LoadResult } from '../../src/spec/request.ts';

/** One run of a recorded request. */
export interface RunRow {
  readonly errno: number;
  readonly retval: number;
  /** The value of the map `res` up to the last byte that is not zero. */
  readonly res: string;
}

export function rowsOf(result: LoadResult): RunRow[] {
  return (result.test_run ?? []).map(({ errno, retval, maps }) => {
    const value = maps?.res?.[0]?.[1];
    return { errno, retval: retval ?? 0, res: typeof value === 'string' ? value.replace(/(00)+$/, '') : '' };
  });
}
