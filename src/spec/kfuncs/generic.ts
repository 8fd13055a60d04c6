/** Objects, lists and trees of programs, tasks and cgroups. */

import type { KfuncTable } from './row.ts';

const GENERIC = ['tracing', 'tc', 'xdp', 'struct_ops', 'syscall', 'cgroup'] as const;

export const genericKfuncs = {
  bpf_obj_new_impl: { flags: ['KF_ACQUIRE', 'KF_RET_NULL'], hooks: GENERIC, since: '6.2' },
  bpf_percpu_obj_new_impl: { flags: ['KF_ACQUIRE', 'KF_RET_NULL'], hooks: GENERIC, since: '6.7' },
  bpf_obj_drop_impl: { flags: ['KF_RELEASE'], hooks: GENERIC, since: '6.2' },
  bpf_percpu_obj_drop_impl: { flags: ['KF_RELEASE'], hooks: GENERIC, since: '6.7' },
  bpf_refcount_acquire_impl: { flags: ['KF_ACQUIRE', 'KF_RET_NULL', 'KF_RCU'], hooks: GENERIC, since: '6.4' },
  bpf_list_push_front_impl: { flags: [], hooks: GENERIC, since: '6.4' },
  bpf_list_push_back_impl: { flags: [], hooks: GENERIC, since: '6.4' },
  bpf_list_pop_front: { flags: ['KF_ACQUIRE', 'KF_RET_NULL'], hooks: GENERIC, since: '6.2' },
  bpf_list_pop_back: { flags: ['KF_ACQUIRE', 'KF_RET_NULL'], hooks: GENERIC, since: '6.2' },
  bpf_rbtree_remove: { flags: ['KF_ACQUIRE', 'KF_RET_NULL'], hooks: GENERIC, since: '6.3' },
  bpf_rbtree_add_impl: { flags: [], hooks: GENERIC, since: '6.4' },
  bpf_rbtree_first: { flags: ['KF_RET_NULL'], hooks: GENERIC, since: '6.3' },
  bpf_task_acquire: { flags: ['KF_ACQUIRE', 'KF_RET_NULL', 'KF_RCU'], hooks: GENERIC, since: '6.2' },
  bpf_task_release: { flags: ['KF_RELEASE'], hooks: GENERIC, since: '6.2' },
  bpf_cgroup_acquire: { flags: ['KF_ACQUIRE', 'KF_RET_NULL', 'KF_RCU'], hooks: GENERIC, since: '6.2' },
  bpf_cgroup_release: { flags: ['KF_RELEASE'], hooks: GENERIC, since: '6.2' },
  bpf_cgroup_ancestor: { flags: ['KF_ACQUIRE', 'KF_RET_NULL', 'KF_RCU'], hooks: GENERIC, since: '6.2' },
  bpf_cgroup_from_id: { flags: ['KF_ACQUIRE', 'KF_RET_NULL'], hooks: GENERIC, since: '6.4' },
  bpf_task_under_cgroup: { flags: ['KF_RCU'], hooks: GENERIC, since: '6.5' },
  bpf_task_get_cgroup1: { flags: ['KF_ACQUIRE', 'KF_RET_NULL', 'KF_RCU'], hooks: GENERIC, since: '6.8' },
  bpf_task_from_pid: { flags: ['KF_ACQUIRE', 'KF_RET_NULL'], hooks: GENERIC, since: '6.2' },
  bpf_throw: { flags: [], hooks: GENERIC, since: '6.7' },
  crash_kexec: { flags: ['KF_DESTRUCTIVE'], hooks: GENERIC, since: '6.1' },
} as const satisfies KfuncTable;
