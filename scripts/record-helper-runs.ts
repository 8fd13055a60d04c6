/**
 * Random helper calls on the real kernel: `npx tsx scripts/record-helper-runs.ts` writes the golden set under
 * test/recorded/helpers; with SEED EACH MIXES FILE it writes the requests of another set to FILE, to be given to the
 * kernel and to scripts/answer.ts and compared.
 */
import { writeFileSync } from 'node:fs';
import { generate } from './helpers/generate.ts';
import { askOracle } from './oracle.ts';

const [seed, each, mixes, file] = process.argv.slice(2);
const lines = (rows: readonly unknown[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');

if (file !== undefined) writeFileSync(file, lines(generate(Number(seed), Number(each), Number(mixes))));
else {
  const requests = generate(1, 3, 30);
  const answers = askOracle(requests);
  const rows = requests.flatMap((request, i) => {
    const { verdict, test_run: runs } = answers[i]!;
    const [run] = runs ?? [];
    // What the verifier refuses says nothing of the helpers; very long packets add nothing but bytes.
    if (verdict !== 'accept' || !run || (run.data_out ?? '').length > 2000) return [];
    const { maps, errno, retval, data_out } = run;
    const { in: _input, out, ...others } = maps ?? {};
    // Most of the output is zeros that nobody wrote.
    const value = (out?.[0]?.[1] as string | undefined)?.replace(/(00)+$/, '') ?? '';
    return [{ request, errno, retval, data_out, out: value, maps: others }];
  });
  writeFileSync(new URL('../test/recorded/helpers/runs.jsonl', import.meta.url), lines(rows));
}
