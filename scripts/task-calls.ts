/**
 * Compares helpers around the current task, cgroups, probes, storage and stacks with the kernel:
 * `npx tsx scripts/task-calls.ts SEED COUNT [--record] [row …]` runs COUNT random programs of each row on both sides and prints
 * what differs; with --record it writes test/recorded/helpers/task.jsonl.
 */
import { writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { answerRequest } from '../src/kernel/answer.ts';
import type { LoadResult } from '../src/spec/request.ts';
import { type TaskRun, taskRuns } from '../test/helpers/taskRuns.ts';
import { Random } from '../test/random.ts';
import { askOracle } from './oracle.ts';
import { RESULTS_AT, request } from './task/code.ts';
import { programOf, ROWS } from './task/rows.ts';

const args = process.argv.slice(2);
const [seed, count, ...rows] = args.filter((arg) => !arg.startsWith('--'));
const record = args.includes('--record');
const random = new Random(Number(seed));
const names = rows.length > 0 ? rows : Object.keys(ROWS);
const programs = names.flatMap((row) => Array.from({ length: Number(count) }, (_, n) => programOf(row, random, n)));
const requests = programs.map(request);
/** A run for people: the results as numbers, then the buffers without the zeros in and behind them. */
function shown({ errno, retval, out }: TaskRun): string {
  const bytes = Buffer.from(out.padEnd(4 * RESULTS_AT, '0'), 'hex');
  const results = Array.from({ length: 6 }, (_, i) => bytes.readBigInt64LE(RESULTS_AT + 8 * i));
  const buffers = out
    .slice(0, 2 * RESULTS_AT)
    .replace(/(00)+$/, '')
    .replace(/(00){9,}/g, '..');
  return `${errno}/${retval} ${results.join(' ')} ${buffers.slice(0, 300)}`;
}
const lines: string[] = [];
let differing = 0;
let refused = 0;
askOracle(requests, 1).forEach((kernel: LoadResult, i) => {
  if (kernel.verdict !== 'accept') {
    refused++;
    if (refused < 5)
      console.log('refused', requests[i]!.name, kernel.errno, kernel.detail ?? '', kernel.log?.slice(-200));
    return;
  }
  const here = answerRequest(requests[i]!);
  const [theirs, ours] = [taskRuns(kernel), taskRuns(here)];
  if (!isDeepStrictEqual(theirs, ours)) {
    differing++;
    console.log(
      requests[i]!.name,
      JSON.stringify(
        programs[i]!.calls.map((c) => ('load' in c ? c : [c.helper.slice(4), ...c.args])),
        (_, v) => (typeof v === 'bigint' ? `0x${v.toString(16)}` : v),
      ),
    );
    for (const [who, runs] of [
      ['kernel', theirs],
      ['here  ', ours],
    ] as const)
      console.log(' ', who, runs.map(shown).join('; '), here.detail ?? '');
  }
  lines.push(`${JSON.stringify({ request: requests[i], runs: theirs })}\n`);
});
console.log(`${lines.length} programs ran, ${differing} differ, ${refused} were refused by the verifier`);
if (record) writeFileSync(new URL('../test/recorded/helpers/task.jsonl', import.meta.url), lines.join(''));
