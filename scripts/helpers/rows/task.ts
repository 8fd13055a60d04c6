/** The current task, cgroups, performance counters, SYN cookies. */
import type { Arg } from '../steps.ts';
import { input, number, output } from '../values.ts';
import type { Gen, RowTable } from './row.ts';

const index = ({ r }: Gen): bigint => r.pick([0n, 1n, 2n, 0xffffffffn, number(r)]);

/** Cookies are keyed by numbers that are drawn at boot. */
const cookie =
  (name: 'bpf_tcp_raw_gen_syncookie_ipv4' | 'bpf_tcp_raw_gen_syncookie_ipv6') =>
  ({ r, call }: Gen) => [call(name, [input(r), input(r), BigInt(r.pick([20, 20, 24, 40, 60, 8, 0]))], 'high')];

export const taskRows: RowTable = {
  bpf_get_current_task: ({ call }) => [call('bpf_get_current_task', [], 'nonzero')],
  bpf_get_current_task_btf: ({ call }) => [call('bpf_get_current_task_btf', [], 'ignore')],
  bpf_skb_under_cgroup: (g) => [g.call('bpf_skb_under_cgroup', ['ctx', { map: g.maps.get('cgroup_array') }, index(g)])],
  bpf_current_task_under_cgroup: (g) => [
    g.call('bpf_current_task_under_cgroup', [{ map: g.maps.get('cgroup_array') }, index(g)]),
  ],
  bpf_perf_event_read: (g) => [g.call('bpf_perf_event_read', [{ map: g.maps.get('perf_event_array') }, index(g)])],
  bpf_perf_event_read_value: (g) => {
    const out: Arg = output(g.r);
    const size = BigInt(g.r.pick([24, 24, 8, 32]));
    return [g.call('bpf_perf_event_read_value', [{ map: g.maps.get('perf_event_array') }, index(g), out, size])];
  },
  // Which bucket a stack falls into depends on the kernel's addresses.
  bpf_get_stackid: (g) => [
    g.call(
      'bpf_get_stackid',
      [
        'ctx',
        { map: g.maps.get('stack_trace') },
        g.r.pick([0n, 1n, 0x100n, 0x200n, 0x400n, 0x600n, 0x800n, number(g.r)]),
      ],
      'high',
    ),
  ],
  bpf_get_local_storage: (g) => [g.call('bpf_get_local_storage', [{ map: g.maps.get('cgroup_storage') }, 0n], 'bump')],
  bpf_tcp_raw_gen_syncookie_ipv4: cookie('bpf_tcp_raw_gen_syncookie_ipv4'),
  bpf_tcp_raw_gen_syncookie_ipv6: cookie('bpf_tcp_raw_gen_syncookie_ipv6'),
};
