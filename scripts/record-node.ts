/**
 * Records what a real kernel says of random worlds: test/recorded/node/worlds.jsonl.gz, replayed by test/kernel/node.test.ts.
 * Usage: ORACLE_DIR=DIR npx tsx scripts/record-node.ts, with an oracle whose `listen` takes all members of SocketRequest.
 */
import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import type { LoadRequest, TestRunResult } from '../src/spec/request.ts';
import { Random } from '../test/random.ts';
import { nodeRequest } from './node/program.ts';
import { randomSockets } from './node/sockets.ts';
import { randomWorld } from './node/world.ts';
import { askOracle } from './oracle.ts';

const WORLDS = 40;
const CALLS = 16;

const r = new Random(2026);
const requests: LoadRequest[] = [];
for (let i = 0; i < WORLDS; i++) {
  const world = randomWorld(r, i % 8 === 7);
  const sockets = randomSockets(r, world, i % 2 === 0 ? 'listen' : 'extended');
  requests.push(nodeRequest(r, `world ${i}`, world, CALLS, sockets));
}
/** Of a run only the maps of its own program. */
const own = (run: TestRunResult): TestRunResult => ({
  ...run,
  maps: Object.fromEntries(
    Object.entries(run.maps ?? {}).filter(([name]) => name.startsWith(run.prog === 0 ? 'xdp_' : 'tc_')),
  ),
});
const lines = askOracle(requests, 0, ['dummy', 'veth']).map(({ verdict, errno, errname, test_run }, i) =>
  JSON.stringify({ request: requests[i], answer: { verdict, errno, errname, test_run: test_run?.map(own) } }),
);
writeFileSync(
  new URL('../test/recorded/node/worlds.jsonl.gz', import.meta.url),
  gzipSync(`${lines.join('\n')}\n`, { level: 9 }),
);
