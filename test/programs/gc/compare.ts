/** The four collectors over the same traffic: programs/gc/compare.yaml, second by second, once with each of them. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { mapMemoryUsage } from '../../../src/kernel/bpftool/memory.ts';
import type { Kernel } from '../../../src/kernel/kernel.ts';
import { readScenario } from '../../../src/kernel/scenario/file/index.ts';
import { openScenario } from '../../../src/kernel/scenario/open.ts';
import type { StepReport } from '../../../src/kernel/scenario/run.ts';
import { socketState } from '../../../src/kernel/scenario/socketState.ts';
import { mapInfo } from '../../../src/maps/object.ts';
import { problemText } from '../../../src/util/problem.ts';
import { filesOf } from '../scenarios/run.ts';

const PATH = 'gc/compare.yaml';
const FILE = new URL(`../../../programs/${PATH}`, import.meta.url);
const TABLES = ['cilium_ct4_global', 'cilium_ct_any4_global'] as const;
/** Seconds between two reads of the iterators, and two sweeps of the timer. */
export const PERIOD = 30;

type Step = Readonly<Record<string, unknown>>;
interface Program {
  readonly file: string;
  readonly define: Readonly<Record<string, number>>;
  readonly attach: readonly unknown[];
}
interface Document {
  readonly programs: readonly Program[];
  readonly steps: readonly Step[];
}

/** What a collector adds to the traffic. */
interface Way {
  readonly name: string;
  readonly document: (base: Document) => object;
  /** Steps before the first one, and after every PERIOD seconds. */
  readonly before?: readonly Step[];
  readonly each?: readonly Step[];
  /** Maps that are its own. */
  readonly maps: readonly string[];
}

const withPrograms = (base: Document, ...more: readonly object[]): object => ({
  ...base,
  programs: [...base.programs, ...more],
});

const WAYS: readonly Way[] = [
  {
    name: 'agent',
    document: (base) => ({ ...base, agent: { gc: { maps: TABLES, interval: 'adaptive' } } }),
    maps: [],
  },
  {
    name: 'iterator',
    document: (base) => withPrograms(base, { file: 'iter.bpf', define: base.programs[0]!.define }),
    each: [{ iterate: { prog: 'gc_iter_tcp', map: TABLES[0] } }, { iterate: { prog: 'gc_iter_any', map: TABLES[1] } }],
    maps: ['gc_sessions'],
  },
  {
    name: 'timer',
    document: (base) => withPrograms(base, { file: 'timer.bpf', define: base.programs[0]!.define }),
    before: [{ update: { gc_settings: [{ key: 0, value: { period: PERIOD * 1e9 } }] } }, { run: 'gc_start' }],
    maps: ['gc_timers', 'gc_settings', 'gc_totals'],
  },
  {
    name: 'sockets',
    document(base) {
      const [tc] = base.programs;
      const storage = {
        file: 'sk-storage.bpf',
        define: tc!.define,
        allow: ['sk-storage-in-storage-free-probe'],
        attach: [{ prog: 'sk_storage_free', hook: 'fentry' }],
      };
      return { ...base, programs: [{ ...tc, file: 'sk-keys.bpf' }, storage] };
    },
    maps: ['conntrack_map_keys'],
  },
];

/** An entry that was taken. */
export interface Taken {
  readonly key: string;
  /** Second in which it was taken, and the last one of its life. */
  readonly at: number;
  readonly lifetime: number;
  /** Second in which the client's socket went; absent: it had none, or it is there. */
  readonly socketGone?: number;
}

/** What came of one way. */
export interface Compared {
  readonly way: string;
  /** Entries that were looked at. */
  readonly scanned: number;
  /** Insns of programs that collect, and of those that the packets ran through. */
  readonly collectorInsns: number;
  readonly packetInsns: number;
  readonly taken: readonly Taken[];
  /** Seconds between two collections of the agent: the longest there was. */
  readonly longestInterval: number;
  /** Entries of both tables: at most, and at the end those whose time is over. */
  readonly most: number;
  readonly over: number;
  /** Bytes of its own maps, and of values in sockets when there were most of them. */
  readonly mapBytes: number;
  readonly storageBytes: number;
}

/** `advance: 90s` as ninety steps of a second, with what is done every PERIOD seconds. */
function secondBySecond(steps: readonly Step[], each: readonly Step[]): Step[] {
  let second = 0;
  return steps.flatMap((step) => {
    if (typeof step.advance !== 'string') return [step];
    return Array.from({ length: Number.parseInt(step.advance, 10) }, () => {
      second++;
      return [{ advance: '1s' }, ...(second % PERIOD === 0 ? each : [])];
    }).flat();
  });
}

const LIFETIME = /lifetime (?:\d+ -> )?(\d+)/;

/** Follows the entries of the tables through the changes of each step. */
class Entries {
  readonly taken: Taken[] = [];
  most = 0;
  readonly #lifetimes = new Map<string, number>();
  readonly #gone = new Map<string, number>();

  socketGone(port: string, at: number): void {
    if (!this.#gone.has(port)) this.#gone.set(port, at);
  }

  change(line: string, at: number): void {
    const [, sign, key] = /^([-+~]) (daddr .*?flags \d+)/.exec(line)!;
    const lifetime = LIFETIME.exec(line);
    if (sign !== '-') {
      if (lifetime) this.#lifetimes.set(key!, Number(lifetime[1]));
      this.most = Math.max(this.most, this.#lifetimes.size);
      return;
    }
    const port = [...this.#gone.keys()].find((p) => key!.includes(`port ${p},`));
    const socketGone = port === undefined ? undefined : this.#gone.get(port);
    this.taken.push({
      key: key!,
      at,
      lifetime: this.#lifetimes.get(key!)!,
      ...(socketGone !== undefined && { socketGone }),
    });
    this.#lifetimes.delete(key!);
  }

  over(now: number): number {
    return [...this.#lifetimes.values()].filter((lifetime) => lifetime < now).length;
  }
}

/** Programs that collect; what packets run through is everything else. */
const insnsOf = ({ hops }: StepReport, collectors: boolean): number =>
  hops.reduce((sum, h) => sum + (h.kind === 'program' && (h.hook === 'fentry') === collectors ? h.insns : 0), 0);

function totalsScanned(kernel: Kernel): number {
  const totals = kernel.openMap('gc_totals');
  if (typeof totals === 'number') return 0;
  const value = totals.lookup(new Uint8Array(4));
  return typeof value === 'number' ? 0 : new DataView(value.buffer, value.byteOffset).getUint32(8, true);
}

function scannedIn({ observed: { agent, path } }: StepReport): number {
  return [...agent, ...path].reduce((sum, line) => sum + Number(/scanned (\d+)/.exec(line)?.[1] ?? 0), 0);
}

/** Runs the traffic with a collector; `idle`: ticks of steps in which time passes and nobody collects. */
function runWay(way: Way | undefined, idle: readonly number[]): Compared & { readonly ticks: readonly number[] } {
  const base = parse(readFileSync(FILE, 'utf8')) as Document;
  const steps = [...(way?.before ?? []), ...secondBySecond(base.steps, way?.each ?? [])].map(
    ({ expect: _, ...step }) => step,
  );
  const read = readScenario({ ...(way?.document(base) ?? base), steps }, PATH);
  const opened = read.ok ? openScenario(read.value, filesOf(PATH)) : read;
  if (!opened.ok) throw new Error(opened.problems.map(problemText).join('\n'));
  const run = opened.value;
  const { kernel } = run;
  const clients = base.steps.flatMap((s) => {
    const { connect, open } = s as {
      connect?: { socket: string; from: string };
      open?: { name: string; port: number };
    };
    if (connect) return [{ name: connect.socket, port: connect.from.slice(1) }];
    return open ? [{ name: open.name, port: `${open.port}` }] : [];
  });
  const there = new Set<string>();
  const entries = new Entries();
  const ticks: number[] = [];
  let [scanned, collectorInsns, packetInsns, storages, longestInterval, lastGc, before, now] = [0, 0, 0, 0, 0, 0, 0, 0];
  for (;;) {
    const status = run.advance();
    if (status === 'paused') continue;
    if (status.state === 'failed') throw new Error(status.problems.map(problemText).join('\n'));
    if (status.state === 'done') break;
    const { report } = status;
    const { step, observed } = report;
    now = Number(observed.clockNs / 1_000_000_000n);
    if (!step) lastGc = now;
    for (const { name, port } of clients) {
      if (socketState(kernel, name) !== 'gone') there.add(name);
      else if (there.has(name)) entries.socketGone(port, now);
    }
    for (const table of TABLES) for (const line of observed.maps[table] ?? []) entries.change(line, now);
    scanned += scannedIn(report);
    collectorInsns += insnsOf(report, true);
    packetInsns += insnsOf(report, false);
    if (observed.agent.length > 0) {
      longestInterval = Math.max(longestInterval, now - lastGc);
      lastGc = now;
    }
    const spent = run.ticks - before;
    if (step?.action.do === 'advance') {
      // A step of the timer's sweep has its insns on top of those that the step has without.
      if (way?.name === 'timer') collectorInsns += spent - idle[ticks.length]!;
      ticks.push(spent);
    } else if (step?.action.do === 'iterate') collectorInsns += spent - 1;
    else if (step?.action.do === 'run') collectorInsns += spent - 1;
    before = run.ticks;
    const keys = kernel.map('conntrack_map_keys');
    if (keys) storages = Math.max(storages, mapInfo(kernel.maps, keys.address).count);
  }
  const own = (way?.maps ?? []).map((name) => kernel.map(name)!.address);
  const keys = kernel.map('conntrack_map_keys');
  return {
    way: way?.name ?? 'nobody',
    scanned: way?.name === 'timer' ? totalsScanned(kernel) : scanned,
    collectorInsns,
    packetInsns,
    taken: entries.taken,
    longestInterval,
    most: entries.most,
    over: entries.over(now),
    mapBytes: own.reduce((sum, address) => sum + mapMemoryUsage(kernel.maps, address), 0),
    storageBytes: keys ? storages * mapInfo(kernel.maps, keys.address).value_size : 0,
    ticks,
  };
}

/** All four, in the order of the table. */
export function compareCollectors(): readonly Compared[] {
  const { ticks } = runWay(undefined, []);
  return WAYS.map((way) => {
    const { ticks: _, ...compared } = runWay(way, ticks);
    return compared;
  });
}

/** Seconds from the end of the lifetime to the end of the entry; 0 for one that is taken before. */
export const lateness = ({ at, lifetime }: Taken): number => Math.max(0, at - lifetime);

const mean = (values: readonly number[]): string =>
  values.length === 0 ? '–' : `${Math.round((10 * values.reduce((a, b) => a + b, 0)) / values.length) / 10} s`;
const number = (n: number): string => n.toLocaleString('en-US');

function row(c: Compared): readonly string[] {
  const late = c.taken.map(lateness);
  const after = c.taken.flatMap(({ at, socketGone }) => (socketGone === undefined ? [] : [at - socketGone]));
  return [
    c.way,
    number(c.scanned),
    c.way === 'agent' ? '0' : number(c.collectorInsns),
    number(c.packetInsns),
    `${c.taken.length}`,
    mean(late),
    late.length === 0 ? '–' : `${Math.max(...late)} s`,
    mean(after),
    `${c.over}`,
    `${c.most}`,
    c.storageBytes > 0 ? `${number(c.mapBytes)} + ${number(c.storageBytes)}` : number(c.mapBytes),
  ];
}

const HEAD = [
  'collector',
  'entries scanned',
  'insns of it',
  'insns of the packets',
  'entries taken',
  'late, mean',
  'late, most',
  "after the socket's end, mean",
  'over at the end',
  'most entries',
  'bytes of its own',
];

/** The comparison as a Markdown table. */
export function comparisonTable(compared: readonly Compared[]): string {
  const rows = [HEAD, HEAD.map((_, i) => (i === 0 ? '---' : '--:')), ...compared.map(row)];
  return rows.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
