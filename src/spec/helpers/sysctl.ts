/** Helpers of cgroup sysctl programs. */

import type { HelperTable } from './row.ts';

export const sysctlHelpers = {
  bpf_sysctl_get_name: {
    id: 101,
    args: ['ARG_PTR_TO_CTX', 'ARG_PTR_TO_MEM', 'ARG_CONST_SIZE', 'ARG_ANYTHING'],
    ret: 'RET_INTEGER',
    params: ['ctx', 'buf', 'buf_len', 'flags'],
    ctypes: ['struct bpf_sysctl *', 'char *', 'u64', 'u64'],
    rtype: 'long',
    gplOnly: false,
    since: '5.2',
    progs: ['cgroup_sysctl'],
  },
  bpf_sysctl_get_current_value: {
    id: 102,
    args: ['ARG_PTR_TO_CTX', 'ARG_PTR_TO_UNINIT_MEM', 'ARG_CONST_SIZE'],
    ret: 'RET_INTEGER',
    params: ['ctx', 'buf', 'buf_len'],
    ctypes: ['struct bpf_sysctl *', 'char *', 'u64'],
    rtype: 'long',
    gplOnly: false,
    since: '5.2',
    progs: ['cgroup_sysctl'],
  },
  bpf_sysctl_get_new_value: {
    id: 103,
    args: ['ARG_PTR_TO_CTX', 'ARG_PTR_TO_UNINIT_MEM', 'ARG_CONST_SIZE'],
    ret: 'RET_INTEGER',
    params: ['ctx', 'buf', 'buf_len'],
    ctypes: ['struct bpf_sysctl *', 'char *', 'u64'],
    rtype: 'long',
    gplOnly: false,
    since: '5.2',
    progs: ['cgroup_sysctl'],
  },
  bpf_sysctl_set_new_value: {
    id: 104,
    args: ['ARG_PTR_TO_CTX', 'ARG_PTR_TO_MEM|MEM_RDONLY', 'ARG_CONST_SIZE'],
    ret: 'RET_INTEGER',
    params: ['ctx', 'buf', 'buf_len'],
    ctypes: ['struct bpf_sysctl *', 'const char *', 'u64'],
    rtype: 'long',
    gplOnly: false,
    since: '5.2',
    progs: ['cgroup_sysctl'],
  },
} as const satisfies HelperTable;
