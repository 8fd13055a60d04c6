/** Who answers each helper: an implementation, a callback loop, the interpreter itself, or visibly nobody. */
import type { HelperName } from '../spec/helpers/params.ts';
import { cgroupImpls } from './cgroup.ts';
import { csumImpls } from './csum.ts';
import { dynptrImpls } from './dynptr.ts';
import type { LoopHelper } from './env.ts';
import { fibImpls } from './fib.ts';
import { flowImpls, loop } from './flow.ts';
import { funcArgsImpls } from './funcArgs.ts';
import { hdrOptImpls } from './hdrOpt.ts';
import { kptrImpls } from './kptr.ts';
import { lwtImpls } from './lwt.ts';
import { forEachMapElem, mapImpls } from './map.ts';
import { NOT_SIMULATED_NAMES } from './notSimulated.ts';
import { outputImpls } from './output.ts';
import { probeImpls } from './probe.ts';
import { redirectImpls } from './redirect.ts';
import { retvalImpls } from './retval.ts';
import { ringbufImpls } from './ringbuf.ts';
import { seqImpls } from './seq.ts';
import { skbImpls } from './skb.ts';
import { skbRoomImpls } from './skbRoom.ts';
import { skMsgImpls } from './skMsg.ts';
import { skMsgDataImpls } from './skMsgData.ts';
import { sockImpls } from './sock.ts';
import { sockCastImpls } from './sockCast.ts';
import { sockOpsImpls } from './sockOps.ts';
import { sockoptImpls } from './sockopt.ts';
import { sockReuseportImpls } from './sockReuseport.ts';
import { stackImpls } from './stack.ts';
import { storageImpls } from './storage.ts';
import { stringImpls } from './string.ts';
import { syncookieImpls } from './syncookie.ts';

import { syscallImpls } from './syscall.ts';
import { sysctlImpls } from './sysctl.ts';
import { taskImpls } from './task.ts';

import { timeImpls } from './time.ts';
import { timerImpls } from './timer.ts';
import { findVma, tracingImpls } from './tracing.ts';
import { tunnelImpls } from './tunnel.ts';
import { userRingbufDrain } from './userRingbuf.ts';
import { xdpImpls } from './xdp.ts';

/** The implementations by name. */
export const HELPER_IMPLS = {
  ...mapImpls,
  ...flowImpls,
  ...funcArgsImpls,
  ...timeImpls,
  ...skbImpls,
  ...skbRoomImpls,
  ...csumImpls,
  ...tunnelImpls,
  ...lwtImpls,
  ...redirectImpls,
  ...fibImpls,
  ...xdpImpls,
  ...sockImpls,
  ...sockCastImpls,
  ...syncookieImpls,
  ...sockoptImpls,
  ...sockReuseportImpls,
  ...sockOpsImpls,
  ...hdrOptImpls,
  ...skMsgImpls,
  ...skMsgDataImpls,
  ...storageImpls,
  ...taskImpls,
  ...cgroupImpls,
  ...probeImpls,
  ...tracingImpls,
  ...stackImpls,
  ...syscallImpls,
  ...outputImpls,
  ...seqImpls,
  ...ringbufImpls,
  ...retvalImpls,
  ...stringImpls,
  ...sysctlImpls,
  ...dynptrImpls,
  ...timerImpls,
  ...kptrImpls,
} as const;

/** The helpers that call back into the program. */
export const LOOP_HELPERS = {
  bpf_loop: loop,
  bpf_for_each_map_elem: forEachMapElem,
  bpf_find_vma: findVma,
  bpf_user_ringbuf_drain: userRingbufDrain,
} as const satisfies { readonly [N in HelperName]?: LoopHelper };

/** The helpers that the interpreter carries out itself. */
export const MACHINE_HELPERS = ['bpf_tail_call'] as const;

type ImplementedName = keyof typeof HELPER_IMPLS;
type Answered = ImplementedName | keyof typeof LOOP_HELPERS | (typeof MACHINE_HELPERS)[number];
type Remaining = Exclude<HelperName, Answered>;

/** Compiles only when `names` holds all remaining helpers and no other. */
function remaining<const T extends readonly Remaining[]>(
  names: T & (Exclude<Remaining, T[number]> extends never ? unknown : readonly Exclude<Remaining, T[number]>[]),
): T {
  return names;
}

/** The helpers that nothing here simulates. */
export const NOT_SIMULATED = remaining(NOT_SIMULATED_NAMES);
