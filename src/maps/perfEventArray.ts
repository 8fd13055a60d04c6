import type { MapEnv } from './attr.ts';
import { fdArraySlot } from './fdArray.ts';

/** The mark of the ring attached for a CPU (index) in a perf_event_array; 0 when there is none. */
export function perfEventSlot(env: MapEnv, map: number, index: number): number {
  return fdArraySlot(env, map, index);
}
