/** Kernel objects by their addresses: which struct one is, and what it stands for in words. */
import { CPUMASK } from '../../maps/kptr.ts';
import type { Arena } from '../../mem/arena.ts';
import { formatIpv4, formatIpv6 } from '../../net/addr.ts';
import { SOCKET_TAG, skFullsock, skMember } from '../../net/inetSock.ts';
import { UAPI } from '../../spec/constants.ts';
import { LAYOUTS, type MemberLayout, offsetOf, type StructName } from '../../spec/layouts.ts';
import { swap16 } from '../../util/bits.ts';
import type { View } from '../view.ts';

/** A kernel object. `detail` tells it from others of its kind: `tcp 10.0.0.1:80 LISTEN`, `eth0`, ''. */
export interface KernelObject {
  readonly struct: string;
  readonly detail: string;
}

/** The kernel object behind a context, by the name of the context's struct. */
const BEHIND: Readonly<Record<string, StructName>> = {
  xdp_md: 'xdp_buff',
  __sk_buff: 'sk_buff',
  sk_msg_md: 'sk_msg',
  sk_reuseport_md: 'sk_reuseport_kern',
  bpf_nf_ctx: 'bpf_nf_ctx',
  bpf_sock_ops: 'bpf_sock_ops_kern',
  bpf_sock_addr: 'bpf_sock_addr_kern',
  bpf_sockopt: 'bpf_sockopt_kern',
  bpf_sysctl: 'bpf_sysctl_kern',
  bpf_sk_lookup: 'bpf_sk_lookup_kern',
  bpf_cgroup_dev_ctx: 'bpf_cgroup_dev_ctx',
  bpf_perf_event_data: 'bpf_perf_event_data_kern',
  bpf_user_pt_regs_t: 'pt_regs',
};

/** Pointers from one object to the next. Sockets are known by their regions, devices by the node. */
const LINKS: Readonly<Record<string, readonly (readonly [offset: number, to: StructName])[]>> = {
  xdp_buff: [
    [offsetOf('xdp_buff', 'rxq'), 'xdp_rxq_info'],
    [offsetOf('xdp_buff', 'txq'), 'xdp_txq_info'],
  ],
  bpf_nf_ctx: [
    [offsetOf('bpf_nf_ctx', 'skb'), 'sk_buff'],
    [offsetOf('bpf_nf_ctx', 'state'), 'nf_hook_state'],
  ],
  sk_reuseport_kern: [[offsetOf('sk_reuseport_kern', 'skb'), 'sk_buff']],
  bpf_sock_ops_kern: [
    [offsetOf('bpf_sock_ops_kern', 'skb'), 'sk_buff'],
    [offsetOf('bpf_sock_ops_kern', 'syn_skb'), 'sk_buff'],
  ],
  bpf_sockopt_kern: [[offsetOf('bpf_sockopt_kern', 'current_task'), 'task_struct']],
  bpf_perf_event_data_kern: [
    [offsetOf('bpf_perf_event_data_kern', 'regs'), 'pt_regs'],
    [offsetOf('bpf_perf_event_data_kern', 'data'), 'perf_sample_data'],
  ],
};

const { AF_INET6, IPPROTO_TCP, IPPROTO_UDP, TCP_LISTEN } = UAPI;
const STATES: Readonly<Record<number, string>> = {
  [UAPI.TCP_ESTABLISHED]: 'ESTABLISHED',
  [UAPI.TCP_SYN_SENT]: 'SYN_SENT',
  [UAPI.TCP_SYN_RECV]: 'SYN_RECV',
  [UAPI.TCP_FIN_WAIT1]: 'FIN_WAIT1',
  [UAPI.TCP_FIN_WAIT2]: 'FIN_WAIT2',
  [UAPI.TCP_TIME_WAIT]: 'TIME_WAIT',
  [UAPI.TCP_CLOSE]: 'CLOSE',
  [UAPI.TCP_CLOSE_WAIT]: 'CLOSE_WAIT',
  [UAPI.TCP_LAST_ACK]: 'LAST_ACK',
  [TCP_LISTEN]: 'LISTEN',
  [UAPI.TCP_CLOSING]: 'CLOSING',
  [UAPI.TCP_NEW_SYN_RECV]: 'NEW_SYN_RECV',
};

function endpoint(arena: Arena, sk: number, v6: boolean, side: 'local' | 'remote'): string {
  const { skc_daddr, skc_rcv_saddr, skc_v6_daddr, skc_v6_rcv_saddr } = LAYOUTS.sock_common.members;
  const [at, size] = side === 'local' ? (v6 ? skc_v6_rcv_saddr : skc_rcv_saddr) : v6 ? skc_v6_daddr : skc_daddr;
  const bytes = arena.bytes(sk + at, size);
  const port =
    side === 'local'
      ? skMember(arena, sk, 'sock_common', 'skc_num')
      : swap16(skMember(arena, sk, 'sock_common', 'skc_dport'));
  const any = bytes.every((b) => b === 0);
  const address = any ? '*' : v6 ? `[${formatIpv6(bytes)}]` : formatIpv4(bytes);
  return `${address}:${port === 0 ? '*' : port}`;
}

/** A socket in words: protocol, addresses, state. Test runs that have no socket of the node give the program an empty one. */
function socketText(arena: Arena, sk: number): string {
  const v6 = skMember(arena, sk, 'sock_common', 'skc_family') === AF_INET6;
  const protocol = skFullsock(arena, sk) ? skMember(arena, sk, 'sock', 'sk_protocol') : IPPROTO_TCP;
  const proto = protocol === IPPROTO_TCP ? 'tcp' : protocol === IPPROTO_UDP ? 'udp' : '';
  const state = STATES[skMember(arena, sk, 'sock_common', 'skc_state')];
  const remote = endpoint(arena, sk, v6, 'remote');
  const ends = remote === '*:*' ? endpoint(arena, sk, v6, 'local') : `${endpoint(arena, sk, v6, 'local')}->${remote}`;
  return [proto, ends, proto === 'tcp' ? state : ''].filter((word) => word).join(' ');
}

function taskObject({ kernel }: View, at: number): KernelObject | undefined {
  const { taskObjects: known, task } = kernel.world;
  if (!known) return undefined;
  if (at === known.task) return { struct: 'task_struct', detail: `${task.comm} ${task.pid}` };
  if (at === known.idle) return { struct: 'task_struct', detail: 'swapper/0' };
  if (at === known.cred) return { struct: 'cred', detail: '' };
  if (at === known.cssSet) return { struct: 'css_set', detail: '' };
  if (at === known.registers) return { struct: 'pt_regs', detail: 'user' };
  const cgroup = known.cgroups.find(([, address]) => address === at);
  return cgroup && { struct: 'cgroup', detail: `id ${cgroup[0]}` };
}

/** Objects that hang on the context; they are few and lie one or two pointers away. */
function behindContext({ kernel, running }: View, at: number): KernelObject | undefined {
  const { arena } = kernel;
  const object = running?.run.context?.object ?? 0;
  if (!running || object === 0) return undefined;
  const { ctxStruct, progType } = running.prog.executable;
  const first = progType === 'flow_dissector' ? 'bpf_flow_dissector' : BEHIND[ctxStruct];
  if (first === undefined) return undefined;
  if (object === at) return { struct: first, detail: 'of the context' };
  for (const [offset, struct] of LINKS[first] ?? []) {
    if (arena.getU32(object + offset) === at) return { struct, detail: 'of the context' };
  }
  return undefined;
}

/** The kernel object whose first byte lies at an address; undefined where nothing tells what it is. */
export function kernelObject(view: View, at: number): KernelObject | undefined {
  const { arena, world } = view.kernel;
  const region = arena.region(at);
  if (region?.kind !== 'kernel' || region.base !== at) return undefined;
  if (region.tag === SOCKET_TAG) return { struct: 'sock', detail: socketText(arena, at) };
  const device = world.net.devices.find((d) => d.object === at);
  if (device) return { struct: 'net_device', detail: device.name };
  const control = world.sockets.congestion.find((c) => c.address === at);
  if (control) return { struct: 'tcp_congestion_ops', detail: control.name };
  const found = taskObject(view, at) ?? behindContext(view, at);
  if (found) return found;
  return region.end - region.base === CPUMASK.size ? { struct: 'bpf_cpumask', detail: '' } : undefined;
}

/** The known member of a kernel struct that a byte belongs to: `pid`, `cb+8`; undefined where none is tabled. */
export function kernelMember(struct: string, offset: number): string | undefined {
  const outer = struct === 'sock' ? [LAYOUTS.sock_common, LAYOUTS.sock] : [LAYOUTS[struct as StructName]];
  for (const layout of outer) {
    const members = Object.entries((layout?.members ?? {}) as Readonly<Record<string, MemberLayout>>);
    const inside = members.filter(([, [at, size]]) => offset >= at && offset < at + size);
    // The smallest one that begins there says most.
    const best = inside.sort(([, a], [, b]) => b[0] - a[0] || a[1] - b[1])[0];
    if (best) return offset === best[1][0] ? best[0] : `${best[0]}+${offset - best[1][0]}`;
  }
  return undefined;
}

/** A kernel object in a few words: `sock(tcp 10.0.0.1:80 LISTEN)`. */
export function objectText(view: View, address: number): string {
  const object = kernelObject(view, address);
  if (!object) return `kernel object 0x${address.toString(16)}`;
  return object.detail === '' ? object.struct : `${object.struct}(${object.detail})`;
}
