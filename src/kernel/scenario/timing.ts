/** Time in a scenario: what is due comes in the order of its time: programs' timers, then sockets, then the agent. */
import type { Clock } from '../clock.ts';
import { compareClocks } from '../eventQueue.ts';
import { fireAlarm, nextAlarm } from '../node/alarms.ts';
import { copyWorld } from '../world.ts';
import { collectGarbage } from './agentGc.ts';
import type { Stage } from './stage.ts';
import type { Job } from './worker.ts';
import { nodeWorker, timerWorker } from './worker.ts';

/** Nothing happens until `clock`: time passes at once. False where something is due. */
export function passQuietly(stage: Stage, clock: Clock): boolean {
  const { kernel } = stage;
  const { world } = kernel;
  const due = [nextAlarm(kernel)?.at, stage.state.gc?.due, world.timers.queue?.event.at];
  if (due.some((at) => at !== undefined && compareClocks(at, clock) <= 0)) return false;
  if (compareClocks(world.clock, clock) < 0) {
    const later = copyWorld(world);
    later.clock = clock;
    kernel.world = later;
  }
  return true;
}

/** Time passes until `clock`. */
export function until(stage: Stage, clock: Clock): Job {
  const { kernel, insnLimit } = stage;
  const pass =
    (to: Clock): Job =>
    () =>
      timerWorker(kernel.advanceClock(to, insnLimit));
  return () => {
    const alarm = nextAlarm(kernel)?.at;
    const gc = stage.state.gc?.due;
    const gcFirst = gc !== undefined && (!alarm || compareClocks(gc, alarm) < 0);
    const first = gcFirst ? gc : alarm;
    if (!first || compareClocks(first, clock) > 0) return pass(clock)();
    const happens: readonly Job[] = gcFirst
      ? collectGarbage(stage)
      : [() => fireAlarm(kernel), () => nodeWorker(stage)];
    return [pass(first), ...happens, until(stage, clock)];
  };
}
