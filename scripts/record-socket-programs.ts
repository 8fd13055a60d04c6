/**
 * Records what the socket-aware programs do on a real kernel, whose sockets are real: `npx tsx
 * scripts/record-socket-programs.ts [NAME …]` (needs the oracle). Writes test/recorded/programs/NAME.json.gz.
 */
import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import type { TestRunResult } from '../src/spec/request.ts';
import { kernelRequest, SOCKET_SEQUENCES, socketOutcomes } from '../test/programs/sockets/runs.ts';
import { askOracle } from './oracle.ts';

const DIR = new URL('../test/recorded/programs/', import.meta.url).pathname;

const only = process.argv.slice(2);
const asked = SOCKET_SEQUENCES.filter(({ name }) => only.length === 0 || only.includes(name));
const answers = askOracle(asked.map(kernelRequest), 0, ['dummy']);
for (const [i, sequence] of asked.entries()) {
  const answer = answers[i]!;
  if (answer.verdict !== 'accept') throw new Error(JSON.stringify(answer, null, 1).slice(0, 4000));
  const outcomes = socketOutcomes(sequence, answer.test_run as TestRunResult[]);
  const packed = gzipSync(JSON.stringify({ sequence: sequence.name, kernel: '6.12', outcomes }), { level: 9 });
  writeFileSync(`${DIR}${sequence.name}.json.gz`, packed);
  console.log(`${sequence.name}: ${outcomes.length} runs, ${packed.length} bytes`);
}
