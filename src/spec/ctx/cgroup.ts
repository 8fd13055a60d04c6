/** Control group hooks: devices, sysctls, socket options. */

import type { CtxTable } from './row.ts';

export const cgroupCtx = {
  bpf_cgroup_dev_ctx: {
    size: 12,
    fields: {
      access_type: {
        offset: 0,
        size: 4,
        type: 'u32',
        read: 'all',
        narrow: true,
        from: { path: [['bpf_cgroup_dev_ctx.access_type']], bytes: 4 },
      },
      major: { offset: 4, size: 4, type: 'u32', read: 'all', from: { path: [['bpf_cgroup_dev_ctx.major']], bytes: 4 } },
      minor: { offset: 8, size: 4, type: 'u32', read: 'all', from: { path: [['bpf_cgroup_dev_ctx.minor']], bytes: 4 } },
    },
  },
  bpf_sysctl: {
    size: 8,
    fields: {
      write: {
        offset: 0,
        size: 4,
        type: 'u32',
        read: 'all',
        narrow: true,
        from: { path: [['bpf_sysctl_kern.write']], bytes: 4 },
      },
      file_pos: {
        offset: 4,
        size: 4,
        type: 'u32',
        read: 'all',
        write: 'all',
        narrow: true,
        // loff_t, whose low half counts.
        from: { path: [['bpf_sysctl_kern.ppos'], ['in_addr.s_addr']], bytes: 4 },
      },
    },
  },
  bpf_sockopt: {
    size: 40,
    fields: {
      sk: {
        offset: 0,
        size: 8,
        type: 'struct bpf_sock *',
        read: 'all',
        from: { path: [['bpf_sockopt_kern.sk']], bytes: 8, how: 'pointer' },
      },
      optval: {
        offset: 8,
        size: 8,
        type: 'void *',
        read: 'all',
        from: { path: [['bpf_sockopt_kern.optval']], bytes: 8, how: 'pointer' },
      },
      optval_end: {
        offset: 16,
        size: 8,
        type: 'void *',
        read: 'all',
        from: { path: [['bpf_sockopt_kern.optval_end']], bytes: 8, how: 'pointer' },
      },
      level: {
        offset: 24,
        size: 4,
        type: 's32',
        read: 'all',
        write: ['cgroup_sockopt/cgroup_setsockopt'],
        from: { path: [['bpf_sockopt_kern.level']], bytes: 4 },
      },
      optname: {
        offset: 28,
        size: 4,
        type: 's32',
        read: 'all',
        write: ['cgroup_sockopt/cgroup_setsockopt'],
        from: { path: [['bpf_sockopt_kern.optname']], bytes: 4 },
      },
      optlen: {
        offset: 32,
        size: 4,
        type: 's32',
        read: 'all',
        write: 'all',
        from: { path: [['bpf_sockopt_kern.optlen']], bytes: 4 },
      },
      retval: {
        offset: 36,
        size: 4,
        type: 's32',
        read: ['cgroup_sockopt/cgroup_getsockopt'],
        write: ['cgroup_sockopt/cgroup_getsockopt'],
        from: {
          path: [['bpf_sockopt_kern.current_task'], ['task_struct.bpf_ctx'], ['bpf_cg_run_ctx.retval']],
          bytes: 4,
        },
      },
    },
  },
} as const satisfies CtxTable;
