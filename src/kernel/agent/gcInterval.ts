/** How long the agent waits until it collects conntrack garbage again, as Cilium 1.9 decides it. Times are seconds. */

/** What the last collection did to one map. */
export interface CollectedMap {
  readonly deleted: number;
  /** Entries that the map can hold. */
  readonly maxEntries: number;
}

/** Before the first collection has shown anything. */
const STARTING_INTERVAL = 5 * 60;
const MIN_INTERVAL = 10;
const MAX_INTERVAL = 12 * 60 * 60;
/** Above this share of deleted entries collections come sooner, by at most the second; below the third, later. */
const MANY = 0.25;
const MOST = 0.9;
const FEW = 0.05;
const GROWTH = 1.5;
const NS = 1_000_000_000;

/** Nanoseconds rounded to whole seconds. */
function seconds(ns: number): number {
  return Math.floor((Math.trunc(ns) + NS / 2) / NS);
}

/**
 * The next interval: shorter when the largest share of entries that were deleted from a map is large, longer when it is
 * small. A collection that came before its time (a failed insert wakes the agent) had less time for as many entries, so its
 * share counts for more.
 *
 * @param expected the interval that was decided before; absent: there was none, 5 minutes
 * @param actual how long ago the collection before the last one was; 0 when not known
 */
export function gcInterval(expected: number | undefined, actual: number, maps: readonly CollectedMap[]): number {
  const interval = expected ?? STARTING_INTERVAL;
  const early = expected !== undefined && actual > 0 && actual < expected;
  const share = Math.max(0, ...maps.map((m) => (m.maxEntries > 0 ? m.deleted / m.maxEntries : 0)));
  const ratio = early ? share * (interval / actual) : share;
  if (ratio > MANY) return Math.max(MIN_INTERVAL, seconds(interval * NS * (1 - Math.min(ratio, MOST))));
  if (ratio > 0 && ratio < FEW) return Math.min(MAX_INTERVAL, seconds(interval * NS * GROWTH));
  return interval;
}
