/** Helpers of sock_ops programs: callback flags and TCP header options. */

import type { HelperTable } from './row.ts';

export const sockopsHelpers = {
  bpf_sock_ops_cb_flags_set: {
    id: 59,
    args: ['ARG_PTR_TO_CTX', 'ARG_ANYTHING'],
    ret: 'RET_INTEGER',
    params: ['bpf_sock', 'argval'],
    ctypes: ['struct bpf_sock_ops *', 'int'],
    rtype: 'long',
    gplOnly: false,
    since: '4.16',
    progs: ['sock_ops'],
  },
  bpf_load_hdr_opt: {
    id: 142,
    args: ['ARG_PTR_TO_CTX', 'ARG_PTR_TO_MEM|MEM_WRITE', 'ARG_CONST_SIZE', 'ARG_ANYTHING'],
    ret: 'RET_INTEGER',
    params: ['skops', 'searchby_res', 'len', 'flags'],
    ctypes: ['struct bpf_sock_ops *', 'void *', 'u32', 'u64'],
    rtype: 'long',
    gplOnly: false,
    since: '5.10',
    progs: ['sock_ops'],
  },
  bpf_store_hdr_opt: {
    id: 143,
    args: ['ARG_PTR_TO_CTX', 'ARG_PTR_TO_MEM|MEM_RDONLY', 'ARG_CONST_SIZE', 'ARG_ANYTHING'],
    ret: 'RET_INTEGER',
    params: ['skops', 'from', 'len', 'flags'],
    ctypes: ['struct bpf_sock_ops *', 'const void *', 'u32', 'u64'],
    rtype: 'long',
    gplOnly: false,
    since: '5.10',
    progs: ['sock_ops'],
  },
  bpf_reserve_hdr_opt: {
    id: 144,
    args: ['ARG_PTR_TO_CTX', 'ARG_ANYTHING', 'ARG_ANYTHING'],
    ret: 'RET_INTEGER',
    params: ['skops', 'len', 'flags'],
    ctypes: ['struct bpf_sock_ops *', 'u32', 'u64'],
    rtype: 'long',
    gplOnly: false,
    since: '5.10',
    progs: ['sock_ops'],
  },
} as const satisfies HelperTable;
