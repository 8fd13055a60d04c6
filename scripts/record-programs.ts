/**
 * Records what the kernel makes of the programs: `npx tsx scripts/record-programs.ts [NAME …]` (needs the oracle). Writes
 * test/recorded/programs/NAME.json.gz for each sequence: verdict, packet and changes of the maps, packet by packet; and
 * accepted.json: the programs that it loads, and how many insns its verifier processed.
 */
import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import type { LoadResult } from '../src/spec/request.ts';
import { builds, digests } from '../test/programs/accepted.ts';
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

const only = process.argv.slice(2);
if (only.length === 0 || only.includes('accepted')) recordAccepted();
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
