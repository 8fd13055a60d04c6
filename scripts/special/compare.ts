/**
 * Compares special fields, timers, dynptrs and kfuncs with the kernel on random programs.
 *
 *     npx tsx scripts/special/compare.ts AREA FIRST_SEED CASES [--record FILE]
 *
 * AREA: cpumask, dynptr, fields, timers, kfuncs. With --record, requests and the kernel's answers are written as a golden file (gzip).
 */
import { writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { gzipSync } from 'node:zlib';
import { answerRequest } from '../../src/kernel/answer.ts';
import type { LoadRequest, TestRunResult } from '../../src/spec/request.ts';
import { askOracle } from '../oracle.ts';
import { cpumaskRequest } from './cpumask.ts';
import { dynptrRequest } from './dynptr.ts';
import { fieldRequest } from './fields.ts';
import { kfuncRequest } from './kfuncs.ts';
import { timerRequest } from './timers.ts';

const AREAS: Readonly<Record<string, (seed: number) => LoadRequest>> = {
  cpumask: cpumaskRequest,
  dynptr: dynptrRequest,
  fields: fieldRequest,
  kfuncs: kfuncRequest,
  timers: timerRequest,
};

const [area = '', firstText, countText] = process.argv.slice(2);
const make = AREAS[area];
if (!make) throw new Error(`no area ${area}: ${Object.keys(AREAS).join(', ')}`);
const first = Number(firstText ?? 1);
const requests = Array.from({ length: Number(countText ?? 100) }, (_, i) => make(first + i));
const recordAt = process.argv.indexOf('--record');

/** What is compared of a run. */
const essence = ({ errno, retval, data_out = '', maps = {} }: TestRunResult): unknown => ({
  errno,
  retval,
  data_out,
  maps,
});

const answers = askOracle(requests, 1);
const refused = new Map<string, number>();
const golden: string[] = [];
const differing: number[] = [];
let same = 0;
answers.forEach((kernel, i) => {
  if (kernel.verdict !== 'accept') {
    const lines = (kernel.log ?? '').trim().split('\n');
    const why = `${kernel.stage} ${kernel.errno} ${kernel.detail ?? ''} ${requests[i]!.prog_type}: ${lines.filter((l) => !l.startsWith('processed')).at(-1)}`;
    refused.set(why, (refused.get(why) ?? 0) + 1);
    return;
  }
  const request = requests[i]!;
  const ours = answerRequest(request);
  const [theirRuns, ourRuns] = [kernel, ours].map((a) => (a.test_run ?? []).map(essence));
  golden.push(JSON.stringify({ request, runs: theirRuns }));
  if (isDeepStrictEqual(theirRuns, ourRuns)) same++;
  else {
    differing.push(first + i);
    if (differing.length <= 3) explain(first + i, kernel.test_run ?? [], ours.test_run ?? [], ours.detail);
  }
});

function explain(seed: number, kernel: readonly TestRunResult[], ours: readonly TestRunResult[], detail = ''): void {
  console.log(`seed ${seed} ${detail}`);
  kernel.forEach((run, r) => {
    const mine = ours[r];
    if (!mine || isDeepStrictEqual(essence(run), essence(mine))) return;
    if (run.errno !== mine.errno || run.retval !== mine.retval)
      console.log(`  run ${r}: errno ${run.errno} retval ${run.retval}, here ${mine.errno} ${mine.retval}`);
    if (run.data_out !== mine.data_out) console.log(`  data ${run.data_out}\n  here ${mine.data_out}`);
    for (const [name, dump] of Object.entries(run.maps ?? {})) {
      const other = mine.maps?.[name] ?? [];
      if (isDeepStrictEqual(dump, other)) continue;
      if (name !== 'out')
        console.log(`  run ${r} map ${name} ${JSON.stringify(dump)}\n   here ${JSON.stringify(other)}`);
      else {
        const [a, b] = [dump, other].map((d) => String(d[0]?.[1] ?? '').match(/.{16}/g) ?? []);
        a!.forEach((word, w) => {
          if (word !== b![w]) console.log(`  run ${r} out[${8 * w}] ${word} here ${b![w]}`);
        });
      }
    }
  });
}

console.log(`${same} of ${answers.length} the same, ${differing.length} differ: ${differing.slice(0, 20).join(' ')}`);
for (const [why, count] of [...refused].slice(0, 8)) console.log(`  refused ${count}: ${why}`);
if (recordAt > 0) writeFileSync(process.argv[recordAt + 1]!, gzipSync(`${golden.join('\n')}\n`, { level: 9 }));
