/** Infrared remote controls. The profile's kernel is built without CONFIG_BPF_LIRC_MODE2. */

import type { HelperTable } from './row.ts';

export const lircHelpers = {
  bpf_rc_repeat: {
    id: 77,
    args: ['ARG_PTR_TO_CTX'],
    ret: 'RET_INTEGER',
    params: ['ctx'],
    ctypes: ['void *'],
    rtype: 'long',
    gplOnly: true,
    since: '4.18',
    progs: ['lirc_mode2'],
    config: 'CONFIG_BPF_LIRC_MODE2',
  },
  bpf_rc_keydown: {
    id: 78,
    args: ['ARG_PTR_TO_CTX', 'ARG_ANYTHING', 'ARG_ANYTHING', 'ARG_ANYTHING'],
    ret: 'RET_INTEGER',
    params: ['ctx', 'protocol', 'scancode', 'toggle'],
    ctypes: ['void *', 'u32', 'u64', 'u32'],
    rtype: 'long',
    gplOnly: true,
    since: '4.18',
    progs: ['lirc_mode2'],
    config: 'CONFIG_BPF_LIRC_MODE2',
  },
  bpf_rc_pointer_rel: {
    id: 92,
    args: ['ARG_PTR_TO_CTX', 'ARG_ANYTHING', 'ARG_ANYTHING'],
    ret: 'RET_INTEGER',
    params: ['ctx', 'rel_x', 'rel_y'],
    ctypes: ['void *', 's32', 's32'],
    rtype: 'long',
    gplOnly: true,
    since: '5.0',
    progs: ['lirc_mode2'],
    config: 'CONFIG_BPF_LIRC_MODE2',
  },
} as const satisfies HelperTable;
