import { clockAfter } from '../clock.ts';
import type { KernelCore } from '../core.ts';
import { queueAdd } from '../eventQueue.ts';
import type { Alarm } from './state.ts';

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
