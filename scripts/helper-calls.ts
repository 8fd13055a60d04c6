/**
 * Random helper calls here and on a real kernel, compared:
 *
 *     npx tsx scripts/helper-calls.ts [--seed N] [--each N] [--type a,b] [--helper a,b] [--show N] [--save DIR]
 *
 * Each helper that a kind of program may call gets `--each` programs (default 10) of four calls in each of the kinds of `--type` (all of
 * `HOOKS` in scripts/helpers/hooks.ts); `--helper` takes parts of names. The first `--show` differences (default 10) are
 * printed with the steps of their programs; `--save` writes the requests and both answers of those that differ.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { answerRequest } from '../src/kernel/answer.ts';
import type { LoadResult } from '../src/spec/request.ts';
import { Comparison } from './helpers/compare.ts';
import { type Generated, generate } from './helpers/generate.ts';
import { askOracle } from './oracle.ts';

const BATCH = 1500;
const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    each: { type: 'string', default: '10' },
    type: { type: 'string' },
    helper: { type: 'string' },
    show: { type: 'string', default: '10' },
    save: { type: 'string' },
  },
});
const list = (text: string | undefined): string[] | undefined => text?.split(',');
const hooks = list(values.type);
const helpers = list(values.helper);
const choice = {
  seed: Number(values.seed),
  each: Number(values.each),
  ...(hooks && { hooks }),
  ...(helpers && { helpers }),
};
const comparison = new Comparison(Number(values.show));
const saved: unknown[] = [];

function runBatch(batch: readonly Generated[]): void {
  if (batch.length === 0) return;
  const began = performance.now();
  const ask = (programs: readonly Generated[]): LoadResult[] =>
    askOracle(
      programs.map(({ request }) => request),
      4,
    );
  let kernel = ask(batch);
  // A machine that did not get through is asked once more.
  if (kernel.some(({ verdict }) => verdict === 'no_result')) kernel = ask(batch);
  const asked = performance.now();
  batch.forEach((program, i) => {
    const theirs = kernel[i]!;
    const ours = theirs.verdict === 'accept' ? answerRequest(program.request) : theirs;
    if (!comparison.add(program, theirs, ours)) saved.push({ request: program.request, kernel: theirs, bpflab: ours });
  });
  const seconds = (ms: number): string => (ms / 1000).toFixed(1);
  console.log(
    `${batch.length} programs: kernel ${seconds(asked - began)} s, here ${seconds(performance.now() - asked)} s`,
  );
}

let batch: Generated[] = [];
for (const program of generate(choice)) {
  batch.push(program);
  if (batch.length < BATCH) continue;
  runBatch(batch);
  batch = [];
}
runBatch(batch);
console.log(comparison.summary());
if (values.save !== undefined) {
  mkdirSync(values.save, { recursive: true });
  writeFileSync(`${values.save}/different.jsonl`, saved.map((row) => `${JSON.stringify(row)}\n`).join(''));
}
process.exitCode = comparison.different > 0 ? 1 : 0;
