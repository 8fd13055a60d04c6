/**
 * Compares what user space does with maps, between runs of programs over them, with the kernel.
 *
 *     npx tsx scripts/maps/compareUser.ts FIRST_SEED CASES [STEPS] [--rings | --cpus N] [--record FILE.gz]
 *
 * The recorder in $ORACLE_DIR must know `steps` (test/maps/steps.ts says what a step is and what it gives): it makes the
 * maps and programs of a request, does each step in order on the CPU that the step names, and answers with `steps`.
 * --rings: ring buffers and their readers. With --cpus it is asked, by the variable ORACLE_CPUS, for a machine with so many.
 */
import { writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { gzipSync } from 'node:zlib';
import { normalStep, playSteps, type StepAnswer, type StepRequest } from '../../test/maps/steps.ts';
import { askOracle } from '../oracle.ts';
import { userRequest } from './user/request.ts';
import { ringRequest } from './user/ring.ts';

const args = process.argv.slice(2);
const option = (name: string): string | undefined => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined);
const [first = 1, count = 90, steps = 40] = args
  .filter((arg, i) => /^\d+$/.test(arg) && args[i - 1] !== '--cpus')
  .map(Number);
const cpus = Number(option('--cpus') ?? 1);
process.env.ORACLE_CPUS = String(cpus);

const requests = Array.from({ length: count }, (_, i) =>
  args.includes('--rings') ? ringRequest(first + i, steps) : userRequest(first + i, steps, cpus),
);
const results = askOracle(requests) as unknown as Array<{
  verdict: string;
  stage: string;
  errno: number;
  detail?: string;
  steps?: StepAnswer[];
}>;
const golden: Array<{ request: StepRequest; answers: readonly StepAnswer[] }> = [];
const tally = new Map<string, { same: number; differ: number; unusable: number; steps: number }>();
let shown = 0;
results.forEach((result, i) => {
  const request = requests[i]!;
  const name = request.name!.split(' ')[0]!;
  const row = tally.get(name) ?? { same: 0, differ: 0, unusable: 0, steps: 0 };
  tally.set(name, row);
  if (result.verdict !== 'accept') {
    if (row.unusable++ < 2) console.log(request.name, result.stage, result.errno, result.detail ?? '');
    return;
  }
  const kernel = (result.steps ?? []).map((answer, k) => normalStep(answer, request.steps[k]!.op));
  golden.push({ request, answers: kernel });
  row.steps += kernel.length;
  let here: StepAnswer[] = [];
  try {
    here = playSteps(request);
  } catch (error) {
    console.log(request.name, (error as Error).stack?.split('\n').slice(0, 4).join(' '));
  }
  if (isDeepStrictEqual(kernel, here)) row.same++;
  else {
    row.differ++;
    if (shown++ >= Number(process.env.SHOW ?? 8)) return;
    const at = kernel.findIndex((answer, k) => !isDeepStrictEqual(answer, here[k]));
    const map = request.maps![request.steps[at]!.map ?? 0]!;
    const { type, key_size, value_size, max_entries, map_flags } = map;
    console.log(
      request.name,
      'step',
      at,
      JSON.stringify(request.steps[at]),
      JSON.stringify({ type, key_size, value_size, max_entries, map_flags }),
    );
    console.log(
      '   kernel',
      JSON.stringify(kernel[at]).slice(0, 500),
      '\n   here  ',
      JSON.stringify(here[at])?.slice(0, 500),
    );
  }
});

console.table(Object.fromEntries(tally));
const sum = [...tally.values()].reduce((a, b) => ({
  same: a.same + b.same,
  differ: a.differ + b.differ,
  unusable: a.unusable + b.unusable,
  steps: a.steps + b.steps,
}));
console.log(`user ${first}..${first + count - 1}:`, JSON.stringify(sum));
const file = option('--record');
if (file) writeFileSync(file, gzipSync(golden.map((row) => `${JSON.stringify(row)}\n`).join(''), { level: 9 }));
