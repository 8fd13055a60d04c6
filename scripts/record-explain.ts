/**
 * Records what the kernel says of the error catalogue's programs: `npx tsx scripts/record-explain.ts` (needs the oracle).
 * Writes test/recorded/explain/examples.json: errno and log of each, by id.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { examples } from '../test/explain/examples.ts';
import { plainLog } from '../test/verifier/plainLog.ts';
import { askOracle } from './oracle.ts';

/** Its log would have a million lines. */
const LONG = new Set(['BPF-E091']);

const DIR = new URL('../test/recorded/explain/', import.meta.url).pathname;
const all = examples();
const answers = askOracle(
  all.map(({ row, request }) => ({ ...request, log_level: LONG.has(row.id) ? 4 : 1 })),
  1,
);
const golden = Object.fromEntries(
  answers.map(({ verdict, errno, errname, log, detail, stage }, i) => [
    all[i]!.row.id,
    { verdict, errno, errname, log: plainLog(log ?? ''), ...(verdict !== 'reject' && { detail, stage }) },
  ]),
);
mkdirSync(DIR, { recursive: true });
writeFileSync(`${DIR}examples.json`, `${JSON.stringify(golden, null, 1)}\n`);
