/** What there is beside memory: clock, CPU, task, timers that are due, where the packet will go, what was said to the outside. */
import type { Redirect } from '../../helpers/ports/devices.ts';
import type { Task } from '../../helpers/ports/task.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { EventQueue } from '../../kernel/eventQueue.ts';
import { getSeq } from '../../kernel/ports/timers.ts';
import { monitorLine } from '../../kernel/replay/monitor.ts';
import type { Output } from '../../kernel/world.ts';
import { mapAt } from '../../kernel/world.ts';
import { ASYNC } from '../../maps/async.ts';
import { packetLine } from '../../net/print.ts';
import { deviceByIndex } from '../../net/route/netns.ts';
import { toHex } from '../../util/hex.ts';
import type { View } from '../view.ts';
import { describeText } from './pointer.ts';

/** A timer or work queue that is due later. */
interface PendingTimer {
  /** Nanoseconds since boot at which its callback runs. */
  readonly atNs: bigint;
  /** Where it lies: `m[0]+16 (.timer)`. */
  readonly field: string;
  /** Its callback: `func on_timer`. */
  readonly callback: string;
}

/** The world around the programs at one moment. */
interface WorldNow {
  /** Nanoseconds since boot. */
  readonly clockNs: bigint;
  readonly cpu: number;
  readonly cpus: number;
  readonly task: Task;
  /** Soonest first. */
  readonly timers: readonly PendingTimer[];
  /** What the program that runs (or ran last) asked for. */
  readonly redirect: Redirect | undefined;
  /** All outputs so far, the older ones included. */
  readonly outputCount: number;
}

/** Timers and outputs that are told; there may be more. */
const MAX_TIMERS = 256;
/** Bytes of a record that a line shows. */
const SHOWN = 32;

export function nsOf({ sec, nsec }: Clock): bigint {
  return BigInt(sec) * 1_000_000_000n + BigInt(nsec);
}

/** The timers of the queue whose start still counts, soonest first. */
function pendingTimers(view: View): PendingTimer[] {
  const { kernel } = view;
  const { arena } = kernel;
  const found: { readonly seq: number; readonly timer: PendingTimer }[] = [];
  const left: (EventQueue | undefined)[] = [kernel.world.timers.queue];
  while (left.length > 0 && found.length < MAX_TIMERS) {
    const heap = left.pop();
    if (!heap) continue;
    left.push(heap.left, heap.right);
    const { at, seq, object } = heap.event;
    if (arena.kindAt(object) === 0 || getSeq(kernel.maps, object + ASYNC.seq) !== seq) continue;
    const text = (word: number): string => describeText(view, BigInt(arena.getU32(object + word)));
    found.push({ seq, timer: { atNs: nsOf(at), field: text(ASYNC.field), callback: text(ASYNC.callback) } });
  }
  found.sort((a, b) => (a.timer.atNs < b.timer.atNs ? -1 : a.timer.atNs > b.timer.atNs ? 1 : a.seq - b.seq));
  return found.map(({ timer }) => timer);
}

function worldNow(view: View): WorldNow {
  const { world, maps } = view.kernel;
  return {
    clockNs: nsOf(world.clock),
    cpu: world.cpu,
    cpus: maps.cpus,
    task: world.task,
    timers: pendingTimers(view),
    redirect: world.redirect,
    outputCount: world.output?.count ?? 0,
  };
}

function deviceText({ kernel }: View, ifindex: number): string {
  const name = deviceByIndex(kernel.world.net, ifindex)?.name;
  return name === undefined ? `ifindex ${ifindex}, which is not there` : `${name} (ifindex ${ifindex})`;
}

function mapName({ kernel }: View, address: number | undefined): string {
  return mapAt(kernel.world, address)?.name ?? '?';
}

/** `to eth1 (ifindex 3)`, `to tx_ports[2]`, `to the peer of eth0 (ifindex 2)`. */
export function redirectText(view: View, redirect: Redirect): string {
  const { kind, ifindex, map, index } = redirect;
  if (kind === 'map') return `to ${mapName(view, map)}[${index}]`;
  const device = deviceText(view, ifindex);
  if (kind === 'peer') return `to the peer of ${device}`;
  return kind === 'neigh' ? `to ${device}, addressed by its neighbour` : `to ${device}`;
}

function bytesText(data: Uint8Array): string {
  return `${data.length} bytes: ${toHex(data.subarray(0, SHOWN), ' ')}${data.length > SHOWN ? ' …' : ''}`;
}

/** One output in a line. */
export function outputText(view: View, output: Output): string {
  switch (output.kind) {
    case 'trace':
      return `trace: ${output.line}`;
    case 'perf': {
      const { map, cpu, data } = output.record;
      const event = monitorLine(view.kernel, output.record);
      return `perf ${mapName(view, map)} cpu ${cpu}: ${event ?? bytesText(data)}`;
    }
    case 'ringbuf':
      return `ringbuf ${mapName(view, output.map)}: ${bytesText(output.data)}`;
    case 'sent':
      return `${output.ingress ? 'received at' : 'sent to'} ${deviceText(view, output.ifindex)}: ${packetLine(output.data)}`;
  }
}

/** The newest `count` outputs, oldest of them first. */
export function lastOutputs({ kernel }: View, count: number): Output[] {
  const list: Output[] = [];
  for (let node = kernel.world.output; node && list.length < count; node = node.older) list.push(node.entry);
  return list.reverse();
}

/** Nanoseconds as seconds: `1000.002 s`. */
export function secondsText(ns: bigint): string {
  const [whole, rest] = [ns / 1_000_000_000n, ns % 1_000_000_000n];
  const part = `${rest}`.padStart(9, '0').replace(/0+$/, '');
  return `${whole}${part === '' ? '' : `.${part}`} s`;
}

/** The world as lines. */
export function worldLines(view: View): string[] {
  const { clockNs, cpu, cpus, task, timers, redirect, outputCount } = worldNow(view);
  const outputs = lastOutputs(view, 16);
  const older = outputCount - outputs.length;
  return [
    `clock ${secondsText(clockNs)} since boot, cpu ${cpu} of ${cpus}`,
    `task ${task.comm}, pid ${task.pid}, tgid ${task.tgid}, uid ${task.uid}, cgroup ${task.cgroup}`,
    ...(redirect ? [`redirect ${redirectText(view, redirect)}`] : []),
    ...timers.map(({ atNs, field, callback }) => `timer ${field} in ${secondsText(atNs - clockNs)}: ${callback}`),
    ...(older > 0 ? [`(${older} outputs before these)`] : []),
    ...outputs.map((output) => outputText(view, output)),
  ];
}
