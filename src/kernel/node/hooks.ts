/** Where programs can be attached to the node: a row a hook. */
import type { ProgTypeName } from '../../spec/progTypes.ts';

/** What a hook belongs to. */
type HookOf = 'device' | 'cgroup' | 'netns' | 'function';

interface HookRow {
  readonly of: HookOf;
  /** The prog type that goes there. */
  readonly progType: ProgTypeName;
}

/** By name: the attach types of bpftool and libbpf; `tc_` hooks are those of clsact, which come after tcx. */
export const HOOKS = {
  xdp: { of: 'device', progType: 'xdp' },
  tcx_ingress: { of: 'device', progType: 'sched_cls' },
  tcx_egress: { of: 'device', progType: 'sched_cls' },
  tc_ingress: { of: 'device', progType: 'sched_cls' },
  tc_egress: { of: 'device', progType: 'sched_cls' },
  cgroup_inet_ingress: { of: 'cgroup', progType: 'cgroup_skb' },
  cgroup_inet_egress: { of: 'cgroup', progType: 'cgroup_skb' },
  cgroup_inet4_connect: { of: 'cgroup', progType: 'cgroup_sock_addr' },
  cgroup_inet6_connect: { of: 'cgroup', progType: 'cgroup_sock_addr' },
  cgroup_udp4_sendmsg: { of: 'cgroup', progType: 'cgroup_sock_addr' },
  cgroup_udp4_recvmsg: { of: 'cgroup', progType: 'cgroup_sock_addr' },
  sk_lookup: { of: 'netns', progType: 'sk_lookup' },
  fentry: { of: 'function', progType: 'tracing' },
  fexit: { of: 'function', progType: 'tracing' },
} as const satisfies Readonly<Record<string, HookRow>>;

/** The name of a hook. */
export type LinkHook = keyof typeof HOOKS;
