/** Files, paths and their attributes, for LSM programs. */

import type { KfuncTable } from './row.ts';

export const fsKfuncs = {
  bpf_get_fsverity_digest: {
    flags: ['KF_TRUSTED_ARGS'],
    hooks: ['tracing'],
    filter: { progType: 'lsm' },
    since: '6.8',
  },
  bpf_get_task_exe_file: {
    flags: ['KF_ACQUIRE', 'KF_RET_NULL', 'KF_TRUSTED_ARGS'],
    hooks: ['tracing'],
    filter: { progType: 'lsm' },
    since: '6.12',
  },
  bpf_put_file: { flags: ['KF_RELEASE'], hooks: ['tracing'], filter: { progType: 'lsm' }, since: '6.12' },
  bpf_path_d_path: { flags: ['KF_TRUSTED_ARGS'], hooks: ['tracing'], filter: { progType: 'lsm' }, since: '6.12' },
  bpf_get_dentry_xattr: {
    flags: ['KF_TRUSTED_ARGS', 'KF_SLEEPABLE'],
    hooks: ['tracing'],
    filter: { progType: 'lsm' },
    since: '6.12',
  },
  bpf_get_file_xattr: {
    flags: ['KF_TRUSTED_ARGS', 'KF_SLEEPABLE'],
    hooks: ['tracing'],
    filter: { progType: 'lsm' },
    since: '6.8',
  },
} as const satisfies KfuncTable;
