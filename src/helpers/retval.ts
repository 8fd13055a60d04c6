/** What the hook of a cgroup program will return: bpf_cg_run_ctx, which the programs of one hook share. */
import { offsetOf } from '../spec/layouts.ts';
import type { ImplTable } from './impl.ts';

const RETVAL = offsetOf('bpf_cg_run_ctx', 'retval');

export const retvalImpls = {
  bpf_get_retval: ({ arena, cgRunCtx }) => (cgRunCtx === 0 ? 0 : arena.getU32(cgRunCtx + RETVAL) | 0),
  bpf_set_retval({ arena, cgRunCtx }, retval) {
    if (cgRunCtx !== 0) arena.setU32(cgRunCtx + RETVAL, retval);
    return 0;
  },
} satisfies ImplTable;
