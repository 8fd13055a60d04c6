/**
 * Records what the kernel's verifier says of the programs of test/verifier/areas/: `npx tsx scripts/record-areas.ts` (needs the
 * oracle). Writes test/recorded/verifier/areas.json.gz.
 */
import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { AREAS, shortOutcome } from '../test/verifier/areas/areas.ts';
import { askOracle } from './oracle.ts';

const FILE = new URL('../test/recorded/verifier/areas.json.gz', import.meta.url).pathname;
const named = Object.entries(AREAS).flatMap(([area, make]) =>
  [...make()].map(([name, request]) => ({ area, name, request })),
);
const answers = askOracle(
  named.map(({ request }) => request),
  2,
);
const golden: Record<string, Record<string, string>> = {};
for (const [i, { area, name }] of named.entries()) {
  golden[area] ??= {};
  golden[area][name] = shortOutcome(area, answers[i]!);
}
writeFileSync(FILE, gzipSync(JSON.stringify(golden), { level: 9 }));
