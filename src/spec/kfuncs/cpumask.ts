/** CPU masks. */

import type { KfuncTable } from './row.ts';

export const cpumaskKfuncs = {
  bpf_cpumask_create: {
    flags: ['KF_ACQUIRE', 'KF_RET_NULL'],
    hooks: ['tracing', 'struct_ops', 'syscall'],
    since: '6.3',
  },
  bpf_cpumask_acquire: {
    flags: ['KF_ACQUIRE', 'KF_TRUSTED_ARGS'],
    hooks: ['tracing', 'struct_ops', 'syscall'],
    since: '6.3',
  },
  bpf_cpumask_release: { flags: ['KF_RELEASE'], hooks: ['tracing', 'struct_ops', 'syscall'], since: '6.3' },
  bpf_cpumask_first: { flags: ['KF_RCU'], hooks: ['tracing', 'struct_ops', 'syscall'], since: '6.3' },
  bpf_cpumask_first_zero: { flags: ['KF_RCU'], hooks: ['tracing', 'struct_ops', 'syscall'], since: '6.3' },
  bpf_cpumask_first_and: { flags: ['KF_RCU'], hooks: ['tracing', 'struct_ops', 'syscall'], since: '6.5' },
  bpf_cpumask_set_cpu: { flags: ['KF_RCU'], hooks: ['tracing', 'struct_ops', 'syscall'], since: '6.3' },
  bpf_cpumask_clear_cpu: { flags: ['KF_RCU'], hooks: ['tracing', 'struct_ops', 'syscall'], since: '6.3' },
  bpf_cpumask_test_cpu: { flags: ['KF_RCU'], hooks: ['tracing', 'struct_ops', 'syscall'], since: '6.3' },
  bpf_cpumask_test_and_set_cpu: { flags: ['KF_RCU'], hooks: ['tracing', 'struct_ops', 'syscall'], since: '6.3' },
  bpf_cpumask_test_and_clear_cpu: { flags: ['KF_RCU'], hooks: ['tracing', 'struct_ops', 'syscall'], since: '6.3' },
  bpf_cpumask_setall: { flags: ['KF_RCU'], hooks: ['tracing', 'struct_ops', 'syscall'], since: '6.3' },
  bpf_cpumask_clear: { flags: ['KF_RCU'], hooks: ['tracing', 'struct_ops', 'syscall'], since: '6.3' },
  bpf_cpumask_and: { flags: ['KF_RCU'], hooks: ['tracing', 'struct_ops', 'syscall'], since: '6.3' },
  bpf_cpumask_or: { flags: ['KF_RCU'], hooks: ['tracing', 'struct_ops', 'syscall'], since: '6.3' },
  bpf_cpumask_xor: { flags: ['KF_RCU'], hooks: ['tracing', 'struct_ops', 'syscall'], since: '6.3' },
  bpf_cpumask_equal: { flags: ['KF_RCU'], hooks: ['tracing', 'struct_ops', 'syscall'], since: '6.3' },
  bpf_cpumask_intersects: { flags: ['KF_RCU'], hooks: ['tracing', 'struct_ops', 'syscall'], since: '6.3' },
  bpf_cpumask_subset: { flags: ['KF_RCU'], hooks: ['tracing', 'struct_ops', 'syscall'], since: '6.3' },
  bpf_cpumask_empty: { flags: ['KF_RCU'], hooks: ['tracing', 'struct_ops', 'syscall'], since: '6.3' },
  bpf_cpumask_full: { flags: ['KF_RCU'], hooks: ['tracing', 'struct_ops', 'syscall'], since: '6.3' },
  bpf_cpumask_copy: { flags: ['KF_RCU'], hooks: ['tracing', 'struct_ops', 'syscall'], since: '6.3' },
  bpf_cpumask_any_distribute: { flags: ['KF_RCU'], hooks: ['tracing', 'struct_ops', 'syscall'], since: '6.5' },
  bpf_cpumask_any_and_distribute: { flags: ['KF_RCU'], hooks: ['tracing', 'struct_ops', 'syscall'], since: '6.5' },
  bpf_cpumask_weight: { flags: ['KF_RCU'], hooks: ['tracing', 'struct_ops', 'syscall'], since: '6.8' },
} as const satisfies KfuncTable;
