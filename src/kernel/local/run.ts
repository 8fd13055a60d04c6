/**
 * Runs of prog types that have no BPF_PROG_TEST_RUN: the context is given field by field as its uapi struct, the kernel
 * objects behind it are made, and the struct as the program leaves it is the context out.
 */

import { funcArgs } from '../../helpers/funcArgs.ts';
import { PERM_READ } from '../../mem/arena.ts';
import { attachTypeName } from '../../spec/attachTypes.ts';
import { ERRNO } from '../../spec/errno.ts';
import { progTypeRow } from '../../spec/progTypes.ts';
import { ctxStructBytes, setCtxFields } from '../../vm/ctxFields.ts';
import { ctxViewSize } from '../../vm/ctxView.ts';
import type { KernelCore } from '../core.ts';
import { kernelProblem } from '../messages.ts';
import { MAX_BPF_FUNC_ARGS, memoryCtx } from '../testRun/memoryCtx.ts';
import { NO_PACKET, type PrepareRun } from '../testRun/prepare.ts';
import { bpfCtxInit, runsOf } from '../testRun/uarg.ts';
import type { ProgRecord } from '../world.ts';
import { cgroupDevice, cgroupSysctl } from './cgroup.ts';
import type { BuildLocal, LocalInput } from './local.ts';
import { KernelObjects } from './objects.ts';
import { skMsg, skReuseport, skSkb } from './packets.ts';
import { cgroupSock, cgroupSockAddr, cgroupSockopt, sockOps } from './sockets.ts';
import { kprobe, perfEvent } from './tracing.ts';

const BUILDERS: Readonly<Record<string, BuildLocal>> = {
  cgroup_sock: cgroupSock,
  cgroup_sock_addr: cgroupSockAddr,
  cgroup_sockopt: cgroupSockopt,
  cgroup_sysctl: cgroupSysctl,
  cgroup_device: cgroupDevice,
  sock_ops: sockOps,
  sk_skb: skSkb,
  sk_msg: skMsg,
  sk_reuseport: skReuseport,
  kprobe,
  perf_event: perfEvent,
};

/** Prog types whose context is memory as it is, and its largest size in bytes. */
const MEMORY: Readonly<Record<string, number>> = {
  tracing: 8 * MAX_BPF_FUNC_ARGS,
  lsm: 8 * MAX_BPF_FUNC_ARGS,
  raw_tracepoint: 8 * MAX_BPF_FUNC_ARGS,
  raw_tracepoint_writable: 8 * MAX_BPF_FUNC_ARGS,
  tracepoint: 4096,
};

/** Hooks whose arguments are followed by the function's return value. */
const WITH_RET: ReadonlySet<string> = new Set(['trace_fexit', 'modify_return']);

/** Can a prog type be run with a context given by its fields? */
export function hasLocalRun(progType: string): boolean {
  return Object.hasOwn(BUILDERS, progType) || Object.hasOwn(MEMORY, progType);
}

/** The name of what the program was loaded to be attached as, or the first that its type can be. */
function attachTypeOf({ attachType, executable }: ProgRecord): string {
  const types: readonly string[] = progTypeRow(executable.progType)?.attachTypes ?? [];
  const name = attachTypeName(attachType) ?? '';
  return types.includes(name) ? name : (types[0] ?? '');
}

/** A context that is memory: the arguments of a function as 64-bit words, or a record. */
function prepareMemory(
  kernel: KernelCore,
  prog: ProgRecord,
  input: LocalInput,
  largest: number,
): ReturnType<PrepareRun> {
  const { ctx = new Uint8Array(largest) } = input;
  if (ctx.length > largest) return { errno: ERRNO.E2BIG };
  const hasRet = WITH_RET.has(attachTypeOf(prog));
  const count = Math.max(0, Math.floor(ctx.length / 8) - Number(hasRet));
  return memoryCtx(kernel.arena, ctx, { perm: PERM_READ, owner: funcArgs(count, hasRet), repeat: runsOf(input) });
}

/** Makes the objects behind a context and fills them in. Fields that cannot be set are a problem that names one. */
export function prepareLocal(kernel: KernelCore, prog: ProgRecord, input: LocalInput): ReturnType<PrepareRun> {
  const { progType, ctxStruct } = prog.executable;
  const largest = MEMORY[progType];
  if (largest !== undefined) return prepareMemory(kernel, prog, input, largest);
  const build = BUILDERS[progType];
  if (!build) return { problem: kernelProblem('not-covered', {}, { what: `a run of ${progType} programs` }) };
  const ctx = bpfCtxInit(input, ctxViewSize(ctxStruct));
  if (typeof ctx === 'number') return { errno: ctx };
  const attachType = attachTypeOf(prog);
  const objects = new KernelObjects(kernel);
  const data = input.data ?? new Uint8Array();
  const made = build(objects, { progType, attachType, data, input });
  const cgRunCtx = made.cgRunCtx ?? objects.struct('bpf_cg_run_ctx');
  const free = (): void => objects.free();
  if (objects.full) {
    free();
    return { errno: ERRNO.ENOMEM };
  }
  const owner = { struct: ctxStruct, progType, attachType };
  const wrong = ctx && setCtxFields(kernel.arena, owner, made.object, ctx);
  if (wrong !== undefined) {
    free();
    const hook = attachType === '' ? progType : `${progType}/${attachType}`;
    return { problem: kernelProblem('ctx-field', {}, { struct: ctxStruct, field: wrong, hook }) };
  }
  return {
    ctx: { object: made.object },
    repeat: runsOf(input),
    packets: made.packets ?? NO_PACKET,
    cgRunCtx,
    finish: (retval) => ({
      errno: 0,
      retval,
      ...(made.dataOut && { dataOut: made.dataOut() }),
      ctxOut: ctxStructBytes(kernel.arena, owner, made.object),
    }),
    free,
  };
}
