/** What sockets wait for: alarms, in the order of their times. */
import { clockAfter } from '../clock.ts';
import type { KernelCore } from '../core.ts';
import { queueAdd, queueRest } from '../eventQueue.ts';
import { socketAlarm } from './socketWork.ts';
import type { Alarm } from './state.ts';

/** The alarm that comes first. */
export function nextAlarm({ world }: KernelCore): Alarm | undefined {
  return world.node.alarms?.event;
}

/** Sets an alarm. */
export function setAlarm(kernel: KernelCore, alarm: Pick<Alarm, 'ns' | 'what' | 'object'>, afterNs: bigint): void {
  const { world } = kernel;
  const seq = world.timers.seq + 1;
  const at = clockAfter(world.clock, afterNs);
  kernel.world = {
    ...world,
    timers: { ...world.timers, seq },
    node: { ...world.node, alarms: queueAdd(world.node.alarms, { ...alarm, at, seq }) },
  };
}

/** The first alarm goes off: whoever waited does what it waited for. */
export function fireAlarm(kernel: KernelCore): undefined {
  const { world } = kernel;
  const { alarms } = world.node;
  if (!alarms) return undefined;
  kernel.world = { ...world, node: { ...world.node, alarms: queueRest(alarms) } };
  return socketAlarm(kernel, alarms.event);
}
