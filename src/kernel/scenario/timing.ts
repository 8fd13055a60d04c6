/** Time in a scenario: what is due comes in the order of its time: programs' timers, then sockets, then the agent. */
import type { Clock } from '../clock.ts';
import { compareClocks } from '../eventQueue.ts';
import { fireAlarm, nextAlarm } from '../node/alarms.ts';
import { collectGarbage } from './agentGc.ts';
import type { Stage } from './stage.ts';
import type { Job } from './worker.ts';
import { nodeWorker, timerWorker } from './worker.ts';

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
