/** Named sets of prog types that share helpers, so that a helper's row can say `@trace` where the kernel's code shares a function. */

/** Prog types, or `type/attach_type` where it depends on the attachment; lower-case names of the uapi enums without their prefix. */
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
  /** sock_addr_func_proto: bpf_setsockopt and bpf_getsockopt, so every hook with an IP socket and connect and messages of AF_UNIX */
  sock_addr_sockopt: [
    'cgroup_sock_addr/cgroup_inet4_bind',
    'cgroup_sock_addr/cgroup_inet6_bind',
    'cgroup_sock_addr/cgroup_inet4_connect',
    'cgroup_sock_addr/cgroup_inet6_connect',
    'cgroup_sock_addr/cgroup_unix_connect',
    'cgroup_sock_addr/cgroup_udp4_sendmsg',
    'cgroup_sock_addr/cgroup_udp6_sendmsg',
    'cgroup_sock_addr/cgroup_unix_sendmsg',
    'cgroup_sock_addr/cgroup_udp4_recvmsg',
    'cgroup_sock_addr/cgroup_udp6_recvmsg',
    'cgroup_sock_addr/cgroup_unix_recvmsg',
    'cgroup_sock_addr/cgroup_inet4_getpeername',
    'cgroup_sock_addr/cgroup_inet6_getpeername',
    'cgroup_sock_addr/cgroup_inet4_getsockname',
    'cgroup_sock_addr/cgroup_inet6_getsockname',
  ],
  /** cgroup_common_func_proto: the sock_addr hooks whose return value can be replaced */
  sock_addr_retval: [
    'cgroup_sock_addr/cgroup_inet4_bind',
    'cgroup_sock_addr/cgroup_inet6_bind',
    'cgroup_sock_addr/cgroup_inet4_connect',
    'cgroup_sock_addr/cgroup_inet6_connect',
    'cgroup_sock_addr/cgroup_unix_connect',
    'cgroup_sock_addr/cgroup_udp4_sendmsg',
    'cgroup_sock_addr/cgroup_udp6_sendmsg',
    'cgroup_sock_addr/cgroup_unix_sendmsg',
  ],
} as const;

export type ProgSetName = keyof typeof PROG_SETS;
