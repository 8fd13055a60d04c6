/**
 * Answers load requests (JSON lines) with the verifier's verdicts, one line each, so that they can be compared with what
 * a real kernel answered: `npx tsx scripts/verify.ts [-l LOG_LEVEL] REQUESTS.jsonl > OURS.jsonl`.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { LoadRequest } from '../src/spec/request.ts';
import { verifyRequest } from '../src/verifier/answer.ts';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { l: { type: 'string', default: '1' } } });
const [file] = positionals;
if (file === undefined) {
  console.error('usage: verify.ts [-l LOG_LEVEL] REQUESTS.jsonl');
  process.exit(2);
}
for (const line of readFileSync(file, 'utf8').split('\n')) {
  if (line.trim() === '') continue;
  const request = JSON.parse(line) as LoadRequest;
  const { log_level: _, ...rest } = request;
  console.log(JSON.stringify(verifyRequest(rest, Number(values.l))));
}
