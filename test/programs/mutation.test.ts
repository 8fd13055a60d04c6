/** A sample of `scripts/mutate.ts`: broken programs are noticed by the scenarios under programs/, and these say enough. */
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Check } from '../../scripts/mutation/check.ts';
import { quietIo } from '../../scripts/mutation/io.ts';
import { type ListFile, staleEntries } from '../../scripts/mutation/list.ts';
import { sampled } from '../../scripts/mutation/sample.ts';
import { Suite } from '../../scripts/mutation/suite.ts';
import { GOAL, mutantLine, tallies } from '../../scripts/mutation/table.ts';

const ROOT = resolve(import.meta.dirname, '../../programs');
const LIST = resolve(ROOT, 'mutants.json');
const SAMPLE = 1000;
const SEED = 1;
/** Steps from which packets follow. */
const SENDING: readonly string[] = ['packet', 'pcap', 'traffic', 'connect', 'send', 'close', 'abort'];
/** Milliseconds that a busy machine may take. */
const PATIENCE = 900_000;

const list = existsSync(LIST) ? (JSON.parse(readFileSync(LIST, 'utf8')) as ListFile).mutants : [];
const suite = new Suite(quietIo, ROOT);

describe.skipIf(suite.scenarios.length === 0)('scenarios under programs/', () => {
  const check = new Check(suite, list);

  it('come to their ends as expected', () => {
    expect(check.broken).toEqual([]);
  });

  it.each(suite.scenarios)('$file asserts packets and maps', ({ scenario, builds }) => {
    const expects = [scenario.expect, ...scenario.steps.map((s) => s.expect)].filter((e) => e !== undefined);
    // Where every program is refused there is nothing to be seen.
    if (builds.length === 0) return;
    const sends = scenario.steps.some(({ action }) => SENDING.includes(action.do));
    const keeps = builds.some(({ input }) => (input.request.maps ?? []).length > 0);
    const packets = expects.some((e) => e.out || e.changes || e.received || e.path);
    const maps = expects.some((e) => e.maps || e.ct);
    expect({ packets, maps }).toEqual({ packets: packets || sends, maps: maps || keeps });
  });

  it(
    'notice what is broken',
    () => {
      const sample = sampled(check.mutants, SAMPLE, SEED);
      const judged = sample.map((mutant) => check.judge(mutant));
      expect(judged.filter((j) => j.fate === 'crash').map(mutantLine)).toEqual([]);
      expect(staleEntries(list, judged, false)).toEqual([]);
      // What somebody noticed cannot be proved to be the same.
      const noticed = sample.filter((_, i) => ['scenario', 'fault', 'limit'].includes(judged[i]!.fate));
      const proved = noticed.filter((mutant) => check.proof(mutant) !== undefined);
      expect(proved.map(({ site, what }) => `${site.place}: ${what}`)).toEqual([]);
      expect(tallies(judged).all.score).toBeGreaterThan(GOAL);
    },
    PATIENCE,
  );
});
