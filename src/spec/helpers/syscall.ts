/** Helpers of syscall programs (BPF loaders). */

import type { HelperTable } from './row.ts';

export const syscallHelpers = {
  bpf_sys_bpf: {
    id: 166,
    args: ['ARG_ANYTHING', 'ARG_PTR_TO_MEM|MEM_RDONLY', 'ARG_CONST_SIZE'],
    ret: 'RET_INTEGER',
    params: ['cmd', 'attr', 'attr_size'],
    ctypes: ['int', 'void *', 'u32'],
    rtype: 'long',
    gplOnly: false,
    mightSleep: true,
    since: '5.14',
    progs: ['syscall'],
  },
  bpf_btf_find_by_name_kind: {
    id: 167,
    args: ['ARG_PTR_TO_MEM|MEM_RDONLY', 'ARG_CONST_SIZE', 'ARG_ANYTHING', 'ARG_ANYTHING'],
    ret: 'RET_INTEGER',
    params: ['name', 'name_sz', 'kind', 'flags'],
    ctypes: ['char *', 'int', 'u32', 'int'],
    rtype: 's64',
    gplOnly: false,
    mightSleep: true,
    since: '5.14',
    progs: ['syscall'],
  },
  bpf_sys_close: {
    id: 168,
    args: ['ARG_ANYTHING'],
    ret: 'RET_INTEGER',
    params: ['fd'],
    ctypes: ['u32'],
    rtype: 'long',
    gplOnly: false,
    mightSleep: true,
    since: '5.14',
    progs: ['syscall'],
  },
  bpf_kallsyms_lookup_name: {
    id: 179,
    args: [
      'ARG_PTR_TO_MEM',
      'ARG_CONST_SIZE_OR_ZERO',
      'ARG_ANYTHING',
      'ARG_PTR_TO_FIXED_SIZE_MEM|MEM_UNINIT|MEM_WRITE|MEM_ALIGNED',
    ],
    ret: 'RET_INTEGER',
    params: ['name', 'name_sz', 'flags', 'res'],
    ctypes: ['const char *', 'int', 'int', 'u64 *'],
    rtype: 'long',
    gplOnly: false,
    argSize: { 4: 8 },
    since: '5.16',
    progs: ['syscall'],
  },
} as const satisfies HelperTable;
