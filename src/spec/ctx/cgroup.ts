/** Control group hooks: devices, sysctls, socket options. */

import type { CtxTable } from './row.ts';

export const cgroupCtx = {
  bpf_cgroup_dev_ctx: {
    size: 12,
    fields: {
      access_type: { offset: 0, size: 4, type: 'u32' },
      major: { offset: 4, size: 4, type: 'u32' },
      minor: { offset: 8, size: 4, type: 'u32' },
    },
  },
  bpf_sysctl: {
    size: 8,
    fields: {
      write: { offset: 0, size: 4, type: 'u32' },
      file_pos: { offset: 4, size: 4, type: 'u32' },
    },
  },
  bpf_sockopt: {
    size: 40,
    fields: {
      sk: { offset: 0, size: 8, type: 'struct bpf_sock *' },
      optval: { offset: 8, size: 8, type: 'void *' },
      optval_end: { offset: 16, size: 8, type: 'void *' },
      level: { offset: 24, size: 4, type: 's32' },
      optname: { offset: 28, size: 4, type: 's32' },
      optlen: { offset: 32, size: 4, type: 's32' },
      retval: { offset: 36, size: 4, type: 's32' },
    },
  },
} as const satisfies CtxTable;
