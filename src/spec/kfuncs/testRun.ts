/** What the kernel brings for its own tests: functions that may be traced with modify_return, destructors. */

import type { KfuncTable } from './row.ts';

export const testRunKfuncs = {
  bpf_fentry_test1: { flags: ['KF_SLEEPABLE'], hooks: ['fmodret'], since: '6.3' },
  bpf_modify_return_test: { flags: [], hooks: ['fmodret'], since: '6.3' },
  bpf_modify_return_test2: { flags: [], hooks: ['fmodret'], since: '6.6' },
  bpf_kfunc_call_test_release: { flags: ['KF_RELEASE'], hooks: ['tc', 'tracing', 'syscall'], since: '5.18' },
  bpf_kfunc_call_memb_release: { flags: ['KF_RELEASE'], hooks: ['tc', 'tracing', 'syscall'], since: '5.19' },
} as const satisfies KfuncTable;
