/** What sockets wait for: alarms, in the order of their times. */
import type { KernelCore } from '../core.ts';
import { queueRest } from '../eventQueue.ts';
import { socketAlarm } from './socketWork.ts';
import type { Alarm } from './state.ts';

/** The alarm that comes first. */
export function nextAlarm({ world }: KernelCore): Alarm | undefined {
  return world.node.alarms?.event;
}

/** The first alarm goes off: whoever waited does what it waited for. */
export function fireAlarm(kernel: KernelCore): undefined {
  const { world } = kernel;
  const { alarms } = world.node;
  if (!alarms) return undefined;
  kernel.world = { ...world, node: { ...world.node, alarms: queueRest(alarms) } };
  return socketAlarm(kernel, alarms.event);
}
