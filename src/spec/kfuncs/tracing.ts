/** Keys and signatures, cgroup statistics, sessions of multi-kprobes. */

import type { KfuncTable } from './row.ts';

export const tracingKfuncs = {
  cgroup_rstat_updated: { flags: [], hooks: ['tracing'], since: '6.1' },
  cgroup_rstat_flush: { flags: ['KF_SLEEPABLE'], hooks: ['tracing'], since: '6.1' },
  bpf_lookup_user_key: { flags: ['KF_ACQUIRE', 'KF_RET_NULL', 'KF_SLEEPABLE'], hooks: ['tracing'], since: '6.1' },
  bpf_lookup_system_key: { flags: ['KF_ACQUIRE', 'KF_RET_NULL'], hooks: ['tracing'], since: '6.1' },
  bpf_key_put: { flags: ['KF_RELEASE'], hooks: ['tracing'], since: '6.1' },
  bpf_verify_pkcs7_signature: { flags: ['KF_SLEEPABLE'], hooks: ['tracing'], since: '6.1' },
  bpf_session_is_return: {
    flags: [],
    hooks: ['kprobe'],
    filter: { progType: 'kprobe', attachType: 'trace_kprobe_session' },
    since: '6.10',
  },
  bpf_session_cookie: {
    flags: [],
    hooks: ['kprobe'],
    filter: { progType: 'kprobe', attachType: 'trace_kprobe_session' },
    since: '6.10',
  },
} as const satisfies KfuncTable;
