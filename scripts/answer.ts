/**
 * Answers load requests (JSON lines) on the simulated kernel, one line each, so that they can be compared with what a
 * real kernel answered: `npx tsx scripts/answer.ts REQUESTS.jsonl > OURS.jsonl`.
 */
import { readFileSync } from 'node:fs';
import { builtinBtf } from '../src/btf/builtin.ts';
import { answerRequest } from '../src/kernel/answer.ts';
import type { LoadRequest } from '../src/spec/request.ts';

const file = process.argv[2];
if (file === undefined) {
  console.error('usage: answer.ts REQUESTS.jsonl');
  process.exit(2);
}
for (const line of readFileSync(file, 'utf8').split('\n')) {
  if (line.trim() === '') continue;
  console.log(JSON.stringify(answerRequest(JSON.parse(line) as LoadRequest, { kernelBtf: builtinBtf })));
}
