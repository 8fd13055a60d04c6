/**
 * Random helper calls on the real kernel: `npx tsx scripts/record-helper-runs.ts` writes the golden set under
 * test/recorded/helpers; with SEED EACH MIXES FILE it writes the requests of another set to FILE, to be given to the
 * kernel and to scripts/answer.ts and compared.
 */
import { writeFileSync } from 'node:fs';
import { generate } from './helpers/generate.ts';
import { askOracle } from './maps/oracle.ts';

const [seed, each, mixes, file] = process.argv.slice(2);
const lines = (rows: readonly unknown[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');

if (file !== undefined) writeFileSync(file, lines(generate(Number(seed), Number(each), Number(mixes))));
else {
  const requests = generate(1, 4, 60);
  const answers = askOracle(requests);
  const rows = requests.flatMap((request, i) => {
    const { verdict, test_run: runs } = answers[i]!;
    // What the verifier refuses says nothing of the helpers.
    return verdict === 'accept' ? [{ request, runs }] : [];
  });
  writeFileSync(new URL('../test/recorded/helpers/runs.jsonl', import.meta.url), lines(rows));
}
