/** How programs of a type are run on one packet, or without any: by BPF_PROG_TEST_RUN, or by a run of our own where there is none. */

import type { UAPI } from '../../spec/constants.ts';
import { ctxStruct } from '../../spec/ctx/index.ts';
import type { CtxField } from '../../spec/ctx/row.ts';
import { LAYOUTS } from '../../spec/layouts.ts';
import type { ProgTypeName } from '../../spec/progTypes.ts';
import { hasLocalRun } from '../local/run.ts';
import { SKB_SETTABLE } from '../testRun/skbCtx.ts';
import { TEST_RUNS } from '../testRun/table.ts';

/** A context whose fields can be given by name. */
export interface CtxLayout {
  readonly struct: string;
  readonly size: number;
  readonly fields: Readonly<Record<string, CtxField>>;
  /** The fields that a test run takes; absent: all, or it depends on the hook. */
  readonly settable?: readonly string[];
}

/** Programs that work on a packet; the test runs of those that are not here take none. */
const ON_PACKETS: ReadonlySet<string> = new Set([
  'xdp',
  'sched_cls',
  'sched_act',
  'socket_filter',
  'cgroup_skb',
  'lwt_in',
  'lwt_out',
  'lwt_xmit',
  'lwt_seg6local',
  'flow_dissector',
  'netfilter',
  'sk_skb',
  'sk_msg',
  'sk_reuseport',
]);

/** Test runs of these call functions of the kernel; to run the program itself a run of our own is wanted. */
const ATTACHED: ReadonlySet<string> = new Set(['tracing', 'lsm']);

/** Do programs of this type work on a packet? */
export function worksOnPackets(progType: string): boolean {
  return ON_PACKETS.has(progType);
}

/** Is the program run by a run of our own, since the kernel has none that runs it? */
export function runsLocally(progType: string): boolean {
  if (!hasLocalRun(progType)) return false;
  return ATTACHED.has(progType) || TEST_RUNS[progType as ProgTypeName] === undefined;
}

const ARGS = 12;
const args = (count: number): CtxLayout => ({
  struct: 'args',
  size: 8 * count,
  fields: { args: { offset: 0, size: 8, count, type: 'u64' } },
});

const SETTABLE: Readonly<Record<string, readonly string[]>> = {
  __sk_buff: SKB_SETTABLE,
  xdp_md: ['data', 'data_end', 'data_meta', 'ingress_ifindex', 'rx_queue_index'],
  bpf_flow_keys: ['flags'],
  bpf_sk_lookup: [
    'family',
    'protocol',
    'remote_ip4',
    'remote_ip6',
    'remote_port',
    'local_ip4',
    'local_ip6',
    'local_port',
  ],
};

const [HOOK, PF] = [LAYOUTS.nf_hook_state.members.hook, LAYOUTS.nf_hook_state.members.pf];

/** The state that a netfilter hook is called with, which is what its test run takes. */
const NF_STATE: CtxLayout = {
  struct: 'nf_hook_state',
  size: LAYOUTS.nf_hook_state.size,
  fields: {
    hook: { offset: HOOK[0], size: HOOK[1], type: 'u8' },
    pf: { offset: PF[0], size: PF[1], type: 'u8' },
  },
  settable: ['hook', 'pf'],
};

/** The context that user space gives a program of this type; undefined where it is bytes without fields. */
export function ctxLayout(progType: string, struct: string): CtxLayout | undefined {
  switch (progType) {
    case 'raw_tracepoint':
    case 'raw_tracepoint_writable':
    case 'tracing':
    case 'lsm':
      return args(ARGS);
    case 'netfilter':
      return NF_STATE;
    case 'flow_dissector':
      return named('bpf_flow_keys');
    default:
      return named(struct);
  }
}

function named(struct: string): CtxLayout | undefined {
  const layout = ctxStruct(struct);
  if (!layout || layout.size === 0) return undefined;
  const settable = Object.hasOwn(SETTABLE, struct) ? SETTABLE[struct] : undefined;
  return { struct, size: layout.size, fields: layout.fields, ...(settable && { settable }) };
}

/** What a prog type's return values are called, by their numbers as UAPI constants. */
export const RETVALS: Readonly<Record<string, readonly (keyof typeof UAPI)[]>> = {
  sk_lookup: ['SK_DROP', 'SK_PASS'],
  sk_skb: ['SK_DROP', 'SK_PASS'],
  sk_msg: ['SK_DROP', 'SK_PASS'],
  sk_reuseport: ['SK_DROP', 'SK_PASS'],
  netfilter: ['NF_DROP', 'NF_ACCEPT'],
  flow_dissector: ['BPF_OK', 'BPF_DROP', 'BPF_FLOW_DISSECTOR_CONTINUE'],
  lwt_in: ['BPF_OK', 'BPF_DROP', 'BPF_LWT_REROUTE'],
  lwt_out: ['BPF_OK', 'BPF_DROP', 'BPF_LWT_REROUTE'],
  lwt_xmit: ['BPF_OK', 'BPF_DROP', 'BPF_REDIRECT', 'BPF_LWT_REROUTE'],
};
