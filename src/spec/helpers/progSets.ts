/** Named sets of prog types that share helpers, so that a helper's row can say `@trace` where the kernel's code shares a function. */

/** Lower-case names of BPF_PROG_TYPE_* without the prefix. */
export const PROG_SETS = {
  /** bpf_tracing_func_proto */
  trace: [
    'kprobe',
    'tracepoint',
    'perf_event',
    'raw_tracepoint',
    'raw_tracepoint_writable',
    'tracing',
    'lsm',
    'syscall',
  ],
  /** tracing_prog_func_proto: programs that get kernel pointers as BTF ids */
  btf: ['tracing', 'lsm', 'syscall'],
  /** tc_cls_act_func_proto */
  tc: ['sched_cls', 'sched_act'],
  /** lwt_out_func_proto */
  lwt: ['lwt_in', 'lwt_out', 'lwt_xmit', 'lwt_seg6local'],
  /** sk_filter_func_proto */
  skb_filter: ['socket_filter', 'cgroup_skb'],
  /** bpf_sk_base_func_proto */
  sk_base: [
    'socket_filter',
    'cgroup_skb',
    'sched_cls',
    'sched_act',
    'xdp',
    'lwt_in',
    'lwt_out',
    'lwt_xmit',
    'lwt_seg6local',
    'sock_ops',
    'sk_msg',
    'sk_skb',
    'flow_dissector',
    'sk_lookup',
    'cgroup_sock_addr',
  ],
  /** cgroup_current_func_proto */
  cgroup_current: ['cgroup_device', 'cgroup_sysctl', 'cgroup_sockopt', 'cgroup_sock', 'cgroup_sock_addr'],
} as const;

export type ProgSetName = keyof typeof PROG_SETS;
