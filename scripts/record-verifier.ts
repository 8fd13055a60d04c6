/**
 * Records what the kernel's verifier says of the programs of test/verifier/programs.ts, logs of level 2 included:
 * `npx tsx scripts/record-verifier.ts` (needs the oracle). Writes test/recorded/verifier/logs.json.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { plainLog } from '../test/verifier/plainLog.ts';
import { requests } from '../test/verifier/programs.ts';
import { askOracle } from './oracle.ts';

const DIR = new URL('../test/recorded/verifier/', import.meta.url).pathname;
const named = [...requests()];
const answers = askOracle(
  named.map(([, request]) => request),
  2,
);
const golden = Object.fromEntries(
  answers.map(({ verdict, errno, log }, i) => [named[i]![0], { verdict, errno, log: plainLog(log ?? '') }]),
);
mkdirSync(DIR, { recursive: true });
writeFileSync(`${DIR}logs.json`, `${JSON.stringify(golden, null, 1)}\n`);
