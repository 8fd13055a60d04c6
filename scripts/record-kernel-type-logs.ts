/**
 * Records what the kernel's verifier says of the programs of test/verifier/kernelTypes/, logs of level 2 included:
 * `npx tsx scripts/record-kernel-type-logs.ts` (needs the oracle). Writes test/recorded/verifier/kernelTypes.json.gz.
 */
import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { kernelTypeRequests } from '../test/verifier/kernelTypes/requests.ts';
import { outcomeOf } from '../test/verifier/outcome.ts';
import { askOracle } from './oracle.ts';

const FILE = new URL('../test/recorded/verifier/kernelTypes.json.gz', import.meta.url).pathname;
const named = [...kernelTypeRequests()];
const answers = askOracle(
  named.map(([, request]) => request),
  2,
);
const golden = Object.fromEntries(answers.map((answer, i) => [named[i]![0], outcomeOf(answer)]));
writeFileSync(FILE, gzipSync(JSON.stringify(golden), { level: 9 }));
