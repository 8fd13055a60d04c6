/**
 * Compares maps with helpers of their own with the kernel on random programs, by the whole load request.
 *
 *     npx tsx scripts/maps/compareExchange.ts FIRST_SEED CASES [OPS] [--record FILE]
 */
import { writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { answerRequest } from '../../src/kernel/answer.ts';
import { type RunRow, rowsOf } from '../../test/maps/exchange.ts';
import { askOracle } from '../oracle.ts';
import { exchangeRequest } from './exchange.ts';

const [first = 1, count = 70, ops = 12] = process.argv
  .slice(2)
  .filter((arg) => /^\d+$/.test(arg))
  .map(Number);
const recordAt = process.argv.indexOf('--record');

const requests = Array.from({ length: count }, (_, i) => exchangeRequest(first + i, ops));
const results = askOracle(requests);
const golden: { request: unknown; runs: readonly RunRow[] }[] = [];
const tally = new Map<string, { same: number; differ: number; unusable: number; calls: number }>();
let shown = 0;
results.forEach((result, i) => {
  const request = requests[i]!;
  const name = request.name!.split(' ')[0]!;
  const row = tally.get(name) ?? { same: 0, differ: 0, unusable: 0, calls: 0 };
  tally.set(name, row);
  if (result.verdict !== 'accept') {
    if (row.unusable++ < 2) console.log(request.name, result.stage, result.errno, (result.log ?? '').slice(-300));
    return;
  }
  const kernel = rowsOf(result);
  const here = rowsOf(answerRequest(request));
  row.calls += 2 * ops;
  golden.push({ request, runs: kernel });
  if (isDeepStrictEqual(kernel, here)) row.same++;
  else {
    row.differ++;
    if (shown++ < 6) explain(request.name!, kernel, here, answerRequest(request).detail);
  }
});

function explain(name: string, kernel: readonly RunRow[], here: readonly RunRow[], detail: string | undefined): void {
  console.log(name, detail ?? '');
  kernel.forEach(({ res }, run) => {
    const ours = (here[run]?.res ?? '').padEnd(res.length, '0');
    for (let at = 0; at < res.length; at += 48) {
      const [a, b] = [res.slice(at, at + 48), ours.slice(at, at + 48)];
      if (a !== b) console.log(`  run ${run} slot ${at / 48} kernel ${a} here ${b}`);
    }
  });
}

console.table(Object.fromEntries(tally));
if (recordAt > 0) writeFileSync(process.argv[recordAt + 1]!, golden.map((row) => `${JSON.stringify(row)}\n`).join(''));
