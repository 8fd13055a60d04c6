/** Which programs see which packets, and what is compared after each: one list for the recorder and for the test. */
import type { LoadRequest, MapUpdate, TestRunRequest, TestRunResult } from '../../src/spec/request.ts';
import { fromHex, toHex } from '../../src/util/hex.ts';
import { requestOf } from './assembleFile.ts';
import { demoEvents } from './demo.ts';
import { manyEvents } from './many.ts';
import { nodeMaps } from './node.ts';
import type { Event } from './talk.ts';

/** One run of one program. */
export interface Step {
  /** Index of the packet in the capture. */
  readonly event: number;
  readonly prog: string;
  readonly data: Uint8Array;
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
];

/** The steps of a sequence; `passed(i)` is what step i - 1 let through, in a chain. */
export function* stepsOf(sequence: Sequence): Generator<Step, void, Uint8Array | undefined> {
  for (const [i, event] of sequence.events().entries()) {
    let data: Uint8Array | undefined = event.bytes;
    for (const prog of sequence.entries(event, i)) {
      const out: Uint8Array | undefined = yield { event: i, prog, data, now: BOOT + Math.floor(event.ms / 1000) };
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
  const request = requestOf(sequence.file, { ...sequence.defines, ...(testBuild && { TEST_CLOCK: 1n }) });
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
  return { ...request, maps };
}

/** The test build of all programs of a file, with the agent's maps filled. */
export function testRequest(file: string): LoadRequest {
  return sequenceRequest({ name: file, file, entries: always(), events: () => [] });
}

/** The test_run list of the steps: before each the clock is set, where the file has a clock. */
export function runRequest(request: LoadRequest, steps: readonly Step[]): LoadRequest {
  const progs = request.progs?.map((p) => p.name);
  const clock = progs?.indexOf('set_clock') ?? -1;
  const runs = steps.flatMap(({ prog, data, now }): TestRunRequest[] => {
    const run = { ...(progs && { prog: progs.indexOf(prog) }), data: toHex(data), out_size: 4096 };
    return clock < 0 ? [run] : [{ prog: clock, data: toHex(clockPacket(now)) }, run];
  });
  return { ...request, dump_maps: true, test_run: runs };
}

/** The results of the steps alone. */
export function stepResults(request: LoadRequest, results: readonly TestRunResult[]): TestRunResult[] {
  const clocked = request.progs?.some((p) => p.name === 'set_clock') ?? false;
  return results.filter((_, i) => !clocked || i % 2 === 1);
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
  /** Elements that changed, by map and key; null: gone. */
  readonly maps?: Readonly<Record<string, Readonly<Record<string, string | null>>>>;
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

function changes(before: State, after: State): Outcome['maps'] {
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
export function outcomesOf(steps: readonly Step[], results: readonly TestRunResult[]): Outcome[] {
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
      ...(maps && { maps }),
    };
  });
}

/** The packet that goes on after an outcome; undefined where it ends here. */
export function passedOn(step: Step, outcome: Outcome | undefined): Uint8Array | undefined {
  if (!outcome || outcome.errno !== undefined || !passes(step.prog, outcome.retval)) return undefined;
  return outcome.out === undefined ? step.data : fromHex(outcome.out);
}
