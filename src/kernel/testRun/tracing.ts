/**
 * BPF_PROG_TEST_RUN of tracing programs: the kernel calls functions of its own that such programs can be attached to. The
 * program itself runs only where it is attached, and here nothing is.
 */
import { ATTACH_TYPES } from '../../spec/attachTypes.ts';
import { ERRNO } from '../../spec/errno.ts';
import type { PrepareRun } from './prepare.ts';
import { foreignOptions } from './uarg.ts';

/** What bpf_modify_return_test(1, &b) and bpf_modify_return_test2(1, &b, 3, 4, 5, 6, 7) return together when b is 2. */
const MODIFY_RETURN_SUM = 1 + 3 + (1 + 3 + 3 + 4 + 5 + 6 + 7);
/** Both functions change what their second argument points to. */
const SIDE_EFFECTS = 2;

/** The answer by attach type; all others are EFAULT. */
const RETVALS: ReadonlyMap<number, number> = new Map([
  [ATTACH_TYPES.trace_fentry.id, 0],
  [ATTACH_TYPES.trace_fexit.id, 0],
  [ATTACH_TYPES.modify_return.id, (SIDE_EFFECTS << 16) | MODIFY_RETURN_SUM],
]);

/** @kernel bpf_prog_test_run_tracing */
export const tracingTestRun: PrepareRun = (_kernel, prog, input) => {
  if (foreignOptions(input)) return { errno: ERRNO.EINVAL };
  const retval = RETVALS.get(prog.attachType);
  return retval === undefined ? { errno: ERRNO.EFAULT } : { output: { errno: 0, retval } };
};
