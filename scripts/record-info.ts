/**
 * Records what the kernel's verifier says of the programs of test/verifier/infoRequests.ts, with their func_info and line_info:
 * `npx tsx scripts/record-info.ts` (needs the oracle). Writes test/recorded/verifier/info.json.gz.
 */
import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { infoRequests } from '../test/verifier/infoRequests.ts';
import { outcomeOf } from '../test/verifier/outcome.ts';
import { askOracle } from './oracle.ts';

const named = [...infoRequests()];
const answers = askOracle(
  named.map(([, request]) => request),
  2,
);
const golden = Object.fromEntries(answers.map((answer, i) => [named[i]![0], outcomeOf(answer)]));
const file = new URL('../test/recorded/verifier/info.json.gz', import.meta.url).pathname;
writeFileSync(file, gzipSync(JSON.stringify(golden), { level: 9 }));
console.log(`${named.length} requests`);
