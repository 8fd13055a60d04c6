/** Lightweight tunnels: encapsulation and SRv6. */

import type { HelperTable } from './row.ts';

export const lwtHelpers = {
  bpf_lwt_push_encap: {
    id: 73,
    args: ['ARG_PTR_TO_CTX', 'ARG_ANYTHING', 'ARG_PTR_TO_MEM|MEM_RDONLY', 'ARG_CONST_SIZE'],
    ret: 'RET_INTEGER',
    params: ['skb', 'type', 'hdr', 'len'],
    ctypes: ['struct sk_buff *', 'u32', 'void *', 'u32'],
    rtype: 'long',
    gplOnly: false,
    since: '4.18',
    progs: ['lwt_in', 'lwt_xmit'],
  },
  bpf_lwt_seg6_store_bytes: {
    id: 74,
    args: ['ARG_PTR_TO_CTX', 'ARG_ANYTHING', 'ARG_PTR_TO_MEM|MEM_RDONLY', 'ARG_CONST_SIZE'],
    ret: 'RET_INTEGER',
    params: ['skb', 'offset', 'from', 'len'],
    ctypes: ['struct sk_buff *', 'u32', 'const void *', 'u32'],
    rtype: 'long',
    gplOnly: false,
    since: '4.18',
    progs: ['lwt_seg6local'],
  },
  bpf_lwt_seg6_adjust_srh: {
    id: 75,
    args: ['ARG_PTR_TO_CTX', 'ARG_ANYTHING', 'ARG_ANYTHING'],
    ret: 'RET_INTEGER',
    params: ['skb', 'offset', 'delta'],
    ctypes: ['struct sk_buff *', 'u32', 's32'],
    rtype: 'long',
    gplOnly: false,
    since: '4.18',
    progs: ['lwt_seg6local'],
  },
  bpf_lwt_seg6_action: {
    id: 76,
    args: ['ARG_PTR_TO_CTX', 'ARG_ANYTHING', 'ARG_PTR_TO_MEM|MEM_RDONLY', 'ARG_CONST_SIZE'],
    ret: 'RET_INTEGER',
    params: ['skb', 'action', 'param', 'param_len'],
    ctypes: ['struct sk_buff *', 'u32', 'void *', 'u32'],
    rtype: 'long',
    gplOnly: false,
    since: '4.18',
    progs: ['lwt_seg6local'],
  },
} as const satisfies HelperTable;
