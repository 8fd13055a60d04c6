/** BPF_PROG_TEST_RUN of syscall programs: the context is memory of user space that the program may change. */
import { ERRNO } from '../../spec/errno.ts';
import { maxCtxOffset } from '../../vm/ctxFlow.ts';
import { memoryCtx } from './memoryCtx.ts';
import type { PrepareRun } from './prepare.ts';
import { asksForMore } from './rawTp.ts';

const MAX_CTX = 0xffff;

/** The context comes back in place, whatever room the request names for it. @kernel bpf_prog_test_run_syscall */
export const syscallTestRun: PrepareRun = ({ arena }, prog, input) => {
  const { ctx = new Uint8Array() } = input;
  if (asksForMore(input) || (input.flags ?? 0) !== 0) return { errno: ERRNO.EINVAL };
  if (ctx.length < maxCtxOffset(prog.executable.insns) || ctx.length > MAX_CTX) return { errno: ERRNO.EINVAL };
  const run = memoryCtx(arena, ctx);
  if ('errno' in run || !input.ctx) return run;
  const { address } = run.ctx;
  return { ...run, finish: (retval) => ({ errno: 0, retval, ctxOut: arena.bytes(address, ctx.length) }) };
};
