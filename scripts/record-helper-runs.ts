/**
 * Records helper calls on the real kernel: `npx tsx scripts/record-helper-runs.ts` writes the golden set, one file for each
 * kind of program, under test/recorded/helpers. `scripts/helper-calls.ts` compares other sets.
 */
import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import type { TestRunResult } from '../src/spec/request.ts';
import { generate } from './helpers/generate.ts';
import { HOOKS } from './helpers/hooks.ts';
import { askOracle } from './oracle.ts';

/** Programs for each helper. */
const EACH = 1;
const MAX_PACKET = 2000;

/** What does not differ from one run to the next, without the input map, which nobody writes. */
function answered({ errno, retval, data_out, ctx_out, maps }: TestRunResult): TestRunResult {
  const { in: _in, ...others } = maps ?? {};
  return { errno, retval, ...(data_out && { data_out }), ...(ctx_out && { ctx_out }), maps: others };
}

for (const hook of Object.keys(HOOKS)) {
  const programs = [...generate({ seed: 1, each: EACH, hooks: [hook], oneInput: true })];
  const answers = askOracle(
    programs.map(({ request }) => request),
    4,
  );
  const rows = programs.flatMap(({ request }, i) => {
    const { verdict, test_run: runs } = answers[i]!;
    const [run] = runs ?? [];
    // What the verifier refuses says nothing of the helpers; very long packets add nothing but bytes.
    if (verdict !== 'accept' || !run || (run.data_out ?? '').length > MAX_PACKET) return [];
    return [{ request, run: answered(run) }];
  });
  if (rows.length === 0) throw new Error(`no answers for ${hook}`);
  const lines = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  writeFileSync(new URL(`../test/recorded/helpers/${hook}.jsonl.gz`, import.meta.url), gzipSync(lines, { level: 9 }));
}
