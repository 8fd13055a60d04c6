import { expect, test } from 'vitest';
import { openScenario } from '../../../src/kernel/scenario/open.ts';
import { filesOf, openFile } from '../../programs/scenarios/run.ts';

const PATH = 'problems/lru-eviction.yaml';
/** Steps that are looked at: enough for entries to be evicted, and for their packets to be made anew. */
const STEPS = 14;

/** What the first steps did; a run in slices of so many ticks. */
function observed(quietTraffic: boolean, slice: number): unknown[] {
  const hops: string[] = [];
  const { scenario } = openFile(PATH);
  const programs = scenario.programs.map((program) => ({ ...program, verify: 'skip' as const }));
  const opened = openScenario({ ...scenario, programs }, filesOf(PATH), {
    quietTraffic,
    onHop: (hop) => hops.push(hop.kind),
  });
  if (!opened.ok) throw new Error('the scenario cannot be opened');
  const seen: unknown[] = [];
  while (seen.length <= STEPS) {
    const status = opened.value.advance(slice);
    if (status === 'paused') continue;
    if (!('report' in status)) throw new Error(status.state);
    seen.push([status.report.observed, status.report.packets]);
  }
  // Whoever wants to hear of every hop does.
  expect(hops.length > 0).toBe(!quietTraffic);
  return seen;
}

test('traffic whose hops are only counted does what it does when each is told', () => {
  const told = observed(false, 1_000_000);
  expect(observed(true, 1_000_000)).toEqual(told);
  expect(observed(true, 1777)).toEqual(told);
});

test('a step of too many hops tells of the first ones, and that there are more', () => {
  const path = 'hello/limit-ten.yaml';
  const { scenario } = openFile(path);
  const steps = scenario.steps.map((step) =>
    step.action.do === 'packet' ? { ...step, action: { ...step.action, times: 35_000 } } : step,
  );
  const opened = openScenario({ ...scenario, steps }, filesOf(path));
  if (!opened.ok) throw new Error('the scenario cannot be opened');
  for (;;) {
    const status = opened.value.advance();
    if (status === 'paused') continue;
    if (!('report' in status)) throw new Error(status.state);
    const { step, observed } = status.report;
    if (step?.number !== 1) continue;
    expect(observed.path.length).toBe(100_001);
    expect(observed.path.at(-1)).toBe('and more: only the first 100000 hops are told');
    return;
  }
});
