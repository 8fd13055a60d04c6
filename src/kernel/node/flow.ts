/** The way of a packet: stages, and between them programs. A stage ends with a program to be run, or without. */
import type { KernelCore } from '../core.ts';
import type { PrepareRun } from '../testRun/prepare.ts';
import type { Link, Trip, Work } from './state.ts';
import { changeNode, tripOf } from './state.ts';

/** A program that is to run, and what its return value (unsigned 32 bits) leads to. */
export interface Call {
  readonly link: Link;
  readonly work: Work;
  readonly prepare: PrepareRun;
  /** The packet as the hook sees it, for what is told of changes. */
  bytes(): Uint8Array;
  returned(retval: number): Flow;
}

/** What comes next: a program, or nothing more of this stage. */
export type Flow = Call | undefined;

/** Puts work before everything that waits: what the packet at hand meets next. */
export function next(kernel: KernelCore, work: Work): undefined {
  kernel.world = changeNode(kernel.world, (node) => {
    node.work = [work, ...node.work];
  });
}

/** Puts work behind everything that waits, as a CPU's backlog does. @kernel enqueue_to_backlog */
export function later(kernel: KernelCore, work: Work): undefined {
  kernel.world = changeNode(kernel.world, (node) => {
    node.work = [...node.work, work];
  });
}

/** The number of a packet that there was not before. */
export function newPacket(kernel: KernelCore): number {
  const packets = kernel.world.node.packets + 1;
  kernel.world = changeNode(kernel.world, (node) => {
    node.packets = packets;
  });
  return packets;
}

/** Copies that all packets may have until nothing waits any more: each of them can be copied again. */
const MOST_COPIES = 2000;

/** The trip of a packet's copy; undefined when there are too many already. */
export function copyTrip(kernel: KernelCore, trip: Trip): Trip | undefined {
  const { world } = kernel;
  const copied = world.node.copied + 1;
  if (copied > MOST_COPIES) return undefined;
  kernel.world = { ...world, node: { ...world.node, copied } };
  return { ...tripOf(trip), id: newPacket(kernel) };
}
