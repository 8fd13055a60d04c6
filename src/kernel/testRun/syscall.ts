/** BPF_PROG_TEST_RUN of syscall programs: the context is memory of user space that the program may change. */
import { ERRNO } from '../../spec/errno.ts';
import { maxCtxOffset } from '../../vm/ctxFlow.ts';
import { newParts } from './parts.ts';
import { NO_PACKET, type PrepareRun } from './prepare.ts';
import { asksForMore } from './rawTp.ts';

const MAX_CTX = 0xffff;

/** The context comes back in place, whatever room the request names for it. @kernel bpf_prog_test_run_syscall */
export const syscallTestRun: PrepareRun = ({ arena }, prog, input) => {
  const { ctx = new Uint8Array() } = input;
  if (asksForMore(input) || (input.flags ?? 0) !== 0) return { errno: ERRNO.EINVAL };
  if (ctx.length < maxCtxOffset(prog.executable.insns) || ctx.length > MAX_CTX) return { errno: ERRNO.EINVAL };
  const parts = newParts(arena);
  const address = parts.alloc({ kind: 'ctx memory', size: ctx.length });
  if (parts.failed()) return { errno: ERRNO.ENOMEM };
  arena.put(address, ctx);
  return {
    ctx: { address },
    packets: NO_PACKET,
    repeat: 1,
    finish: (retval) => ({ errno: 0, retval, ...(input.ctx && { ctxOut: arena.bytes(address, ctx.length) }) }),
    free: parts.free,
  };
};
