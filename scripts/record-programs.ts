/**
 * Records what the kernel makes of the programs: `npx tsx scripts/record-programs.ts [NAME …]` (needs the oracle). Writes
 * test/recorded/programs/NAME.json.gz for each sequence: verdict, packet and changes of the maps, packet by packet; and
 * accepted.json: the programs that it loads, and how many insns its verifier processed; and sk-storage.log: what it says of the
 * one that it refuses; and gc-timer.json: what sweeps of the timer leave.
 */
import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import type { LoadResult, TestRunResult } from '../src/spec/request.ts';
import { builds, digests, rejectedRequest } from '../test/programs/accepted.ts';
import { RUNS, type Swept, sweepRequest } from '../test/programs/gc/sweep.ts';
import { recordOf } from '../test/programs/rejections.ts';
import { SEQUENCES } from '../test/programs/sequences.ts';
import { askOracle } from './oracle.ts';
import { record } from './programs/record.ts';

const DIR = new URL('../test/recorded/programs/', import.meta.url).pathname;
/** Every build must load. */
function recordAccepted(): void {
  const list = builds();
  const results = askOracle(list.map(({ name, request }) => ({ ...request, name, log_level: 4 })));
  const accepted = list.map(({ name, request }, i) => {
    const result = results[i] as unknown as LoadResult;
    if (result.verdict !== 'accept') throw new Error(`${name}: ${JSON.stringify(result).slice(0, 4000)}`);
    const digest = Object.entries(digests(request));
    const processed = (result.progs ?? [result]).map((p) => Number(/^processed (\d+) insns/m.exec(p.log ?? '')?.[1]));
    return [name, Object.fromEntries(digest.map(([prog, insns], k) => [prog, { insns, processed: processed[k] }]))];
  });
  writeFileSync(`${DIR}accepted.json`, `${JSON.stringify(Object.fromEntries(accepted), null, 2)}\n`);
  console.log(`accepted: ${list.length} builds`);
}

function recordRejected(): void {
  const record = recordOf(askOracle([rejectedRequest()])[0]!);
  writeFileSync(`${DIR}sk-storage.log`, record);
  console.log(record);
}

/** The timer fires again and again between two runs: how often depends on the machine, what is left does not. */
function recordTimer(): void {
  const request = sweepRequest();
  const progs = (request.progs ?? []).map(({ name }) => name);
  const test_run = RUNS.map((prog) => ({ prog: progs.indexOf(prog) }));
  const [result] = askOracle([{ ...request, test_run, dump_maps: true }]);
  const runs = result?.test_run as TestRunResult[];
  const last = runs.at(-1)!.maps!;
  const tables = ['cilium_ct4_global', 'cilium_ct_any4_global'];
  const left = Object.fromEntries(tables.map((map) => [map, last[map]!.map(([key]) => key)]));
  const later = Object.values(left).flat().length;
  const swept: Swept = { kernel: '6.12', left, answers: runs.slice(1).map(({ retval }) => retval ?? -1), later };
  writeFileSync(`${DIR}gc-timer.json`, `${JSON.stringify(swept, null, 2)}\n`);
  console.log('gc-timer:', swept.answers, later);
}

const only = process.argv.slice(2);
if (only.length === 0 || only.includes('accepted')) recordAccepted();
if (only.length === 0 || only.includes('sk-storage')) recordRejected();
if (only.length === 0 || only.includes('gc-timer')) recordTimer();
for (const sequence of SEQUENCES) {
  if (only.length > 0 && !only.includes(sequence.name)) continue;
  const golden = record(sequence);
  const packed = gzipSync(JSON.stringify(golden), { level: 9 });
  writeFileSync(`${DIR}${sequence.name}.json.gz`, packed);
  const verdicts: Record<string, number> = {};
  for (const { retval, errno } of golden.outcomes) {
    const verdict = errno === undefined ? retval : `errno ${errno}`;
    verdicts[verdict] = (verdicts[verdict] ?? 0) + 1;
  }
  console.log(`${sequence.name}: ${golden.outcomes.length} runs, ${packed.length} bytes`, verdicts);
}
