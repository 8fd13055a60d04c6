/**
 * Records what the kernel says of the error catalogue's programs, and of the programs after the repair that is proposed:
 * `npx tsx scripts/record-explain.ts` (needs the oracle). Writes test/recorded/explain/examples.json, and
 * examples-6.1.json with the words of an older kernel.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import type { LoadResult } from '../src/spec/request.ts';
import type { Example, Recorded } from '../test/explain/examples.ts';
import { examples, explain, load } from '../test/explain/examples.ts';
import { plainLog } from '../test/verifier/plainLog.ts';
import { askOracle } from './oracle.ts';

/** Its log would have many thousand lines. */
const LONG = new Set(['BPF-E091']);

const DIR = new URL('../test/recorded/explain/', import.meta.url).pathname;
const all = examples();
const level = ({ row }: Example): number => (LONG.has(row.id) ? 4 : 1);
const said = askOracle(all.map((e) => ({ ...e.request, log_level: level(e) })));
const golden: Record<string, Recorded> = {};
const plain = ({ verdict, errno, errname, log }: LoadResult): Recorded => ({
  verdict,
  errno,
  ...(errname !== undefined && { errname }),
  log: plainLog(log ?? ''),
});
all.forEach((e, i) => {
  golden[e.row.id] = plain(said[i]!);
});
const repaired = all.flatMap((e) => {
  const text = explain(e, golden[e.row.id]!)?.fix?.repaired;
  const request = text === undefined ? undefined : load(text, e.row.id).request;
  return request
    ? [{ id: e.row.id, request: { ...request, ...(e.row.unpriv && { unpriv: true }), log_level: 1 } }]
    : [];
});
const verdicts = askOracle(repaired.map((r) => r.request));
repaired.forEach(({ id }, i) => {
  const { verdict, log } = verdicts[i]!;
  const last = plainLog(log ?? '')
    .filter((line) => !line.startsWith('processed '))
    .at(-1);
  golden[id] = { ...golden[id]!, repaired: verdict === 'accept' ? verdict : `${verdict}: ${last}` };
});
mkdirSync(DIR, { recursive: true });
writeFileSync(`${DIR}examples.json`, `${JSON.stringify(golden, null, 1)}\n`);
// The words of another time: only what that kernel refuses too.
const old = askOracle(
  all.map((e) => ({ ...e.request, log_level: level(e) })),
  1,
  [],
  '6.1',
);
const words = Object.fromEntries(
  all.flatMap((e, i) => (old[i]!.verdict === 'reject' ? [[e.row.id, plain(old[i]!)] as const] : [])),
);
writeFileSync(`${DIR}examples-6.1.json`, `${JSON.stringify(words, null, 1)}\n`);
