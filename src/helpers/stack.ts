/**
 * Call stacks. The program's own frames have the addresses of its text here; the kernel's are those of the profile's image
 * without address randomization, from where BPF_PROG_TEST_RUN calls the program up to the system call.
 */

import { MAP } from '../maps/object.ts';
import {
  BUILD_ID_FRAME,
  type Frame,
  frameBytes,
  PERF_MAX_STACK_DEPTH,
  stackFrameSize,
  stackMapPut,
} from '../maps/stackTrace.ts';
import { UAPI } from '../spec/constants.ts';
import type { HelperEnv } from './env.ts';
import { EFAULT, EINVAL, type ImplTable } from './impl.ts';

const { BPF_F_FAST_STACK_CMP, BPF_F_REUSE_STACKID, BPF_F_SKIP_FIELD_MASK, BPF_F_USER_BUILD_ID, BPF_F_USER_STACK } =
  UAPI;
const STACK_FLAGS = BPF_F_SKIP_FIELD_MASK | BPF_F_USER_STACK | BPF_F_USER_BUILD_ID;
const STACKID_FLAGS = BPF_F_SKIP_FIELD_MASK | BPF_F_USER_STACK | BPF_F_FAST_STACK_CMP | BPF_F_REUSE_STACKID;

/** High half of the kernel's text. */
const TEXT = -1;
const frames = (...low: number[]): Frame[] => low.map((lo) => [lo | 0, TEXT]);
/** __sys_bpf, __x64_sys_bpf, do_syscall_64, entry_SYSCALL_64_after_hwframe */
const SYS_BPF = frames(0x8128_e640, 0x8129_074e, 0x81c8_f027, 0x81e0_012f);
/** What lies below the program in its test run. */
const TEST_RUN_FRAMES: Readonly<Record<string, readonly Frame[]>> = {
  /** __bpf_prog_test_run_raw_tp, bpf_prog_test_run_raw_tp */
  raw_tracepoint: [...frames(0x81ab_5801, 0x81ab_746b), ...SYS_BPF],
  /** bpf_prog_test_run_syscall */
  syscall: [...frames(0x81ab_8cb7), ...SYS_BPF],
};
/** The frames of the helper itself, which a walk over the task's stack begins with: __bpf_get_stack, bpf_get_task_stack. */
const TASK_STACK_FRAMES = frames(0x812f_3072, 0x812f_33e8);

/** The frames from the innermost on; undefined (and the call a fault) where the kernel's are not known. */
function stackOf(env: HelperEnv, user: boolean): readonly Frame[] | undefined {
  // Where the task entered the kernel: a user stack without frame pointers ends there.
  if (user) return [[0, 0]];
  const below = TEST_RUN_FRAMES[env.progType];
  if (!below) env.notSimulated(`the kernel's stack below a ${env.progType} program`);
  return below && [...env.callChain().map((address): Frame => [address | 0, 0]), ...below];
}

/** Writes a stack to `size` bytes at `buf`: the bytes of frames, or -errno with zeros behind. @kernel __bpf_get_stack */
function getStack(
  env: HelperEnv,
  buf: number,
  size: number,
  flags: number,
  flagsHi: number,
  above: readonly Frame[],
): number {
  const { arena } = env;
  const user = (flags & BPF_F_USER_STACK) !== 0;
  const buildId = (flags & BPF_F_USER_BUILD_ID) !== 0;
  const frame = buildId ? BUILD_ID_FRAME : 8;
  arena.fill(buf, 0, size);
  if ((flags & ~STACK_FLAGS) !== 0 || flagsHi !== 0 || (buildId && !user) || size % frame !== 0) return -EINVAL;
  const skip = flags & BPF_F_SKIP_FIELD_MASK;
  const room = size / frame;
  const found = stackOf(env, user);
  if (!found) return 0;
  const stack = [...(user ? [] : above), ...found].slice(0, Math.min(room + skip, PERF_MAX_STACK_DEPTH));
  if (stack.length < skip) return -EFAULT;
  const bytes = frameBytes(stack.slice(skip, skip + room), frame);
  arena.put(buf, bytes);
  return bytes.length;
}

export const stackImpls = {
  bpf_get_stack: (env, _ctx, buf, size, flags, flagsHi) => getStack(env, buf, size, flags, flagsHi, []),
  bpf_get_task_stack: (env, _task, buf, size, flags, flagsHi) =>
    getStack(env, buf, size, flags, flagsHi, TASK_STACK_FRAMES),

  bpf_get_stackid(env, _ctx, map, flags, flagsHi) {
    const { arena } = env;
    if ((flags & ~STACKID_FLAGS) !== 0 || flagsHi !== 0) return -EINVAL;
    const skip = flags & BPF_F_SKIP_FIELD_MASK;
    const depth = arena.getU32(map + MAP.valueSize) / stackFrameSize(arena.getU32(map + MAP.flags));
    const stack = stackOf(env, (flags & BPF_F_USER_STACK) !== 0);
    if (!stack) return 0;
    const kept = stack.slice(0, Math.min(depth + skip, PERF_MAX_STACK_DEPTH)).slice(skip);
    if (kept.length === 0) return -EFAULT;
    const fast = (flags & BPF_F_FAST_STACK_CMP) !== 0;
    return stackMapPut(env.maps, map, kept, { fast, reuse: (flags & BPF_F_REUSE_STACKID) !== 0 });
  },
} satisfies ImplTable;
