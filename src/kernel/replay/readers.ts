/** Whoever listens to what programs say. */
import { mapInfo } from '../../maps/object.ts';
import { userUpdate } from '../../maps/user.ts';
import type { Kernel } from '../kernel.ts';
import { mapTypeOf } from './mapDump.ts';

/** Opens a perf ring for each CPU in every perf_event_array, as an agent would: without one nothing is heard. */
export function openPerfRings(kernel: Kernel): void {
  for (const map of kernel.world.maps) {
    if (mapTypeOf(map) !== 'perf_event_array') continue;
    const { max_entries, cpus } = mapInfo(kernel.maps, map.address);
    for (let cpu = 0; cpu < Math.min(max_entries, cpus); cpu++) {
      userUpdate(kernel.maps, map.address, Uint8Array.of(cpu, 0, 0, 0), Uint8Array.of(1, 0, 0, 0));
    }
  }
}
