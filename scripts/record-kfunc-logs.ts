/**
 * Records what the kernel's verifier says of the programs of test/verifier/kfuncs/, logs of level 2 included:
 * `npx tsx scripts/record-kfunc-logs.ts` (needs the oracle). Writes test/recorded/verifier/kfuncs.json.gz.
 */
import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { KFUNC_MODULES, kfuncRequests, withoutIds } from '../test/verifier/kfuncs/requests.ts';
import { outcomeOf } from '../test/verifier/outcome.ts';
import { askOracle } from './oracle.ts';

const FILE = new URL('../test/recorded/verifier/kfuncs.json.gz', import.meta.url).pathname;
const named = [...kfuncRequests()];
const answers = askOracle(
  named.map(([, request]) => request),
  2,
  KFUNC_MODULES,
);
const golden = Object.fromEntries(answers.map((answer, i) => [named[i]![0], outcomeOf(withoutIds(answer))]));
writeFileSync(FILE, gzipSync(JSON.stringify(golden), { level: 9 }));
