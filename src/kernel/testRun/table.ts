/** Which program types can be run by BPF_PROG_TEST_RUN, and what sets each up: a row a type. */
import type { ProgTypeName } from '../../spec/progTypes.ts';
import { flowDissectorTestRun } from './flowDissector.ts';
import { netfilterTestRun } from './netfilter.ts';
import type { PrepareRun } from './prepare.ts';
import { rawTpTestRun } from './rawTp.ts';
import { filterTestRun, lwtTestRun, tcTestRun } from './skb.ts';
import { skLookupTestRun } from './skLookup.ts';
import { structOpsTestRun } from './structOps.ts';
import { syscallTestRun } from './syscall.ts';
import { tracingTestRun } from './tracing.ts';
import { xdpTestRun } from './xdp.ts';

/** By prog type; a type without a row answers ENOTSUPP. */
export const TEST_RUNS: Partial<Readonly<Record<ProgTypeName, PrepareRun>>> = {
  xdp: xdpTestRun,
  sched_cls: tcTestRun,
  sched_act: tcTestRun,
  socket_filter: filterTestRun,
  cgroup_skb: filterTestRun,
  lwt_in: lwtTestRun,
  lwt_out: lwtTestRun,
  lwt_xmit: lwtTestRun,
  flow_dissector: flowDissectorTestRun,
  sk_lookup: skLookupTestRun,
  netfilter: netfilterTestRun,
  raw_tracepoint: rawTpTestRun,
  tracing: tracingTestRun,
  struct_ops: structOpsTestRun,
  syscall: syscallTestRun,
};
