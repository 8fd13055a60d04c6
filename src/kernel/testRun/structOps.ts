/** BPF_PROG_TEST_RUN of struct_ops programs: only those of the kernel's bpf_dummy_ops run. */
import { ERRNO } from '../../spec/errno.ts';
import { memoryCtx } from './memoryCtx.ts';
import type { PrepareRun } from './prepare.ts';

const DUMMY_OPS = 'bpf_dummy_ops';
/** Arguments of each member function, and whether the first, a pointer to the state, may be NULL. */
const MEMBERS: readonly { readonly args: number; readonly nullable: boolean }[] = [
  { args: 1, nullable: true },
  { args: 5, nullable: false },
  { args: 1, nullable: false },
];

/**
 * The context holds the arguments, 8 bytes each. The first points into the caller's memory, of which there is none here:
 * any other value than NULL is EFAULT.
 * @kernel bpf_struct_ops_test_run
 */
export const structOpsTestRun: PrepareRun = ({ arena }, prog, input) => {
  if (prog.attachBtfName !== DUMMY_OPS) return { errno: ERRNO.EOPNOTSUPP };
  const member = MEMBERS[prog.attachType];
  const { ctx = new Uint8Array() } = input;
  if (!member || ctx.length !== 8 * member.args) return { errno: ERRNO.EINVAL };
  const state = ctx.subarray(0, 8).some((b) => b !== 0);
  if (state) return { errno: ERRNO.EFAULT };
  if (!member.nullable) return { errno: ERRNO.EINVAL };
  return memoryCtx(arena, ctx);
};
