/**
 * Everything mutable that is not in linear memory: one immutable value, replaced and never changed in place, so that
 * keeping it is taking a snapshot.
 */
import type { PerfRecord } from '../helpers/env.ts';
import type { Redirect } from '../helpers/ports/devices.ts';
import type { Cgroup, Task } from '../helpers/ports/task.ts';
import type { ProgArrayOwner } from '../maps/progArray.ts';
import type { NetNs } from '../net/route/netns.ts';
import type { Executable } from '../vm/executable.ts';
import type { Pin } from './bpffs.ts';
import type { Clock } from './clock.ts';
import type { EventQueue } from './eventQueue.ts';
import type { OpenFile } from './fds.ts';
import type { Interleaving } from './interleave/events.ts';
import type { NodeState } from './node/state.ts';
import type { SocketTable } from './sockets/table.ts';
import type { TaskObjects } from './task.ts';

/** A loaded map. */
export interface MapRecord {
  readonly id: number;
  readonly name: string;
  /** Address of the map object. */
  readonly address: number;
  readonly type: number;
  /** BTF of key and value, as the load request brought it. */
  readonly btf?: { readonly blob: Uint8Array; readonly key: number; readonly value: number };
}

/** A loaded program. */
export interface ProgRecord {
  readonly id: number;
  readonly name: string;
  readonly executable: Executable;
  /** What all programs of one prog_array must share. */
  readonly owner: ProgArrayOwner;
  /** Number of the expected_attach_type; 0 where the request names none. */
  readonly attachType: number;
  /** Loaded for one device only (prog_ifindex). */
  readonly devBound: boolean;
  /** The kernel's function or struct that the program is for, as the request names it. */
  readonly attachBtfName: string | undefined;
  /** Ids of the maps that the program names; it holds each of them (used_maps). */
  readonly maps: readonly number[];
}

/** What a program said to the outside: newest first, so that adding is cheap and nothing is changed. */
export type Output =
  | { readonly kind: 'trace'; readonly line: string }
  | { readonly kind: 'perf'; readonly record: PerfRecord }
  /** A sample that a reader took out of the ring buffer `map` (the address of its object). */
  | { readonly kind: 'ringbuf'; readonly map: number; readonly data: Uint8Array }
  /** A packet that bpf_clone_redirect handed to the device `ifindex`: to be sent, or (`ingress`) as if it came in there. */
  | { readonly kind: 'sent'; readonly ifindex: number; readonly ingress: boolean; readonly data: Uint8Array };

/** Outputs as a list, newest first; `count` counts this one and all older ones. */
export interface OutputList {
  readonly entry: Output;
  readonly older: OutputList | undefined;
  readonly count: number;
}

/** What is due later, and what of it runs now. */
export interface Timers {
  readonly queue: EventQueue | undefined;
  /** The highest number given to a start or an initialisation. */
  readonly seq: number;
  /** The timer whose callback runs: its object and the number of its initialisation. */
  readonly running: { readonly object: number; readonly born: number } | undefined;
}

/** A network namespace and the sockets in it. */
export interface Namespace {
  readonly net: NetNs;
  readonly sockets: SocketTable;
}

/** What a kernel holds beside its memory. Replaced as a whole, never changed in place. */
export interface World {
  readonly clock: Clock;
  readonly random: number;
  readonly cpu: number;
  readonly nextId: number;
  readonly maps: readonly MapRecord[];
  readonly progs: readonly ProgRecord[];
  /** Ids of the maps and programs of which user space has a descriptor, once for each: loading opens them. */
  readonly open: readonly number[];
  /** The BPF file system, by path. */
  readonly pins: readonly Pin[];
  readonly output: OutputList | undefined;
  readonly timers: Timers;
  /** Iterators opened so far. */
  readonly iterSessions: number;
  /** The network namespace that programs run in, and its sockets; those of the others wait in `parked`. */
  readonly net: NetNs;
  readonly sockets: SocketTable;
  readonly parked: readonly Namespace[];
  /** What is attached to the node and on its way through it. */
  readonly node: NodeState;
  /** What the running program asked the device layer for. */
  readonly redirect: Redirect | undefined;
  /** The task that runs, its objects once a program asked for them, and the cgroups: parents come before children. */
  readonly task: Task;
  readonly taskObjects: TaskObjects | undefined;
  readonly cgroups: readonly Cgroup[];
  /** What syscall programs can name by number. */
  readonly files: readonly OpenFile[];
  /** How far the plan that suspends CPUs has come; undefined as long as there was none. */
  readonly interleave: Interleaving | undefined;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * A copy that is changed before it becomes the kernel's, as `{ ...world, … }` would be: a packet replaces the World a dozen
 * times, and naming the members is ten times faster than spreading them.
 */
export function copyWorld(world: World): Mutable<World> {
  return {
    clock: world.clock,
    random: world.random,
    cpu: world.cpu,
    nextId: world.nextId,
    maps: world.maps,
    progs: world.progs,
    open: world.open,
    pins: world.pins,
    output: world.output,
    timers: world.timers,
    iterSessions: world.iterSessions,
    net: world.net,
    sockets: world.sockets,
    parked: world.parked,
    node: world.node,
    redirect: world.redirect,
    task: world.task,
    taskObjects: world.taskObjects,
    cgroups: world.cgroups,
    files: world.files,
    interleave: world.interleave,
  };
}

/** The loaded map whose object lies at an address. */
export function mapAt({ maps }: World, address: number | undefined): MapRecord | undefined {
  return maps.find((m) => m.address === address);
}

/** The world after an output more. */
export function withOutput(world: World, entry: Output): World {
  const count = (world.output?.count ?? 0) + 1;
  const copy = copyWorld(world);
  copy.output = { entry, older: world.output, count };
  return copy;
}

/** The outputs newer than `since`, oldest first. */
export function outputsSince(world: World, since: OutputList | undefined): Output[] {
  const list: Output[] = [];
  for (let node = world.output; node && node !== since; node = node.older) list.push(node.entry);
  return list.reverse();
}
