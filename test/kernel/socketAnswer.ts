/** What of an answer has to be equal. */
import type { LoadResult } from '../../src/spec/request.ts';

export function essence({ verdict, stage, errno, test_run }: LoadResult): object {
  const runs = test_run?.map(({ errno: e, retval, maps }) => ({ errno: e, retval, maps }));
  return JSON.parse(JSON.stringify({ verdict, stage, errno: verdict === 'accept' ? 0 : errno, runs })) as object;
}
