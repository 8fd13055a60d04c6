/** Random calls of the helpers around the current task, cgroups, probes, storage and stacks: a row a theme. */

import type { HelperName } from '../../src/spec/helpers/params.ts';
import { offsetOf } from '../../src/spec/layouts.ts';
import type { MapRequest } from '../../src/spec/request.ts';
import type { Random } from '../../test/random.ts';
import type { Arg, Call, Load, Program } from './code.ts';

type Row = (r: Random) => Omit<Program, 'name'>;

/** The prog types that may call what every type may. */
const ALL = [
  'raw_tracepoint',
  'syscall',
  'cgroup_skb',
  'socket_filter',
  'xdp',
  'sched_cls',
  'lwt_xmit',
  'flow_dissector',
];
const TRACE = ['raw_tracepoint', 'syscall'];

const call = (helper: HelperName, ...args: Arg[]): Call => ({ helper, args });
const some = <T>(r: Random, make: () => T): T[] => Array.from({ length: 1 + r.below(6) }, make);
const out = (r: Random): Arg => ({ out: 64 * r.below(8) });
const size = (r: Random, smallest = 0): bigint => BigInt(r.pick([smallest, 1, 2, 3, 7, 8, 15, 16, 17, 32, 40, 64]));

/** Addresses that are nobody's: of user space, at and around its end, not canonical, unmapped in the kernel's half. */
const ADDRESSES = [
  0n,
  1n,
  0xfffn,
  0x1000n,
  0x10000n,
  0x7fffffffefffn,
  0x7ffffffff000n,
  0x7fffffffffffn,
  0x800000000000n,
  0x0123456789abcdefn,
  0x8000000000000000n,
  0xdead000000000000n,
  0xffff7fffffffffffn,
  0xffff800000000000n,
  0xffffc8ffffffff00n,
  0xffffffffff5fffffn,
  0xffffffffff600000n,
  0xffffffffff600fffn,
  0xfffffffffffff000n,
  0xffffffffffffffffn,
];
const address = (r: Random): Arg => (r.bool(0.35) ? { in: r.below(240) } : r.pick(ADDRESSES));
const flags = (r: Random, valid: number): bigint =>
  r.weighted<bigint>([
    [6, () => BigInt(r.next() & valid)],
    [4, () => 0n],
    [1, () => 1n << BigInt(r.below(64))],
  ]);

/** The memory that a read begins in may hold what is not the input only behind its end: stay inside. */
const inside = (from: Arg, wanted: bigint): bigint =>
  typeof from === 'object' && 'in' in from ? BigInt(Math.min(Number(wanted), 256 - from.in)) : wanted;

function probe(r: Random, helper: HelperName): Call {
  const from = address(r);
  return call(helper, out(r), inside(from, size(r)), from);
}

const storage = (type: string, value_size = 8): MapRequest => ({
  name: 'st',
  type,
  key_size: 4,
  value_size,
  max_entries: 0,
  map_flags: 1,
  btf: longBtf(),
  btf_key_type_id: 1,
  btf_value_type_id: 2,
});

/** A BTF blob with two types: 1, `int` of 4 bytes, and 2, `long` of 8. */
function longBtf(): string {
  const strings = '\0int\0long\0';
  const types = [1, 1 << 24, 4, 0x01000020, 5, 1 << 24, 8, 0x01000040];
  const words = [0x0001eb9f, 24, 0, 4 * types.length, 4 * types.length, strings.length, ...types];
  const bytes = Buffer.alloc(4 * words.length + strings.length);
  for (const [i, word] of words.entries()) bytes.writeInt32LE(word, 4 * i);
  bytes.write(strings, 4 * words.length, 'latin1');
  return bytes.toString('hex');
}

function storageCalls(r: Random, get: HelperName, remove: HelperName): Call[] {
  return some(r, () =>
    r.bool(0.7)
      ? {
          helper: get,
          args: [
            { map: 2 },
            'object',
            r.bool(0.5) ? 0n : { in: 8 * r.below(8) },
            r.bool(0.85) ? r.pick([0n, 1n]) : flags(r, 3),
          ],
          keep: 'bump',
        }
      : call(remove, { map: 2 }, 'object'),
  );
}

const cgroups: MapRequest = { name: 'cg', type: 'cgroup_array', key_size: 4, value_size: 4, max_entries: 3 };
const counters: MapRequest = { name: 'pe', type: 'perf_event_array', key_size: 4, value_size: 4, max_entries: 2 };
const index = (r: Random): bigint => r.pick([0n, 1n, 2n, 3n, 4n, 0xffffffffn, 0x80000000n]);

/** Members of the task that say the same of every first process. */
const MEMBERS = [
  'pid',
  'tgid',
  'comm',
  'prio',
  'static_prio',
  'normal_prio',
  'rt_priority',
  'policy',
  'nr_cpus_allowed',
  'exit_state',
  'exit_code',
  'exit_signal',
] as const;

export const ROWS: Readonly<Record<string, Row>> = {
  task: (r) => ({
    type: r.pick(TRACE),
    calls: some(r, () =>
      r.weighted<Call>([
        [1, () => call('bpf_get_current_pid_tgid')],
        [1, () => call('bpf_get_current_uid_gid')],
        [2, () => call('bpf_get_current_comm', out(r), size(r, 1))],
        [1, () => ({ ...call('bpf_get_current_task'), keep: 'nonzero' })],
        [2, () => call('bpf_send_signal', r.pick([0n, 9n, 64n, 65n, 0xffffffffn]))],
        [1, () => call('bpf_send_signal_thread', r.pick([0n, 9n, 65n]))],
        [2, () => call('bpf_get_branch_snapshot', out(r), size(r), flags(r, 1))],
      ]),
    ),
  }),
  anyone: (r) => ({
    type: r.pick(ALL),
    object: 'task',
    calls: some(r, () =>
      r.weighted<Call>([
        [2, () => call('bpf_get_current_pid_tgid')],
        [1, () => ({ ...call('bpf_get_current_task'), keep: 'nonzero' })],
        [1, () => ({ ...call('bpf_get_current_task_btf'), keep: 'nonzero' })],
        [1, () => ({ ...call('bpf_task_pt_regs', 'object'), keep: 'nonzero' })],
        [1, () => call('bpf_get_current_cgroup_id')],
        [
          2,
          () =>
            call('bpf_get_current_ancestor_cgroup_id', r.pick([0n, 1n, 2n, 0xffffffffn, 0x100000000n, 0x7fffffffn])),
        ],
        [
          4,
          () =>
            call(
              'bpf_get_ns_current_pid_tgid',
              r.pick([4n, 4n, 4n, 0n, 0x100000004n]),
              r.pick([0xeffffffcn, 0xeffffffcn, 0n, 0x1effffffcn]),
              out(r),
              r.pick([8n, 8n, 4n, 16n]),
            ),
        ],
        [1, () => call('bpf_get_numa_node_id')],
        [1, () => call('bpf_get_smp_processor_id')],
      ]),
    ),
  }),
  probe: (r) => ({
    type: r.pick(TRACE),
    calls: some(r, () =>
      probe(
        r,
        r.pick([
          'bpf_probe_read',
          'bpf_probe_read_str',
          'bpf_probe_read_kernel',
          'bpf_probe_read_kernel_str',
          'bpf_probe_read_user',
          'bpf_probe_read_user_str',
        ]),
      ),
    ),
  }),
  probe_net: (r) => ({
    type: r.pick(ALL),
    calls: some(r, () =>
      probe(
        r,
        r.pick([
          'bpf_probe_read_kernel',
          'bpf_probe_read_kernel_str',
          'bpf_probe_read_user',
          'bpf_probe_read_user_str',
        ]),
      ),
    ),
  }),
  probe_object: (r) => ({
    type: r.pick(ALL),
    object: 'task',
    calls: some(r, () => {
      const member = r.pick(MEMBERS);
      return r.weighted<Call | Load>([
        [2, () => call('bpf_probe_read_kernel', out(r), 4n, { object: offsetOf('task_struct', member) })],
        [1, () => call('bpf_probe_read_kernel_str', out(r), size(r), { object: offsetOf('task_struct', 'comm') })],
        [1, () => call('bpf_probe_read_user', out(r), size(r, 1), { object: offsetOf('task_struct', member) })],
        [3, () => ({ load: offsetOf('task_struct', member), size: 4 })],
      ]);
    }),
  }),
  cgroup_object: (r) => ({
    type: 'raw_tracepoint',
    object: 'cgroup',
    calls: [
      { load: offsetOf('cgroup', 'level'), size: 4 },
      call('bpf_probe_read_kernel', out(r), 4n, { object: offsetOf('cgroup', 'level') }),
    ],
  }),
  write_user: (r) => ({
    type: r.pick(TRACE),
    calls: some(r, () => call('bpf_probe_write_user', r.pick(ADDRESSES), { in: 0 }, size(r, 1))),
  }),
  copy_user: (r) => ({
    type: 'syscall',
    object: 'task',
    calls: some(r, () =>
      r.bool(0.5)
        ? call('bpf_copy_from_user', out(r), size(r), r.pick(ADDRESSES))
        : call('bpf_copy_from_user_task', out(r), size(r), r.pick(ADDRESSES), 'object', flags(r, 1)),
    ),
  }),
  under_cgroup: (r) => {
    const type = r.pick(['raw_tracepoint', 'sched_cls', 'lwt_xmit']);
    return {
      type,
      maps: [cgroups],
      calls: some(r, () =>
        type === 'raw_tracepoint'
          ? call('bpf_current_task_under_cgroup', { map: 2 }, index(r))
          : call('bpf_skb_under_cgroup', 'ctx', { map: 2 }, index(r)),
      ),
    };
  },
  skb_cgroup: (r) => {
    const level = (): bigint => r.pick([0n, 1n, 2n, 0xffffffffn]);
    return {
      type: r.pick(['cgroup_skb', 'sched_cls']),
      calls: some(r, () =>
        r.bool(0.4) ? call('bpf_skb_cgroup_id', 'ctx') : call('bpf_skb_ancestor_cgroup_id', 'ctx', level()),
      ),
    };
  },
  sk_cgroup: (r) => {
    const level = (): bigint => r.pick([0n, 1n, 2n, 0xffffffffn]);
    return {
      type: 'cgroup_skb',
      object: 'sock',
      calls: some(r, () =>
        r.bool(0.4) ? call('bpf_sk_cgroup_id', 'object') : call('bpf_sk_ancestor_cgroup_id', 'object', level()),
      ),
    };
  },
  counters: (r) => ({
    type: 'raw_tracepoint',
    maps: [counters],
    calls: some(r, () => {
      const which = r.weighted<bigint>([
        [3, () => index(r)],
        [1, () => flags(r, 0xff)],
      ]);
      return r.bool(0.5)
        ? call('bpf_perf_event_read', { map: 2 }, which)
        : call('bpf_perf_event_read_value', { map: 2 }, which, out(r), r.pick([24n, 24n, 16n, 32n]));
    }),
  }),
  cookie: () => ({ type: 'raw_tracepoint', calls: [call('bpf_get_attach_cookie', 'ctx')] }),
  task_storage: (r) => ({
    type: r.pick(TRACE),
    object: 'task',
    maps: [storage('task_storage')],
    calls: storageCalls(r, 'bpf_task_storage_get', 'bpf_task_storage_delete'),
    runs: 1 + r.below(3),
  }),
  cgrp_storage: (r) => ({
    type: 'raw_tracepoint',
    object: 'cgroup',
    maps: [storage('cgrp_storage')],
    calls: storageCalls(r, 'bpf_cgrp_storage_get', 'bpf_cgrp_storage_delete'),
    runs: 1 + r.below(3),
  }),
  sk_storage: (r) => ({
    type: r.pick(['cgroup_skb', 'sched_cls']),
    object: 'sock',
    maps: [storage('sk_storage')],
    calls: storageCalls(r, 'bpf_sk_storage_get', 'bpf_sk_storage_delete'),
    runs: 1 + r.below(3),
  }),
  local_storage: (r) => ({
    type: 'cgroup_skb',
    maps: [
      { name: 'a', type: 'cgroup_storage', key_size: r.pick([8, 16]), value_size: r.pick([8, 12]), max_entries: 0 },
      {
        name: 'b',
        type: 'percpu_cgroup_storage',
        key_size: r.pick([8, 16]),
        value_size: r.pick([8, 12]),
        max_entries: 0,
      },
    ],
    calls: some(r, () => ({ ...call('bpf_get_local_storage', { map: r.pick([2, 3]) }, 0n), keep: 'bump' })),
    runs: 1 + r.below(3),
    ...(r.bool(0.5) && { run: { data: `${'00'.repeat(12)}080045${'00'.repeat(49)}`, repeat: 1 + r.below(4) } }),
  }),
  find_vma: (r) => ({
    type: r.pick(TRACE),
    object: 'task',
    calls: some(r, () => call('bpf_find_vma', 'object', r.pick(ADDRESSES), 'callback', 0n, flags(r, 1))),
  }),
  stack: (r) => ({
    type: r.pick(TRACE),
    scrub: true,
    object: 'task',
    calls: some(r, () => {
      const which = r.weighted<bigint>([
        [4, () => BigInt(r.pick([0, 1, 2, 3, 5, 100, 255]) | r.pick([0, 0x100, 0x800, 0x900]))],
        [1, () => flags(r, 0xfff)],
      ]);
      const room = BigInt(r.pick([0, 1, 7, 8, 16, 24, 31, 32, 40, 64, 128, 256]));
      return r.bool(0.5)
        ? call('bpf_get_stack', 'ctx', { out: 0 }, room, which)
        : call('bpf_get_task_stack', 'object', { out: 0 }, room, which);
    }),
  }),
  stackid: (r) => ({
    type: 'raw_tracepoint',
    maps: [
      {
        name: 'st',
        type: 'stack_trace',
        key_size: 4,
        ...r.pick([{ value_size: 8 }, { value_size: 64 }, { value_size: 256 }, { value_size: 64, map_flags: 32 }]),
        max_entries: r.pick([1, 100_000]),
      },
    ],
    calls: some(r, () => ({
      ...call(
        'bpf_get_stackid',
        'ctx',
        { map: 2 },
        BigInt(r.pick([0, 1, 2, 3, 100, 255]) | r.pick([0, 0x100, 0x200, 0x300, 0x600, 0x400, 0x800])) |
          (r.bool(0.1) ? 1n << BigInt(r.below(64)) : 0n),
      ),
      keep: 'error',
    })),
  }),
};

/** A program of a row, by a seed of its own. */
export function programOf(row: string, r: Random, n: number): Program {
  const program = ROWS[row]!(r);
  return { ...program, name: `${row} ${program.type} ${n}` };
}
