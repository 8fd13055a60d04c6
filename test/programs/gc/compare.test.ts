/** The four collectors over the same traffic: how late each is at most, and the table that says so. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { compareCollectors, comparisonTable, lateness, PERIOD } from './compare.ts';

const README = readFileSync(new URL('../../../programs/gc/README.md', import.meta.url), 'utf8');

it('each is as late as it says, and README.md has the table', { timeout: 240_000 }, () => {
  const compared = compareCollectors();
  const [agent, iterator, timer, sockets] = compared.map((c) => ({ ...c, late: c.taken.map(lateness) }));

  // The agent: at most the interval in force. It changes, but is never longer here than the one that it begins with.
  expect(agent!.longestInterval).toBeGreaterThan(0);
  expect(Math.max(...agent!.late)).toBeLessThanOrEqual(agent!.longestInterval);
  expect(Math.max(...agent!.late)).toBeGreaterThan(PERIOD);

  // Whoever comes every PERIOD seconds: at most a period, and not before the lifetime is over.
  for (const { taken, late } of [iterator!, timer!]) {
    expect(Math.max(...late)).toBeLessThanOrEqual(PERIOD);
    expect(taken.every(({ at, lifetime }) => at > lifetime)).toBe(true);
  }
  expect(timer!.taken).toEqual(iterator!.taken);
  expect(timer!.scanned).toBe(iterator!.scanned);

  // A socket takes its entries in the second in which it goes, and nobody takes those that hang on none.
  expect(sockets!.taken.length).toBeGreaterThan(0);
  for (const { at, socketGone } of sockets!.taken) expect(at).toBe(socketGone);
  expect(sockets!.scanned).toBe(0);
  expect(sockets!.over).toBeGreaterThan(0);
  for (const { over } of [agent!, iterator!, timer!]) expect(over).toBe(0);

  expect(README).toContain(comparisonTable(compared));
});
