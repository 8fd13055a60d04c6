/** The agent collects the garbage of the connection tables, and decides when it does so again. */

import { mapInfo } from '../../maps/object.ts';
import { CtGc, type CtGcStats } from '../agent/gc.ts';
import { type CollectedMap, gcInterval } from '../agent/gcInterval.ts';
import { clockAfter } from '../clock.ts';
import { mapNamed } from '../mapNames.ts';
import { scenarioProblem } from './messages.ts';
import type { Stage } from './stage.ts';
import type { Job, Worker } from './worker.ts';

const GIGA = 1_000_000_000;

/** A scan of one map at work. */
function scanWorker(gc: CtGc, ended: (stats: CtGcStats) => void): Worker {
  return {
    advance(budget) {
      const { state, stats } = gc.advance(Math.min(budget, 10_000));
      if (state === 'paused') return 'paused';
      ended(stats);
      return 'done';
    },
    get ticks() {
      return gc.status.stats.scanned;
    },
    machine: undefined,
    save() {
      const state = gc.save();
      return () => gc.restore(state);
    },
  };
}

function say(stage: Stage, line: string): void {
  stage.state = { ...stage.state, said: [...stage.state.said, line] };
}

/** `180 s`, `180 s to 240 s` */
function latenessText([least, most]: readonly [number, number]): string {
  return least === most ? `${least} s` : `${least} s to ${most} s`;
}

/** One map after the other; then the next collection is planned. */
export function collectGarbage(stage: Stage): readonly Job[] {
  const spec = stage.state.agent?.gc;
  if (!spec) return [() => stage.fail(scenarioProblem('agent', {}, { path: 'gc' }))];
  const { kernel } = stage;
  const scan = (names: readonly string[], collected: readonly CollectedMap[]): Job => {
    return () => {
      const [name, ...rest] = names;
      if (name === undefined) return plan(stage, collected);
      const map = mapNamed(kernel.world, name);
      if (!map) return scan(rest, collected)();
      const nat = spec.nat === undefined ? undefined : mapNamed(kernel.world, spec.nat);
      const started = CtGc.start(kernel, { map, ...(nat && { nat }) });
      if (!started.ok) return stage.fail(...started.problems);
      const { max_entries } = mapInfo(kernel.maps, map.address);
      let stats: CtGcStats | undefined;
      const worker: Job = () =>
        scanWorker(started.value, (done) => {
          stats = done;
          const { scanned, deleted, alive, natDeleted, late } = done;
          const withNat = natDeleted === 0 ? '' : `, NAT ${natDeleted}`;
          say(stage, `gc ${name}: scanned ${scanned}, deleted ${deleted}, alive ${alive}${withNat}`);
          if (spec.lateness && late) say(stage, `gc ${name}: deleted ${latenessText(late)} after their end`);
        });
      const goOn: Job = () => scan(rest, [...collected, { deleted: stats?.deleted ?? 0, maxEntries: max_entries }])();
      return [worker, goOn];
    };
  };
  return [scan(spec.maps, [])];
}

/** When it comes again: at a fixed interval, or as the last one suggests. */
function plan(stage: Stage, collected: readonly CollectedMap[]): undefined {
  const { state, kernel } = stage;
  const spec = state.agent?.gc;
  if (!spec || !state.gc) return;
  const { clock } = kernel.world;
  const { expected, last } = state.gc;
  const adaptive = spec.interval === 'adaptive';
  const actual = last ? clock.sec - last.sec + (clock.nsec - last.nsec) / GIGA : 0;
  const seconds = adaptive ? gcInterval(expected, actual, collected) : Number(spec.interval) / GIGA;
  if (adaptive) say(stage, `gc: next in ${seconds} s`);
  const due = clockAfter(clock, BigInt(Math.round(seconds * GIGA)));
  stage.state = { ...stage.state, gc: { due, expected: seconds, last: clock } };
}
