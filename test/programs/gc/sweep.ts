/** What the timer is asked to do in the kernel and here: one list for the recorder and for the test. */
import type { LoadRequest, MapUpdate } from '../../../src/spec/request.ts';
import { toHex } from '../../../src/util/hex.ts';
import { requestOf } from '../assembleFile.ts';
import { entry, le } from './world.ts';

/** Nanoseconds between two sweeps. */
export const PERIOD = 50_000;
const FOREVER = 2 ** 32 - 1;
const hex = (bytes: readonly number[]): string => toHex(Uint8Array.from(bytes));

/** Entries by map: every second of the one table and every third of the other is over. */
const ENTRIES: Readonly<Record<string, MapUpdate[]>> = {
  gc_settings: [{ key: '00000000', value: hex(le(PERIOD, 8)) }],
  cilium_ct4_global: Array.from({ length: 20 }, (_, i) => ({
    key: hex(le(i, 14)),
    value: hex(entry(i % 2 === 0 ? 0 : FOREVER)),
  })),
  cilium_ct_any4_global: Array.from({ length: 7 }, (_, i) => ({
    key: hex(le(100 + i, 14)),
    value: hex(entry(i % 3 === 0 ? 0 : FOREVER)),
  })),
};

/** What is left, and what gc_start and gc_stop answer. */
export interface Swept {
  readonly kernel: string;
  readonly left: Readonly<Record<string, readonly string[]>>;
  /** Of gc_stop, gc_start, gc_stop, gc_stop after a first gc_start. */
  readonly answers: readonly number[];
  /** Entries looked at in a sweep after the first one. */
  readonly later: number;
}

export const RUNS = ['gc_start', 'gc_stop', 'gc_start', 'gc_stop', 'gc_stop'] as const;

/** timer.bpf over these entries, without runs. */
export function sweepRequest(): LoadRequest {
  const request = requestOf('gc/timer.bpf');
  const maps = (request.maps ?? []).map((map) => {
    const updates = ENTRIES[map.name ?? ''];
    return updates ? { ...map, updates } : map;
  });
  return { ...request, maps };
}
