/** Time in a scenario: what is due comes in the order of its time, programs' timers first. */
import type { Clock } from '../clock.ts';
import { compareClocks } from '../eventQueue.ts';
import type { Kernel } from '../kernel.ts';
import { fireAlarm, nextAlarm } from '../node/alarms.ts';
import type { Job } from './worker.ts';
import { nodeWorker, timerWorker } from './worker.ts';

/** Time passes until `clock`. */
export function until(kernel: Kernel, clock: Clock, insnLimit: number): Job {
  return () => {
    const alarm = nextAlarm(kernel);
    if (!alarm || compareClocks(alarm.at, clock) > 0) return timerWorker(kernel.advanceClock(clock, insnLimit));
    return [
      () => timerWorker(kernel.advanceClock(alarm.at, insnLimit)),
      () => fireAlarm(kernel),
      () => nodeWorker(kernel, insnLimit),
      until(kernel, clock, insnLimit),
    ];
  };
}
