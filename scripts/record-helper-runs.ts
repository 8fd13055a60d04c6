/**
 * Records helper calls on the real kernel: `npx tsx scripts/record-helper-runs.ts` writes the golden set, one file for each
 * kind of program, under test/recorded/helpers. `scripts/helper-calls.ts` compares other sets.
 */
import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { generate } from './helpers/generate.ts';
import { HOOKS } from './helpers/hooks.ts';
import { askOracle } from './oracle.ts';

/** Programs for each helper. */
const EACH = 3;
const MAX_PACKET = 2000;

for (const hook of Object.keys(HOOKS)) {
  const programs = [...generate({ seed: 1, each: EACH, hooks: [hook] })];
  const answers = askOracle(
    programs.map(({ request }) => request),
    4,
  );
  const rows = programs.flatMap(({ request, labels }, i) => {
    const { verdict, test_run: runs } = answers[i]!;
    const [run] = runs ?? [];
    // What the verifier refuses says nothing of the helpers; very long packets add nothing but bytes.
    if (verdict !== 'accept' || !run || (run.data_out ?? '').length > MAX_PACKET) return [];
    const { duration: _duration, ...rest } = run;
    return [{ request, labels, run: rest }];
  });
  const lines = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  writeFileSync(new URL(`../test/recorded/helpers/${hook}.jsonl.gz`, import.meta.url), gzipSync(lines, { level: 9 }));
}
