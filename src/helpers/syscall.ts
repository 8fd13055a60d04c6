/** System calls of syscall programs. */
import type { ImplTable } from './impl.ts';

export const syscallImpls = {
  bpf_sys_bpf: (env, command, attr, size) => env.syscalls.bpf(command, attr, size),
  bpf_sys_close: (env, fd) => env.syscalls.close(fd >>> 0),
} satisfies ImplTable;
