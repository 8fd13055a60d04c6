/** System calls that syscall programs make. */

export interface SyscallPort {
  /** bpf(2) with attributes in linear memory: a descriptor, 0 or a negative errno. @kernel bpf_sys_bpf */
  bpf(command: number, attr: number, size: number): number;
  /** close(2): 0 or a negative errno. */
  close(fd: number): number;
}
