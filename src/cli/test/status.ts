/** The exit status of outcomes. */
import { STATUS, type Status } from '../failure.ts';
import type { ScenarioOutcome } from './outcome.ts';

export function outcomeStatus({ ok, end }: ScenarioOutcome): Status {
  if (ok) return STATUS.good;
  if (end.state === 'interrupted') return STATUS.interrupted;
  return end.state === 'broken' && end.unusable ? STATUS.unusable : STATUS.rejected;
}

/** Interrupted before failed, failed before unusable. */
export function wholeStatus(outcomes: readonly ScenarioOutcome[]): Status {
  const all = new Set(outcomes.map(outcomeStatus));
  return [STATUS.interrupted, STATUS.rejected, STATUS.unusable].find((status) => all.has(status)) ?? STATUS.good;
}
