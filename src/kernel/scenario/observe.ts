/** From what happened in a step to what is told of it. */
import { diffLine } from '../../net/diff.ts';
import { toHex } from '../../util/hex.ts';
import type { Kernel } from '../kernel.ts';
import type { Hop } from '../node/hop.ts';
import { hopLine } from '../node/text.ts';
import { monitorLine } from '../replay/monitor.ts';
import type { Output } from '../world.ts';
import { mapAt } from '../world.ts';
import type { OutPacket } from './observed.ts';

/** One line for what a program said. */
export function outputLine(kernel: Kernel, output: Output): string {
  switch (output.kind) {
    case 'trace':
      return output.line;
    case 'perf':
      return monitorLine(kernel, output.record) ?? eventLine(kernel, output)!;
    case 'ringbuf':
      return eventLine(kernel, output)!;
    case 'sent':
      return `a copy ${output.ingress ? 'comes in at' : 'leaves through'} interface ${output.ifindex}`;
  }
}

/** The bytes of what a program said; undefined for what is no record. */
function eventLine(kernel: Kernel, output: Output): string | undefined {
  if (output.kind !== 'perf' && output.kind !== 'ringbuf') return undefined;
  const { map, data } = output.kind === 'perf' ? output.record : output;
  return `${mapAt(kernel.world, map)?.name}: ${toHex(data)}`;
}

/** The hops of a step, taken apart. */
export interface HopSummary {
  readonly path: readonly string[];
  readonly verdicts: readonly string[];
  readonly out: readonly OutPacket[];
  readonly changes: readonly string[];
  readonly log: readonly string[];
  readonly events: readonly string[];
  readonly drops: readonly string[];
}

/** Packet by packet, in the order in which the packets set out; each packet's hops in their order. */
export function byPacket(hops: readonly Hop[]): readonly Hop[] {
  const packets = new Map<number, Hop[]>();
  for (const hop of hops) {
    const way = packets.get(hop.packet);
    if (way) way.push(hop);
    else packets.set(hop.packet, [hop]);
  }
  return [...packets.values()].flat();
}

/** Takes hops apart, as they come; `others` is what programs said that ran on no packet of the node. */
export function summarize(kernel: Kernel, hops: readonly Hop[], others: readonly Output[] = []): HopSummary {
  const programs = hops.flatMap((h) => (h.kind === 'program' ? [h] : []));
  const outputs = [...programs.flatMap((h) => h.outputs), ...others];
  return {
    path: hops.map(hopLine),
    verdicts: programs.map((h) => h.verdict),
    out: hops.flatMap((h) => (h.kind === 'out' ? [{ netns: h.ns, dev: h.dev ?? '', bytes: h.bytes }] : [])),
    changes: programs.flatMap((h) => h.changes.map(diffLine)),
    log: outputs.map((o) => outputLine(kernel, o)),
    events: outputs.flatMap((o) => eventLine(kernel, o) ?? []),
    drops: hops.flatMap((h) => (h.kind === 'dropped' ? [h.reason] : [])),
  };
}

/** Counts of a traffic step: too many packets to be told of one by one. */
export interface Tally {
  readonly packets: number;
  readonly counts: ReadonlyMap<string, number>;
}

export const NO_TRAFFIC: Tally = { packets: 0, counts: new Map() };

/** The name under which a hop is counted; undefined: it is not. */
function counted(hop: Hop): string | undefined {
  switch (hop.kind) {
    case 'program':
      return `${hop.hook} ${hop.prog}: ${hop.verdict}`;
    case 'dropped':
      return `dropped ${hop.reason}`;
    case 'out':
      return `out ${hop.ns}/${hop.dev}`;
    case 'delivered':
      return 'delivered';
    default:
      return undefined;
  }
}

/** The counts with some hops more. */
export function tallied(tally: Tally, hops: readonly Hop[]): Tally {
  const counts = new Map(tally.counts);
  let { packets } = tally;
  for (const hop of hops) {
    if (hop.kind === 'in') packets++;
    const name = counted(hop);
    if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return { packets, counts };
}

export function tallyLines({ packets, counts }: Tally): string[] {
  const rows = [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
  return [`${packets} packets in`, ...rows.map(([name, count]) => `${count} x ${name}`)];
}
