/** BPF_PROG_TEST_RUN of raw tracepoint programs: the context is an array of up to twelve 64-bit arguments. */
import { UAPI } from '../../spec/constants.ts';
import { ERRNO } from '../../spec/errno.ts';
import { maxCtxOffset } from '../../vm/ctxFlow.ts';
import { MAX_BPF_FUNC_ARGS, memoryCtx } from './memoryCtx.ts';
import type { PrepareRun } from './prepare.ts';
import { type TestRunInput, wantsOut } from './uarg.ts';

const { BPF_F_TEST_RUN_ON_CPU } = UAPI;

/** Does the request bring, or want back, what programs over plain memory do not know? */
export function asksForMore(input: TestRunInput): boolean {
  const data = input.data !== undefined && input.data.length > 0;
  return (
    data || wantsOut(input.outSize) || wantsOut(input.ctxOutSize) || Boolean(input.repeat) || Boolean(input.batchSize)
  );
}

/** @kernel bpf_prog_test_run_raw_tp */
export const rawTpTestRun: PrepareRun = (kernel, prog, input) => {
  const { ctx = new Uint8Array() } = input;
  const cpu = (input.cpu ?? 0) >>> 0;
  const onCpu = ((input.flags ?? 0) & BPF_F_TEST_RUN_ON_CPU) !== 0;
  if (asksForMore(input)) return { errno: ERRNO.EINVAL };
  if (ctx.length < maxCtxOffset(prog.executable.insns) || ctx.length > 8 * MAX_BPF_FUNC_ARGS)
    return { errno: ERRNO.EINVAL };
  if (!onCpu && cpu !== 0) return { errno: ERRNO.EINVAL };
  if (onCpu && cpu >= kernel.maps.cpus) return { errno: ERRNO.ENXIO };
  const run = memoryCtx(kernel.arena, ctx);
  if ('errno' in run) return run;
  const before = kernel.world.cpu;
  if (onCpu) kernel.world = { ...kernel.world, cpu };
  return {
    ...run,
    free: () => {
      kernel.world = { ...kernel.world, cpu: before };
      run.free();
    },
  };
};
