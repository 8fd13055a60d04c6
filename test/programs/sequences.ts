/** Which programs see which packets, and what is compared after each: one list for the recorder and for the test. */
import { createHash } from 'node:crypto';
import type { LoadRequest, MapUpdate, TestRunRequest, TestRunResult } from '../../src/spec/request.ts';
import { fromHex, toHex } from '../../src/util/hex.ts';
import { withAgent } from './agent.ts';
import { requestOf } from './assembleFile.ts';
import { demoEvents } from './demo.ts';
import { manyEvents } from './many.ts';
import { nodeMaps } from './node.ts';
import type { Event } from './talk.ts';
import { thousandEvents } from './thousand/capture.ts';

/** One run of one program. */
export interface Step {
  /** Index of the packet in the capture. */
  readonly event: number;
  readonly prog: string;
  readonly data: Uint8Array;
  /** Hex. */
  readonly ctx?: string;
  /** Seconds since boot. */
  readonly now: number;
}

export interface Sequence {
  readonly name: string;
  readonly file: string;
  /** The programs that each packet passes: all on the wire's bytes, or, as a chain, each on what the last let pass. */
  readonly entries: (event: Event, index: number) => readonly string[];
  readonly chain?: true;
  /** Of the build, beside TEST_CLOCK. */
  readonly defines?: Readonly<Record<string, bigint>>;
  /** What the maps hold beside what the agent put there: hex of key and value. */
  readonly before?: Readonly<Record<string, readonly (readonly [key: string, value: string])[]>>;
  /** Commands that build the node's network first. */
  readonly setup?: readonly string[];
  /** The device on which XDP programs get their packets; else the loopback. */
  readonly ifindex?: number;
  /** Of what changed in the maps only digests are kept. */
  readonly digests?: true;
  readonly events: () => Event[];
}

/** Seconds since boot at which every capture begins. */
const BOOT = 1000;

const always =
  (...progs: readonly string[]) =>
  (): readonly string[] =>
    progs;

const u64 = (value: number): string => value.toString(16).padStart(2, '0').padEnd(16, '0');

/** A conntrack entry of 56 bytes: counters, lifetime 1000, flags and rev_nat_index; the rest zero. */
const entry = (counters: readonly number[], flags: string, revNat: string): string =>
  `${counters.map(u64).join('')}e8030000${flags}00${revNat}00`.padEnd(112, '0');

/**
 * What another time left behind: a SERVICE entry whose backend, 9, is gone, and a connection from 10.0.1.10:50000 to
 * the DNS server that once went through service 9.
 */
const STALE = {
  cilium_ct4_global: [['0a6000500a00010a' + '9c40' + '0050' + '06' + '04', entry([0, 9, 0, 0], '10', '01')]],
  cilium_ct_any4_global: [['0a00010a0a000235' + '0035' + 'c350' + '11' + '00', entry([1, 1, 1, 1], '00', '09')]],
} as const;

/** XDP's own entry for bob's connection, but not the pod's, which the LRU has taken. */
const HALF = {
  cilium_ct4_global: [['cb0071080a000114' + '1f90' + 'cb20' + '06' + '00', entry([0, 0, 1, 54], '30', '07')]],
} as const;

/** The router of programs/node/router.yaml, with links that a kernel has everywhere, and ways to where the packets go. */
const ROUTER = [
  'sysctl -w net.ipv4.ip_forward=1',
  ...[1, 2, 3].flatMap((n) => [
    `ip link add eth${n} type dummy`,
    `ip link set eth${n} address 02:00:00:00:00:0${n}`,
    ...(n < 3 ? [`ip link set eth${n} up`] : []),
  ]),
  'ip addr add 192.0.2.1/24 dev eth1',
  'ip addr add 198.51.100.1/24 dev eth2',
  'ip link set eth2 mtu 1450',
  'neigh 192.0.2.80 02:00:00:00:01:80 eth1',
  'neigh 198.51.100.10 02:00:00:00:02:10 eth2',
  'ip route add default via 198.51.100.254',
  'ip route add 10.96.0.0/24 via 198.51.100.10',
  'ip route add 10.96.0.99/32 via 198.51.100.10 mtu 60',
  'ip route add 10.0.1.0/24 via 192.0.2.80',
  'ip route add 10.0.2.53/32 via 198.51.100.10 table 100',
  'ip route add unreachable 203.0.113.8/32',
  'ip route add blackhole 203.0.113.7/32 table 100',
  'ip route add prohibit 10.0.0.254/32',
  'ip rule add from 10.0.1.0/25 table 100 pref 1000',
  'ip rule add from 10.0.2.30/32 to 10.0.1.0/24 table 100 pref 1001',
] as const;
const ROUTER_IN = 2;

/** Tables that a reader of the maps is soon through with. */
const thousand = { defines: { CT_MAX_TCP: 1024n, CT_MAX_ANY: 512n }, digests: true, events: thousandEvents } as const;
const nodeChain = { entries: always('xdp_main', 'tc_main'), chain: true } as const;

export const SEQUENCES: readonly Sequence[] = [
  { name: 'count', file: 'hello/count.bpf', entries: always('count'), events: demoEvents },
  { name: 'drop-port', file: 'hello/drop-port.bpf', entries: always('drop_port'), events: demoEvents },
  { name: 'limit', file: 'hello/limit.bpf', entries: always('limit'), events: demoEvents },
  {
    name: 'firewall',
    file: 'conntrack/firewall.bpf',
    entries: (_, i) => [i % 2 === 0 ? 'firewall_tc' : 'firewall_xdp'],
    events: manyEvents,
  },
  { name: 'tc-demo', file: 'lb/tc.bpf', entries: always('tc_main'), events: demoEvents },
  { name: 'tc-many', file: 'lb/tc.bpf', entries: always('tc_main'), events: manyEvents },
  { name: 'tc-stale', file: 'lb/tc.bpf', entries: always('tc_main'), before: STALE, events: demoEvents },
  {
    name: 'tc-ask-established',
    file: 'lb/tc.bpf',
    entries: always('tc_main'),
    defines: { POLICY_ASK_ESTABLISHED: 1n, CT_REPORT_INTERVAL: 2n, CT_CONNECTION_LIFETIME_TCP: 600n },
    events: demoEvents,
  },
  { name: 'xdp-demo', file: 'lb/xdp.bpf', entries: always('xdp_main'), events: demoEvents },
  { name: 'xdp-half', file: 'lb/xdp.bpf', entries: always('xdp_main'), before: HALF, events: demoEvents },
  { name: 'xdp-many', file: 'lb/xdp.bpf', entries: always('xdp_main'), events: manyEvents },
  {
    name: 'node-demo',
    file: 'lb/node.bpf',
    entries: always('xdp_main', 'tc_main'),
    chain: true,
    events: demoEvents,
  },
  {
    name: 'node-many',
    file: 'lb/node.bpf',
    entries: always('xdp_main', 'tc_main'),
    chain: true,
    events: manyEvents,
  },
  { name: 'count-thousand', file: 'hello/count.bpf', entries: always('count'), ...thousand },
  { name: 'drop-port-thousand', file: 'hello/drop-port.bpf', entries: always('drop_port'), ...thousand },
  { name: 'limit-thousand', file: 'hello/limit.bpf', entries: always('limit'), ...thousand },
  {
    name: 'route-thousand',
    file: 'node/route.bpf',
    entries: always('router'),
    setup: ROUTER,
    ifindex: ROUTER_IN,
    ...thousand,
  },
  {
    name: 'firewall-thousand',
    file: 'conntrack/firewall.bpf',
    entries: (_, i) => [i % 2 === 0 ? 'firewall_tc' : 'firewall_xdp'],
    ...thousand,
  },
  { name: 'tc-thousand', file: 'lb/tc.bpf', entries: always('tc_main'), ...thousand },
  { name: 'xdp-thousand', file: 'lb/xdp.bpf', entries: always('xdp_main'), ...thousand },
  { name: 'node-thousand', file: 'lb/node.bpf', ...nodeChain, ...thousand },
  // Tables so small that connections push each other out, and a policy that is asked about every packet.
  {
    name: 'node-small-thousand',
    file: 'lb/node.bpf',
    ...nodeChain,
    ...thousand,
    defines: { CT_MAX_TCP: 40n, CT_MAX_ANY: 20n, POLICY_ASK_ESTABLISHED: 1n },
  },
];

/** The context of a packet that XDP meets on a device: struct xdp_md. */
function xdpContext(size: number, ifindex: number): string {
  const ctx = new Uint8Array(24);
  const view = new DataView(ctx.buffer);
  view.setUint32(4, size, true);
  view.setUint32(12, ifindex, true);
  return toHex(ctx);
}

/** The steps of a sequence; `passed(i)` is what step i - 1 let through, in a chain. */
export function* stepsOf(sequence: Sequence): Generator<Step, void, Uint8Array | undefined> {
  const { ifindex } = sequence;
  const known = new Set(sequenceRequest(sequence).progs?.map((p) => p.name));
  for (const [i, event] of sequence.events().entries()) {
    let data: Uint8Array | undefined = event.bytes;
    if (event.agent !== undefined && !known.has(event.agent)) continue;
    for (const prog of event.agent === undefined ? sequence.entries(event, i) : [event.agent]) {
      const ctx: Pick<Step, 'ctx'> = ifindex === undefined ? {} : { ctx: xdpContext(data.length, ifindex) };
      const now = BOOT + Math.floor(event.ms / 1000);
      const out: Uint8Array | undefined = yield { event: i, prog, data, ...ctx, now };
      data = sequence.chain ? out : event.bytes;
      if (data === undefined) break;
    }
  }
}

/** Verdicts that let a packet go on: XDP_PASS and TC_ACT_OK. */
const passes = (prog: string, retval: number): boolean => retval === (prog.startsWith('xdp') ? 2 : 0);

const unhex = (bytes: readonly string[]): string => bytes.map((b) => b.slice(2)).join('');

/** The programs of a sequence with the maps filled; the test build, unless told otherwise. */
export function sequenceRequest(sequence: Sequence, testBuild = true): LoadRequest {
  const { setup } = sequence;
  const built = requestOf(sequence.file, { ...sequence.defines, ...(testBuild && { TEST_CLOCK: 1n }) });
  const acts = testBuild && built.progs !== undefined && sequence.events().some((e) => e.agent !== undefined);
  const request = acts ? withAgent(built) : built;
  const agent = nodeMaps();
  const maps = (request.maps ?? []).map((map) => {
    const name = map.name ?? '';
    const updates: readonly MapUpdate[] = [
      ...(map.updates ?? []),
      ...(agent[name] ?? []).map(({ key, value }) => ({ key: unhex(key), value: unhex(value) })),
      ...(sequence.before?.[name] ?? []).map(([key, value]) => ({ key, value })),
    ];
    return updates.length > 0 ? { ...map, updates } : map;
  });
  return { ...request, ...(setup && { setup }), maps };
}

/** The test build of all programs of a file, with the agent's maps filled. */
export function testRequest(file: string): LoadRequest {
  return sequenceRequest({ name: file, file, entries: always(), events: () => [] });
}

/** The index of `set_clock`, negative where the file has no clock. */
const clockOf = ({ progs }: LoadRequest): number => progs?.findIndex((p) => p.name === 'set_clock') ?? -1;

/** Before which steps the clock is set: those that have another second than the one before. */
function ticks(request: LoadRequest, steps: readonly Step[]): boolean[] {
  const clock = clockOf(request);
  return steps.map(({ now }, i) => clock >= 0 && now !== steps[i - 1]?.now);
}

/** The test_run list of the steps, with the clock set in between. */
export function runRequest(request: LoadRequest, steps: readonly Step[]): LoadRequest {
  const progs = request.progs?.map((p) => p.name);
  const ticking = ticks(request, steps);
  const runs = steps.flatMap(({ prog, data, ctx, now }, i): TestRunRequest[] => {
    const own = { ...(ctx !== undefined && { ctx }), out_size: 4096 };
    const run = { ...(progs && { prog: progs.indexOf(prog) }), data: toHex(data), ...own };
    return ticking[i] ? [{ prog: clockOf(request), data: toHex(clockPacket(now)) }, run] : [run];
  });
  return { ...request, dump_maps: true, test_run: runs };
}

/** The results of the steps alone. */
export function stepResults(
  request: LoadRequest,
  steps: readonly Step[],
  results: readonly TestRunResult[],
): TestRunResult[] {
  let at = -1;
  return ticks(request, steps).flatMap((tick) => {
    at += tick ? 2 : 1;
    return results[at] ?? [];
  });
}

/** What `set_clock` takes: the seconds, in a packet of the smallest size. */
function clockPacket(now: number): Uint8Array {
  const packet = new Uint8Array(14);
  new DataView(packet.buffer).setBigUint64(0, BigInt(now), true);
  return packet;
}

/** What a step did, as it is recorded. */
export interface Outcome {
  /** Where the kernel refuses to run the program on such a packet. */
  readonly errno?: number;
  readonly retval: number;
  /** Hex; left out where the packet comes out as it went in. */
  readonly out?: string;
  /** Elements that changed, by map and key; null: gone. Or a digest of that. */
  readonly maps?: Readonly<Record<string, Readonly<Record<string, string | null>>>> | string;
}

export interface Golden {
  readonly sequence: string;
  readonly kernel: string;
  readonly outcomes: readonly Outcome[];
}

type State = Readonly<Record<string, Readonly<Record<string, string>>>>;

function stateOf(result: TestRunResult): State {
  return Object.fromEntries(
    Object.entries(result.maps ?? {}).map(([name, elements]) => [
      name,
      Object.fromEntries(elements.map(([key, value]) => [key, String(value)])),
    ]),
  );
}

type Changes = Readonly<Record<string, Readonly<Record<string, string | null>>>>;

/** Twelve digits for what changed, in an order of its own. */
function digest(changed: Changes): string {
  const sorted = Object.entries(changed)
    .map(([map, elements]) => [map, Object.entries(elements).sort(([a], [b]) => (a < b ? -1 : 1))] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(sorted)).digest('hex').slice(0, 12);
}

function changes(before: State, after: State): Changes | undefined {
  const changed: Record<string, Record<string, string | null>> = {};
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [old, now] = [before[name] ?? {}, after[name] ?? {}];
    for (const key of new Set([...Object.keys(old), ...Object.keys(now)])) {
      if (old[key] === now[key]) continue;
      changed[name] ??= {};
      changed[name][key] = now[key] ?? null;
    }
  }
  return Object.keys(changed).length > 0 ? changed : undefined;
}

/** Results of steps in the form of a record. The first step's changes are the whole maps. */
export function outcomesOf(steps: readonly Step[], results: readonly TestRunResult[], digests = false): Outcome[] {
  let before: State = {};
  return steps.map((step, i) => {
    const result = results[i];
    if (!result || result.truncated) throw new Error(`step ${i} has no whole result`);
    const after = stateOf(result);
    const maps = changes(before, after);
    before = after;
    const out = result.data_out;
    return {
      ...(result.errno !== 0 && { errno: result.errno }),
      retval: result.retval,
      ...(out !== undefined && out !== toHex(step.data) && { out }),
      ...(maps && { maps: digests ? digest(maps) : maps }),
    };
  });
}

/** The packet that goes on after an outcome; undefined where it ends here. */
export function passedOn(step: Step, outcome: Outcome | undefined): Uint8Array | undefined {
  if (!outcome || outcome.errno !== undefined || !passes(step.prog, outcome.retval)) return undefined;
  return outcome.out === undefined ? step.data : fromHex(outcome.out);
}
