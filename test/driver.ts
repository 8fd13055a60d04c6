/**
 * Who answers load requests in tests: the simulator, or with BPFLAB_DRIVER=oracle the real kernel behind
 * `scripts/oracle.ts`, so that the same test checks the record.
 */
import { askOracle } from '../scripts/oracle.ts';
import { answerRequest } from '../src/kernel/answer.ts';
import type { LoadRequest, LoadResult } from '../src/spec/request.ts';

export function answerAll(requests: readonly LoadRequest[]): LoadResult[] {
  const driver = process.env.BPFLAB_DRIVER ?? 'simulator';
  if (driver === 'oracle') return askOracle(requests);
  if (driver !== 'simulator') throw new Error(`BPFLAB_DRIVER=${driver}: there are oracle and simulator`);
  return requests.map((request) => answerRequest(request));
}
