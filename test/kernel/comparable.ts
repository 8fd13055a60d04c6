import type { TestRunResult } from '../../src/spec/request.ts';

const ENOSPC = 28;

/** What of an answer the kernel's speaks of: with an errno only the errno, and the rest where it is none or ENOSPC. */
export function comparable(run: TestRunResult, recorded: TestRunResult): object {
  if (recorded.errno !== 0 && recorded.errno !== ENOSPC) return { errno: run.errno };
  const { errno, data_out = '', ctx_out = '', maps } = run;
  return {
    errno,
    retval: run.retval >>> 0,
    ...(recorded.data_out !== undefined && { data_out }),
    ...(recorded.ctx_out !== undefined && { ctx_out }),
    ...(recorded.maps !== undefined && { maps }),
  };
}
