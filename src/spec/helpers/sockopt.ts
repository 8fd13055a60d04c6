/** Socket options and binding. */

import type { HelperTable } from './row.ts';

export const sockoptHelpers = {
  bpf_setsockopt: {
    id: 49,
    args: ['ARG_PTR_TO_CTX', 'ARG_ANYTHING', 'ARG_ANYTHING', 'ARG_PTR_TO_MEM|MEM_RDONLY', 'ARG_CONST_SIZE'],
    ret: 'RET_INTEGER',
    params: ['bpf_socket', 'level', 'optname', 'optval', 'optlen'],
    ctypes: ['void *', 'int', 'int', 'void *', 'int'],
    rtype: 'long',
    gplOnly: false,
    since: '4.13',
    progs: [
      '@sock_addr_sockopt',
      'sock_ops',
      'struct_ops',
      'cgroup_sockopt/cgroup_setsockopt',
      'tracing/trace_iter:tcp',
      'tracing/trace_iter:unix',
      'lsm/lsm_cgroup:sock_graft',
      'lsm/lsm_cgroup:inet_csk_clone',
      'lsm/lsm_cgroup:inet_conn_established',
      'lsm/lsm_cgroup:socket_post_create',
      'lsm/lsm_cgroup:socket_socketpair',
    ],
    variants: [
      {
        for: ['cgroup_sockopt', 'lsm', 'struct_ops', 'tracing'],
        args: [
          'ARG_PTR_TO_BTF_ID_SOCK_COMMON',
          'ARG_ANYTHING',
          'ARG_ANYTHING',
          'ARG_PTR_TO_MEM|MEM_RDONLY',
          'ARG_CONST_SIZE',
        ],
      },
    ],
  },
  bpf_getsockopt: {
    id: 57,
    args: ['ARG_PTR_TO_CTX', 'ARG_ANYTHING', 'ARG_ANYTHING', 'ARG_PTR_TO_UNINIT_MEM', 'ARG_CONST_SIZE'],
    ret: 'RET_INTEGER',
    params: ['bpf_socket', 'level', 'optname', 'optval', 'optlen'],
    ctypes: ['void *', 'int', 'int', 'void *', 'int'],
    rtype: 'long',
    gplOnly: false,
    since: '4.15',
    progs: [
      '@sock_addr_sockopt',
      'sock_ops',
      'struct_ops',
      'cgroup_sockopt/cgroup_setsockopt',
      'tracing/trace_iter:tcp',
      'tracing/trace_iter:unix',
      'lsm/lsm_cgroup:sock_graft',
      'lsm/lsm_cgroup:inet_csk_clone',
      'lsm/lsm_cgroup:inet_conn_established',
      'lsm/lsm_cgroup:socket_post_create',
      'lsm/lsm_cgroup:socket_socketpair',
    ],
    variants: [
      {
        for: ['cgroup_sockopt', 'lsm', 'struct_ops', 'tracing'],
        args: [
          'ARG_PTR_TO_BTF_ID_SOCK_COMMON',
          'ARG_ANYTHING',
          'ARG_ANYTHING',
          'ARG_PTR_TO_UNINIT_MEM',
          'ARG_CONST_SIZE',
        ],
      },
    ],
  },
  bpf_bind: {
    id: 64,
    args: ['ARG_PTR_TO_CTX', 'ARG_PTR_TO_MEM|MEM_RDONLY', 'ARG_CONST_SIZE'],
    ret: 'RET_INTEGER',
    params: ['ctx', 'addr', 'addr_len'],
    ctypes: ['struct bpf_sock_addr *', 'struct sockaddr *', 'int'],
    rtype: 'long',
    gplOnly: false,
    since: '4.17',
    progs: ['cgroup_sock_addr/cgroup_inet4_connect', 'cgroup_sock_addr/cgroup_inet6_connect'],
  },
} as const satisfies HelperTable;
