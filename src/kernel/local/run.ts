/**
 * Runs of prog types that have no BPF_PROG_TEST_RUN: the context is given field by field as its uapi struct, the kernel
 * objects behind it are made, and the struct as the program leaves it is the context out.
 */

import { ERRNO } from '../../spec/errno.ts';
import { progTypeRow } from '../../spec/progTypes.ts';
import { ctxStructBytes, setCtxFields } from '../../vm/ctxFields.ts';
import { ctxViewSize } from '../../vm/ctxView.ts';
import { kernelProblem } from '../messages.ts';
import type { PrepareRun } from '../testRun/prepare.ts';
import { bpfCtxInit } from '../testRun/uarg.ts';
import { cgroupDevice, cgroupSysctl } from './cgroup.ts';
import type { BuildLocal } from './local.ts';
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

/** Nothing moves and nothing can be loaded where there is no packet. */
const NO_PACKET = { moved: () => undefined, load: () => -1 };

/** Can a prog type be run with a context given by its fields? */
export function hasLocalRun(progType: string): boolean {
  return Object.hasOwn(BUILDERS, progType);
}

/** Makes the objects behind a context and fills them in. Fields that cannot be set are a problem that names one. */
export const prepareLocal: PrepareRun = (kernel, prog, input) => {
  const { progType, ctxStruct } = prog.executable;
  const build = BUILDERS[progType];
  if (!build) return { problem: kernelProblem('not-covered', {}, { what: `a run of ${progType} programs` }) };
  const ctx = bpfCtxInit(input.ctx, ctxViewSize(ctxStruct));
  if (typeof ctx === 'number') return { errno: ctx };
  const attachType = prog.attachType ?? progTypeRow(progType)?.attachTypes[0] ?? '';
  const objects = new KernelObjects(kernel.arena);
  const data = input.data ?? new Uint8Array();
  const made = build(objects, { progType, attachType, data, input });
  const free = (): void => {
    made.free?.();
    objects.free();
  };
  if (objects.full) {
    free();
    return { errno: ERRNO.ENOMEM };
  }
  const owner = { struct: ctxStruct, progType, attachType };
  const wrong = setCtxFields(kernel.arena, owner, made.object, ctx);
  if (wrong !== undefined) {
    free();
    const hook = attachType === '' ? progType : `${progType}/${attachType}`;
    return { problem: kernelProblem('ctx-field', {}, { struct: ctxStruct, field: wrong, hook }) };
  }
  return {
    object: made.object,
    packets: made.packets ?? NO_PACKET,
    finish: (retval) => ({
      errno: 0,
      retval,
      ...(made.dataOut && { dataOut: made.dataOut() }),
      ctxOut: ctxStructBytes(kernel.arena, owner, made.object),
    }),
    free,
  };
};
