/**
 * Records what a real kernel says of random worlds: test/recorded/node/worlds.jsonl.gz, replayed by test/kernel/node.test.ts.
 * Usage: ORACLE_DIR=DIR npx tsx scripts/record-node.ts
 */
import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import type { LoadRequest } from '../src/spec/request.ts';
import { Random } from '../test/random.ts';
import { nodeRequest } from './node/program.ts';
import { randomWorld } from './node/world.ts';
import { askOracle } from './oracle.ts';

const WORLDS = 40;
const CALLS = 16;

const r = new Random(2026);
const requests: LoadRequest[] = [];
for (let i = 0; i < WORLDS; i++) requests.push(nodeRequest(r, `world ${i}`, randomWorld(r, i % 8 === 7), CALLS));
const lines = askOracle(requests, 0, ['dummy', 'veth']).map(({ verdict, errname, test_run }, i) =>
  JSON.stringify({ request: requests[i], answer: { verdict, errname, test_run } }),
);
writeFileSync(
  new URL('../test/recorded/node/worlds.jsonl.gz', import.meta.url),
  gzipSync(`${lines.join('\n')}\n`, { level: 9 }),
);
