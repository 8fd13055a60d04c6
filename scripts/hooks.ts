/** Every kind of program whose rights differ: requests without insns, for the recorders of what may be called from where. */

import { ATTACH_TYPES } from '../src/spec/attachTypes.ts';
import { PROG_TYPES, type ProgTypeName } from '../src/spec/progTypes.ts';
import type { LoadRequest } from '../src/spec/request.ts';

export interface Hook {
  readonly name: string;
  readonly request: LoadRequest;
}

/** Programs whose helpers depend on what they are attached to. */
const TARGETS: Partial<Record<ProgTypeName, Readonly<Record<string, Partial<LoadRequest>>>>> = {
  tracing: {
    'trace_fentry:tcp_v4_connect': { attach_btf_name: 'tcp_v4_connect' },
    'trace_fentry:bpf_sk_storage_free': { attach_btf_name: 'bpf_sk_storage_free' },
    'trace_fexit:tcp_v4_connect': { attach_btf_name: 'tcp_v4_connect' },
    'modify_return:bpf_fentry_test1': { attach_btf_name: 'bpf_fentry_test1' },
    'trace_raw_tp:sched_switch': { attach_btf_name: 'sched_switch' },
    'trace_iter:bpf_map_elem': { attach_btf_name: 'bpf_map_elem' },
    'trace_iter:task': { attach_btf_name: 'task' },
    'trace_iter:tcp': { attach_btf_name: 'tcp' },
    'trace_iter:udp': { attach_btf_name: 'udp' },
    'trace_iter:unix': { attach_btf_name: 'unix' },
  },
  lsm: {
    'lsm_mac:file_open': { attach_btf_name: 'file_open' },
    'lsm_mac:socket_post_create': { attach_btf_name: 'socket_post_create' },
    'lsm_mac:inet_csk_clone': { attach_btf_name: 'inet_csk_clone' },
    'lsm_cgroup:socket_post_create': { attach_btf_name: 'socket_post_create' },
    'lsm_cgroup:socket_bind': { attach_btf_name: 'socket_bind' },
    'lsm_cgroup:sk_alloc_security': { attach_btf_name: 'sk_alloc_security' },
    'lsm_cgroup:inet_csk_clone': { attach_btf_name: 'inet_csk_clone' },
  },
  struct_ops: {
    tcp_congestion_ops: { attach_btf_name: 'tcp_congestion_ops', attach_btf_kind: 'struct', expected_attach_type: 0 },
  },
};

/** `name` is `prog_type`, `prog_type/attach_type` or `prog_type/attach_type:target`. */
export function hooks(): Hook[] {
  const out: Hook[] = [];
  for (const [type, row] of Object.entries(PROG_TYPES) as [ProgTypeName, (typeof PROG_TYPES)[ProgTypeName]][]) {
    const base = { prog_type: row.id, license: 'GPL', log_level: 1, log_keep: 300 };
    const targets = TARGETS[type];
    if (targets !== undefined) {
      for (const [target, fields] of Object.entries(targets)) {
        const attach = ATTACH_TYPES[target.split(':')[0] as keyof typeof ATTACH_TYPES]?.id;
        const request = { ...base, ...(attach === undefined ? {} : { expected_attach_type: attach }), ...fields };
        out.push({ name: `${type}/${target}`, request });
      }
      continue;
    }
    if (type === 'ext') continue;
    if (type === 'syscall') {
      out.push({ name: type, request: { ...base, prog_flags: ['sleepable'] } });
      continue;
    }
    if (!row.attachTypeChecked) out.push({ name: type, request: base });
    for (const attach of row.attachTypes) {
      out.push({ name: `${type}/${attach}`, request: { ...base, expected_attach_type: ATTACH_TYPES[attach].id } });
    }
  }
  return out;
}
