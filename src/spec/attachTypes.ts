/** Attach types of 6.12. The key is the name that bpftool and libbpf print. */

export interface AttachTypeRow {
  /** Number in enum bpf_attach_type, the load attribute `expected_attach_type`. */
  readonly id: number;
  /** Name in enum bpf_attach_type. */
  readonly kernel: `BPF_${string}`;
  readonly since: string;
}

export const ATTACH_TYPES = {
  cgroup_inet_ingress: { id: 0, kernel: 'BPF_CGROUP_INET_INGRESS', since: '4.10' },
  cgroup_inet_egress: { id: 1, kernel: 'BPF_CGROUP_INET_EGRESS', since: '4.10' },
  cgroup_inet_sock_create: { id: 2, kernel: 'BPF_CGROUP_INET_SOCK_CREATE', since: '4.10' },
  cgroup_sock_ops: { id: 3, kernel: 'BPF_CGROUP_SOCK_OPS', since: '4.13' },
  sk_skb_stream_parser: { id: 4, kernel: 'BPF_SK_SKB_STREAM_PARSER', since: '4.14' },
  sk_skb_stream_verdict: { id: 5, kernel: 'BPF_SK_SKB_STREAM_VERDICT', since: '4.14' },
  cgroup_device: { id: 6, kernel: 'BPF_CGROUP_DEVICE', since: '4.15' },
  sk_msg_verdict: { id: 7, kernel: 'BPF_SK_MSG_VERDICT', since: '4.17' },
  cgroup_inet4_bind: { id: 8, kernel: 'BPF_CGROUP_INET4_BIND', since: '4.17' },
  cgroup_inet6_bind: { id: 9, kernel: 'BPF_CGROUP_INET6_BIND', since: '4.17' },
  cgroup_inet4_connect: { id: 10, kernel: 'BPF_CGROUP_INET4_CONNECT', since: '4.17' },
  cgroup_inet6_connect: { id: 11, kernel: 'BPF_CGROUP_INET6_CONNECT', since: '4.17' },
  cgroup_inet4_post_bind: { id: 12, kernel: 'BPF_CGROUP_INET4_POST_BIND', since: '4.17' },
  cgroup_inet6_post_bind: { id: 13, kernel: 'BPF_CGROUP_INET6_POST_BIND', since: '4.17' },
  cgroup_udp4_sendmsg: { id: 14, kernel: 'BPF_CGROUP_UDP4_SENDMSG', since: '4.18' },
  cgroup_udp6_sendmsg: { id: 15, kernel: 'BPF_CGROUP_UDP6_SENDMSG', since: '4.18' },
  lirc_mode2: { id: 16, kernel: 'BPF_LIRC_MODE2', since: '4.18' },
  flow_dissector: { id: 17, kernel: 'BPF_FLOW_DISSECTOR', since: '4.20' },
  cgroup_sysctl: { id: 18, kernel: 'BPF_CGROUP_SYSCTL', since: '5.2' },
  cgroup_udp4_recvmsg: { id: 19, kernel: 'BPF_CGROUP_UDP4_RECVMSG', since: '5.2' },
  cgroup_udp6_recvmsg: { id: 20, kernel: 'BPF_CGROUP_UDP6_RECVMSG', since: '5.2' },
  cgroup_getsockopt: { id: 21, kernel: 'BPF_CGROUP_GETSOCKOPT', since: '5.3' },
  cgroup_setsockopt: { id: 22, kernel: 'BPF_CGROUP_SETSOCKOPT', since: '5.3' },
  trace_raw_tp: { id: 23, kernel: 'BPF_TRACE_RAW_TP', since: '5.5' },
  trace_fentry: { id: 24, kernel: 'BPF_TRACE_FENTRY', since: '5.5' },
  trace_fexit: { id: 25, kernel: 'BPF_TRACE_FEXIT', since: '5.5' },
  modify_return: { id: 26, kernel: 'BPF_MODIFY_RETURN', since: '5.7' },
  lsm_mac: { id: 27, kernel: 'BPF_LSM_MAC', since: '5.7' },
  trace_iter: { id: 28, kernel: 'BPF_TRACE_ITER', since: '5.8' },
  cgroup_inet4_getpeername: { id: 29, kernel: 'BPF_CGROUP_INET4_GETPEERNAME', since: '5.8' },
  cgroup_inet6_getpeername: { id: 30, kernel: 'BPF_CGROUP_INET6_GETPEERNAME', since: '5.8' },
  cgroup_inet4_getsockname: { id: 31, kernel: 'BPF_CGROUP_INET4_GETSOCKNAME', since: '5.8' },
  cgroup_inet6_getsockname: { id: 32, kernel: 'BPF_CGROUP_INET6_GETSOCKNAME', since: '5.8' },
  xdp_devmap: { id: 33, kernel: 'BPF_XDP_DEVMAP', since: '5.8' },
  cgroup_inet_sock_release: { id: 34, kernel: 'BPF_CGROUP_INET_SOCK_RELEASE', since: '5.9' },
  xdp_cpumap: { id: 35, kernel: 'BPF_XDP_CPUMAP', since: '5.9' },
  sk_lookup: { id: 36, kernel: 'BPF_SK_LOOKUP', since: '5.9' },
  xdp: { id: 37, kernel: 'BPF_XDP', since: '5.9' },
  sk_skb_verdict: { id: 38, kernel: 'BPF_SK_SKB_VERDICT', since: '5.13' },
  sk_reuseport_select: { id: 39, kernel: 'BPF_SK_REUSEPORT_SELECT', since: '5.14' },
  sk_reuseport_select_or_migrate: { id: 40, kernel: 'BPF_SK_REUSEPORT_SELECT_OR_MIGRATE', since: '5.14' },
  perf_event: { id: 41, kernel: 'BPF_PERF_EVENT', since: '5.15' },
  trace_kprobe_multi: { id: 42, kernel: 'BPF_TRACE_KPROBE_MULTI', since: '5.18' },
  lsm_cgroup: { id: 43, kernel: 'BPF_LSM_CGROUP', since: '6.0' },
  struct_ops: { id: 44, kernel: 'BPF_STRUCT_OPS', since: '6.3' },
  netfilter: { id: 45, kernel: 'BPF_NETFILTER', since: '6.4' },
  tcx_ingress: { id: 46, kernel: 'BPF_TCX_INGRESS', since: '6.6' },
  tcx_egress: { id: 47, kernel: 'BPF_TCX_EGRESS', since: '6.6' },
  trace_uprobe_multi: { id: 48, kernel: 'BPF_TRACE_UPROBE_MULTI', since: '6.6' },
  cgroup_unix_connect: { id: 49, kernel: 'BPF_CGROUP_UNIX_CONNECT', since: '6.7' },
  cgroup_unix_sendmsg: { id: 50, kernel: 'BPF_CGROUP_UNIX_SENDMSG', since: '6.7' },
  cgroup_unix_recvmsg: { id: 51, kernel: 'BPF_CGROUP_UNIX_RECVMSG', since: '6.7' },
  cgroup_unix_getpeername: { id: 52, kernel: 'BPF_CGROUP_UNIX_GETPEERNAME', since: '6.7' },
  cgroup_unix_getsockname: { id: 53, kernel: 'BPF_CGROUP_UNIX_GETSOCKNAME', since: '6.7' },
  netkit_primary: { id: 54, kernel: 'BPF_NETKIT_PRIMARY', since: '6.7' },
  netkit_peer: { id: 55, kernel: 'BPF_NETKIT_PEER', since: '6.7' },
  trace_kprobe_session: { id: 56, kernel: 'BPF_TRACE_KPROBE_SESSION', since: '6.10' },
} as const satisfies Readonly<Record<string, AttachTypeRow>>;

export type AttachTypeName = keyof typeof ATTACH_TYPES;

const BY_ID: ReadonlyMap<number, AttachTypeName> = new Map(
  (Object.keys(ATTACH_TYPES) as AttachTypeName[]).map((name) => [ATTACH_TYPES[name].id, name]),
);
const BY_KERNEL_NAME: ReadonlyMap<string, AttachTypeName> = new Map(
  (Object.keys(ATTACH_TYPES) as AttachTypeName[]).map((name) => [ATTACH_TYPES[name].kernel, name]),
);

/** Names that SEC() and people use. */
const SHORT: Readonly<Record<string, AttachTypeName>> = {
  fentry: 'trace_fentry',
  fexit: 'trace_fexit',
  fmod_ret: 'modify_return',
  iter: 'trace_iter',
  tp_btf: 'trace_raw_tp',
  lsm: 'lsm_mac',
};

/** Name of an attach type number; undefined when 6.12 has none. */
export function attachTypeName(id: number): AttachTypeName | undefined {
  return BY_ID.get(id);
}

/** Row of an attach type by its number, its name, its BPF_ name or the short form of one (`fentry`). */
export function attachTypeRow(type: number | string): AttachTypeRow | undefined {
  const name =
    typeof type === 'number'
      ? BY_ID.get(type)
      : (BY_KERNEL_NAME.get(type) ?? (Object.hasOwn(SHORT, type) ? SHORT[type] : type));
  return name !== undefined && Object.hasOwn(ATTACH_TYPES, name) ? ATTACH_TYPES[name as AttachTypeName] : undefined;
}
