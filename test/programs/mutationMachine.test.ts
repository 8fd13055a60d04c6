/** The mutation check itself, over the small scenarios of the command line's tests. */
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { Check } from '../../scripts/mutation/check.ts';
import { quietIo } from '../../scripts/mutation/io.ts';
import { listedAs, newEntries, staleEntries } from '../../scripts/mutation/list.ts';
import { Played } from '../../scripts/mutation/played.ts';
import { sampled } from '../../scripts/mutation/sample.ts';
import { Suite } from '../../scripts/mutation/suite.ts';

const suite = new Suite(quietIo, resolve(import.meta.dirname, '../cli/scenarios'));
const check = new Check(suite, [], 'gate.bpf');
const judged = check.mutants.map((mutant) => check.judge(mutant));

it('uses the scenarios that succeed', () => {
  expect(check.broken).toEqual(['closed.yaml: step 1: verdicts']);
});

it('knows mutants of every kind', () => {
  expect([...new Set(judged.map((j) => j.kind))].sort()).toMatchSnapshot();
  expect(check.mutants.every((m) => m.occurrences.length === 1)).toBe(true);
});

it('judges them', () => {
  expect(judged.map(({ site, what, fate }) => `${fate}: ${site.line}: ${what}`)).toMatchSnapshot();
});

it('finds in a loaded program what it finds in one that is loaded anew', () => {
  const [scene] = check.played.filter((p) => p.problem === undefined);
  for (const mutant of sampled(check.mutants, 60, 7)) {
    const { code, slot, mutation } = mutant.occurrences[0]!;
    if (scene!.executes({ code, slot }) !== true) continue;
    const patch = { code, slot, insns: mutation.insns };
    const noticed = scene!.try([patch]) !== undefined;
    suite.patches = [patch];
    const anew = new Played(suite, scene!.of).problem !== undefined;
    suite.patches = [];
    expect({ what: mutant.what, line: mutant.site.line, noticed }).toEqual({
      what: mutant.what,
      line: mutant.site.line,
      noticed: anew,
    });
  }
  // Nothing of a mutant stays behind.
  expect(new Played(suite, scene!.of).problem).toBeUndefined();
});

it('lists survivors, and tells entries that are noticed', () => {
  const survivors = judged.filter((j) => j.fate === 'survived' || j.fate === 'unexecuted');
  const entries = newEntries(survivors);
  expect(survivors.every((j) => listedAs(entries, j.file, j.site, j.what))).toBe(true);
  expect(staleEntries(entries, judged, true)).toEqual([]);
  const killed = judged.find((j) => j.fate === 'scenario')!;
  const stale = newEntries([killed]);
  expect(staleEntries(stale, judged, false)).toEqual(stale);
  const gone = [{ line: 'there is no such line', mutation: '*', reason: '' }];
  expect(staleEntries(gone, judged, false)).toEqual([]);
  expect(staleEntries(gone, judged, true)).toEqual(gone);
});
