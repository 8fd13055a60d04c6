/** The current task: ids, name, the task itself, signals. */

import type { HelperEnv } from './env.ts';
import { EINVAL, EPERM, type ImplTable, u64 } from './impl.ts';

const PIDNS_INFO_SIZE = 8;
const TASK_COMM_LEN = 16;
/** Signals count from 1 to this. */
const NSIG = 64;
const INIT_PID = 1;

/** A signal for the current task or its process, which nobody here receives; the first process of a boot gets none. @kernel bpf_send_signal_common */
function sendSignal(env: HelperEnv, signal: number): number {
  if (env.tasks.task.tgid === INIT_PID) return -EPERM;
  if (signal > NSIG) return -EINVAL;
  return 0;
}

export const taskImpls = {
  bpf_get_current_pid_tgid: (env) => env.ret64(env.tasks.task.pid, env.tasks.task.tgid),
  bpf_get_current_uid_gid: (env) => env.ret64(env.tasks.task.uid, env.tasks.task.gid),

  bpf_get_current_comm(env, buf, size) {
    const comm = new Uint8Array(size);
    const length = Math.max(0, Math.min(size, TASK_COMM_LEN) - 1);
    comm.set(Uint8Array.from(env.tasks.task.comm.slice(0, length), (c) => c.charCodeAt(0)));
    env.arena.put(buf, comm);
    return 0;
  },

  bpf_get_current_task: (env) => env.ret64(env.tasks.current(), 0),
  bpf_get_current_task_btf: (env) => env.tasks.current(),
  bpf_task_pt_regs: (env) => env.tasks.registers(),

  bpf_get_ns_current_pid_tgid(env, dev, devHi, ino, inoHi, info, size) {
    const { pidNs, task } = env.tasks;
    const same = devHi === 0 && dev >>> 0 === pidNs.dev && u64(ino, inoHi) === pidNs.ino;
    env.arena.fill(info, 0, size);
    if (size !== PIDNS_INFO_SIZE || !same) return -EINVAL;
    env.arena.setU32(info, task.pid);
    env.arena.setU32(info + 4, task.tgid);
    return 0;
  },

  bpf_send_signal: (env, signal) => sendSignal(env, signal >>> 0),
  bpf_send_signal_thread: (env, signal) => sendSignal(env, signal >>> 0),
} satisfies ImplTable;
