/**
 * Records what a real kernel answers to BPF_PROG_TEST_RUN of all prog types that have one, with good and bad sizes,
 * contexts, flags and repeats: `npx tsx scripts/record-testrun.ts [COUNT SEED]` writes test/recorded/kernel/testrun.json.gz.
 *
 * `npx tsx scripts/record-testrun.ts --compare [COUNT SEED TYPE]` writes nothing and says where bpflab answers otherwise.
 */
import { writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { gzipSync } from 'node:zlib';
import { answerRequest } from '../src/kernel/answer.ts';
import type { LoadRequest, TestRunResult } from '../src/spec/request.ts';
import { comparable } from '../test/kernel/comparable.ts';
import { askOracle } from './oracle.ts';
import { fieldSweeps, randomTestRuns } from './testRun/generate.ts';

const OUT = new URL('../test/recorded/kernel/testrun.json.gz', import.meta.url);
/** Random requests that are longer than this many characters, with their answers, are compared and not recorded. */
const LONGEST = 18_000;
const BATCH = 2_000;

interface Recorded {
  readonly request: LoadRequest;
  readonly runs: readonly TestRunResult[];
}

/** The kernel's answers; a program that its verifier refuses says nothing about runs. */
function ask(requests: readonly LoadRequest[]): Recorded[] {
  const recorded: Recorded[] = [];
  for (let from = 0; from < requests.length; from += BATCH) {
    const batch = requests.slice(from, from + BATCH);
    askOracle(batch, 0, ['dummy', 'veth']).forEach(({ verdict, test_run = [] }, i) => {
      if (verdict !== 'accept') return;
      const runs = test_run.map(({ errno, retval, data_out, ctx_out, maps }) => ({
        errno,
        retval,
        ...(data_out !== undefined && { data_out }),
        ...(ctx_out !== undefined && { ctx_out }),
        ...(maps !== undefined && { maps }),
      }));
      recorded.push({ request: batch[i]!, runs });
    });
  }
  return recorded;
}

/** Prints the runs that differ and how many there are of each prog type. */
function compare(all: readonly Recorded[]): void {
  const counts: Record<string, { runs: number; differ: number }> = {};
  for (const { request, runs } of all) {
    const type = String(request.prog_type);
    counts[type] ??= { runs: 0, differ: 0 };
    const count = counts[type];
    const answer = answerRequest(request);
    runs.forEach((run, i) => {
      count.runs++;
      const ours = answer.test_run?.[i];
      const [kernel, here] = [comparable(run, run), ours && comparable(ours, run)];
      if (isDeepStrictEqual(kernel, here)) return;
      count.differ++;
      console.log(`${request.name} run ${i}`, { kernel, here: here ?? answer.detail });
    });
  }
  console.table(counts);
}

const args = process.argv.slice(2).filter((arg) => arg !== '--compare');
const comparing = args.length < process.argv.length - 2;
const [count = comparing ? '2000' : '800', seed = '1', type] = args;
const sweeps = type ? [] : fieldSweeps();
const requests = [...sweeps, ...randomTestRuns(Number(count), Number(seed), type)];
const answered = ask(requests);
console.log(`${answered.length} of ${requests.length} programs accepted`);
if (comparing) compare(answered);
else {
  const rows = answered
    .map((r) => ({ row: JSON.stringify(r), swept: sweeps.includes(r.request) }))
    .filter(({ row, swept }) => swept || row.length < LONGEST)
    .map(({ row }) => row);
  writeFileSync(OUT, gzipSync(`[\n${rows.join(',\n')}\n]\n`, { level: 9 }));
  console.log(`${rows.length} recorded`);
}
