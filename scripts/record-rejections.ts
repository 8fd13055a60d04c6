/**
 * Records what the kernel's verifier says of the programs of programs/rejections, at the log level that each asks for:
 * `npx tsx scripts/record-rejections.ts` (needs the oracle). Writes test/recorded/rejections/NAME.log and the table of
 * programs/rejections/README.md.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { LoadRequest } from '../src/spec/request.ts';
import { errorLine, recordOf, rejectionRequest, rejections, rejectionTable } from '../test/programs/rejections.ts';
import { askOracle } from './oracle.ts';

const DIR = new URL('../test/recorded/rejections/', import.meta.url);
const README = new URL('../programs/rejections/README.md', import.meta.url);

const asked = rejections().flatMap((rejection) => {
  const request = rejectionRequest(rejection);
  return typeof request === 'string' ? [] : [{ rejection, request: request as LoadRequest }];
});
const answers = askOracle(asked.map(({ request }) => request));
rmSync(DIR, { recursive: true, force: true });
mkdirSync(DIR, { recursive: true });
for (const [i, { rejection }] of asked.entries()) {
  const { name, expect, line } = rejection;
  const answer = answers[i]!;
  const record = recordOf(answer);
  writeFileSync(new URL(`${name}.log`, DIR), record);
  if (answer.verdict !== expect || (expect === 'reject' && errorLine(record) !== line))
    console.log(`${name}: ${answer.verdict} ${answer.detail ?? errorLine(record)}`);
}
const readme = readFileSync(README, 'utf8');
writeFileSync(README, readme.replace(/^\| program (?:.*\n)*?(?=\n|$)/m, `${rejectionTable()}\n`));
