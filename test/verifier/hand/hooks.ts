/** One program section for each kind of program and attachment, and texts that many of them share. */
import type { LoadRequest } from '../../../src/spec/request.ts';
import { requestOfText } from './bpfFiles.ts';

export const SECTIONS = [
  'socket',
  'tc',
  'action',
  'xdp',
  'xdp/devmap',
  'lwt_in',
  'lwt_out',
  'lwt_xmit',
  'lwt_seg6local',
  'sockops',
  'sk_skb/stream_parser',
  'sk_skb/stream_verdict',
  'sk_msg',
  'flow_dissector',
  'sk_reuseport',
  'sk_reuseport/migrate',
  'sk_lookup',
  'netfilter',
  'cgroup_skb/ingress',
  'cgroup_skb/egress',
  'cgroup/sock_create',
  'cgroup/sock_release',
  'cgroup/post_bind4',
  'cgroup/post_bind6',
  'cgroup/bind4',
  'cgroup/bind6',
  'cgroup/connect4',
  'cgroup/connect6',
  'cgroup/connect_unix',
  'cgroup/sendmsg4',
  'cgroup/sendmsg_unix',
  'cgroup/recvmsg4',
  'cgroup/recvmsg_unix',
  'cgroup/getpeername4',
  'cgroup/getsockname6',
  'cgroup/sysctl',
  'cgroup/getsockopt',
  'cgroup/setsockopt',
  'cgroup/dev',
  'kprobe/tcp_connect',
  'kprobe.multi/tcp_connect',
  'kprobe.session/tcp_connect',
  'uprobe.s/x:y',
  'tp/sched/sched_switch',
  'raw_tp/sched_switch',
  'raw_tp.w/sched_switch',
  'perf_event',
  'tp_btf/sched_switch',
  'fentry/tcp_connect',
  'fexit/tcp_connect',
  'fentry.s/__x64_sys_openat',
  'fmod_ret/security_file_open',
  'lsm/file_open',
  'lsm.s/file_open',
  'lsm/bprm_committed_creds',
  'lsm_cgroup/socket_bind',
  'iter/task',
  'iter/bpf_map_elem',
  'iter/tcp',
  'iter.s/task',
  'syscall',
] as const;

export const HEAD = '.section license\n.asciz "GPL"\n';

const assembled = new Map<string, LoadRequest>();
const hooks = new Map<string, LoadRequest>();

function once(known: Map<string, LoadRequest>, key: string, text: string): LoadRequest {
  const request = known.get(key) ?? requestOfText(key, text);
  known.set(key, request);
  return request;
}

/** A program without BTF, assembled once, at a hook. `maps` stands before the section. */
export function atHook(name: string, section: string, body: string, maps = ''): LoadRequest {
  const { insns, map_relocs, maps: made } = once(assembled, maps + body, `${HEAD}${maps}.section "tc"\n${body}\n`);
  const hook = once(hooks, section, `${HEAD}.section "${section}"\nr0 = 0\nexit\n`);
  return {
    ...hook,
    name,
    ...(insns !== undefined && { insns }),
    ...(map_relocs !== undefined && { map_relocs }),
    ...(made !== undefined && { maps: made }),
  };
}
