/** What several steps did together: what the expectation at a scenario's end is held against. */
import type { Observed } from './observed.ts';

/** Nothing was seen yet. */
export const NOTHING_OBSERVED: Observed = {
  clockNs: 0n,
  verdicts: [],
  path: [],
  out: [],
  changes: [],
  maps: {},
  log: [],
  events: [],
  received: {},
  result: 'ok',
  drops: [],
  agent: [],
};

/** Joins records key by key. */
function joined<T>(
  a: Readonly<Record<string, T>>,
  b: Readonly<Record<string, T>>,
  join: (a: T, b: T) => T,
): Readonly<Record<string, T>> {
  const entries = Object.entries(b).map(
    ([key, value]) => [key, Object.hasOwn(a, key) ? join(a[key]!, value) : value] as const,
  );
  return entries.length === 0 ? a : { ...a, ...Object.fromEntries(entries) };
}

/**
 * What a step did, behind what those before it did: lines and packets one after the other, data that sockets received as one
 * text; of results the last.
 */
export function together(before: Observed, step: Observed): Observed {
  const both = (a: readonly string[], b: readonly string[]) => (b.length === 0 ? a : [...a, ...b]);
  return {
    clockNs: step.clockNs,
    verdicts: both(before.verdicts, step.verdicts),
    path: both(before.path, step.path),
    out: step.out.length === 0 ? before.out : [...before.out, ...step.out],
    changes: both(before.changes, step.changes),
    maps: joined(before.maps, step.maps, both),
    log: both(before.log, step.log),
    events: both(before.events, step.events),
    received: joined(before.received, step.received, (a, b) => a + b),
    result: step.result,
    drops: both(before.drops, step.drops),
    agent: both(before.agent, step.agent),
  };
}
