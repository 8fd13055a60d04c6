/**
 * Compares maps with the kernel on random programs, by the whole load request: results, errnos and maps after each run.
 *
 *     npx tsx scripts/maps/comparePrograms.ts exchange|mixed|lru FIRST_SEED CASES [OPS] [--kernel 6.1] [--record FILE]
 *
 * `exchange`: queues, stacks, bloom filters, ring buffers and redirect maps alone. `mixed`: several maps of every type
 * with keys, several programs over them. `lru`: which elements of an LRU map survive. Of another kernel than 6.12 only
 * the maps are compared: helpers there give 32-bit numbers. FILE is JSON lines, compressed where its name ends with .gz.
 */
import { writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { gzipSync } from 'node:zlib';
import { answerRequest } from '../../src/kernel/answer.ts';
import type { KernelName } from '../../src/spec/profiles.ts';
import type { LoadRequest } from '../../src/spec/request.ts';
import { type RunRow, rowsOf } from '../../test/maps/exchange.ts';
import { askOracle } from '../oracle.ts';
import { exchangeRequest } from './exchange.ts';
import { lruRequest } from './mixed/lru.ts';
import { mixedRequest } from './mixed/request.ts';

const generators: Readonly<Record<string, (seed: number, ops: number) => LoadRequest>> = {
  exchange: exchangeRequest,
  mixed: mixedRequest,
  lru: lruRequest,
};
const [kind = 'mixed', ...rest] = process.argv.slice(2);
const generate = generators[kind];
if (!generate) throw new Error(`no such kind: ${kind}`);
const [first = 1, count = 70, ops = 12] = rest.filter((arg) => /^\d+$/.test(arg)).map(Number);
const kernelAt = rest.indexOf('--kernel');
const release = kernelAt < 0 ? '6.12' : (rest[kernelAt + 1] as KernelName);
const recordAt = rest.indexOf('--record');

const requests = Array.from({ length: count }, (_, i) => generate(first + i, ops));
const results = askOracle(requests, 0, [], release);
const golden: { request: unknown; runs: readonly RunRow[] }[] = [];
const tally = new Map<string, { same: number; differ: number; unusable: number; runs: number }>();
let shown = 0;
results.forEach((result, i) => {
  const request = requests[i]!;
  const name = request.name!.split(' ')[0]!;
  const row = tally.get(name) ?? { same: 0, differ: 0, unusable: 0, runs: 0 };
  tally.set(name, row);
  if (result.verdict !== 'accept') {
    const log = [result.log, ...(result.progs ?? []).map((p) => p.log)].join('').slice(-300);
    if (row.unusable++ < 2) console.log(request.name, result.stage, result.errno, result.detail ?? '', log);
    return;
  }
  const compared = (rows: RunRow[]): RunRow[] => (release === '6.12' ? rows : rows.map((row) => ({ ...row, res: '' })));
  const kernel = compared(rowsOf(result));
  const answer = answerRequest(request, { kernel: release });
  const here = compared(rowsOf(answer, kernel));
  row.runs += kernel.length;
  golden.push({ request, runs: kernel });
  if (isDeepStrictEqual(kernel, here)) row.same++;
  else {
    row.differ++;
    if (shown++ < 6) explain(request.name!, kernel, here, answer.detail);
  }
});

function explain(name: string, kernel: readonly RunRow[], here: readonly RunRow[], detail: string | undefined): void {
  console.log(name, detail ?? '');
  const slot = kind === 'mixed' ? 32 : 48;
  const run = kernel.findIndex((row, i) => !isDeepStrictEqual(row, here[i]));
  const [theirs, ours] = [kernel[run]!, here[run]];
  if (theirs.errno !== ours?.errno || theirs.retval !== ours.retval)
    console.log('  run', run, theirs.errno, theirs.retval, ours?.errno, ours?.retval);
  const mine = (ours?.res ?? '').padEnd(theirs.res.length, '0');
  const full = theirs.res.padEnd(mine.length, '0');
  for (let at = 0; at < full.length; at += slot) {
    const [a, b] = [full.slice(at, at + slot), mine.slice(at, at + slot)];
    if (a !== b) console.log(`  run ${run} slot ${at / slot} kernel ${a} here ${b}`);
  }
  for (const [map, dump] of Object.entries(theirs.maps ?? {})) {
    const b = ours?.maps?.[map];
    if (!isDeepStrictEqual(dump, b))
      console.log(
        `  run ${run} ${map} kernel ${JSON.stringify(dump).slice(0, 400)} here ${JSON.stringify(b)?.slice(0, 400)}`,
      );
  }
}

console.table(Object.fromEntries(tally));
const sum = [...tally.values()].reduce((a, b) => ({
  same: a.same + b.same,
  differ: a.differ + b.differ,
  unusable: a.unusable + b.unusable,
  runs: a.runs + b.runs,
}));
console.log(`${kind} ${first}..${first + count - 1}:`, JSON.stringify(sum));
if (recordAt >= 0) {
  const file = rest[recordAt + 1]!;
  const lines = golden.map((row) => `${JSON.stringify(row)}\n`).join('');
  writeFileSync(file, file.endsWith('.gz') ? gzipSync(lines, { level: 9 }) : lines);
}
