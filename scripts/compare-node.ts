/**
 * The referee of the node: random worlds (links, addresses, routes, rules, neighbours, sockets) built by the real kernel and
 * here, asked by the same programs; prints what differs.
 * Usage: ORACLE_DIR=DIR npx tsx scripts/compare-node.ts [WORLDS] [SEED] [CALLS] [listen|extended]
 * `extended` needs an oracle whose `listen` takes all members of SocketRequest.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { answerRequest } from '../src/kernel/answer.ts';
import type { LoadRequest, LoadResult } from '../src/spec/request.ts';
import { Random } from '../test/random.ts';
import { differences } from './node/compare.ts';
import { nodeRequest } from './node/program.ts';
import { type Extent, randomSockets } from './node/sockets.ts';
import { randomWorld } from './node/world.ts';
import { askOracle } from './oracle.ts';

const [worlds = 50, seed = 1, calls = 24] = process.argv.slice(2, 5).map(Number);
const extent: Extent = process.argv[5] === 'extended' ? 'extended' : 'listen';
const r = new Random(seed);
const requests: LoadRequest[] = [];
for (let i = 0; i < worlds; i++) {
  const world = randomWorld(r, i % 5 === 4);
  requests.push(nodeRequest(r, `world ${i}`, world, calls, randomSockets(r, world, extent)));
}
// What the kernel made of the commands, for the reader of differences.
const shown = ['ip addr', 'ip route show table all', 'ip -6 route show table all', 'ip rule', 'ip -6 rule'];
// The sockets that are asked for depend on what we can make, so the same numbers may stand for other requests tomorrow.
const digest = createHash('sha256').update(JSON.stringify(requests)).digest('hex').slice(0, 12);
const cache = process.env.CACHE && `${process.env.CACHE}-${digest}.json`;
const answers: LoadResult[] =
  cache && existsSync(cache)
    ? JSON.parse(readFileSync(cache, 'utf8'))
    : askOracle(
        requests.map((q) => ({ ...q, setup: [...(q.setup ?? []), ...shown] })),
        0,
        ['dummy', 'veth'],
      );
if (cache) writeFileSync(cache, JSON.stringify(answers));
let asked = 0;
let bad = 0;
const codes: Record<string, number> = {};
const verdicts: Record<string, number> = {};
answers.forEach((theirs, i) => {
  const request = requests[i]!;
  const ours: LoadResult = answerRequest(request);
  const found = differences(request, theirs, ours, codes);
  verdicts[theirs.verdict] = (verdicts[theirs.verdict] ?? 0) + 1;
  if (theirs.verdict === 'accept') asked += 4 * calls;
  if (found.length === 0) return;
  bad++;
  console.log(`\n== ${request.name}`);
  if (process.env.BRIEF) {
    console.log(found.slice(0, 3).join('\n'));
    return;
  }
  for (const cmd of request.setup ?? []) console.log(`   ${cmd}`);
  for (const socket of request.listen ?? []) console.log(`   ${JSON.stringify(socket)}`);
  for (const { cmd, out } of theirs.setup ?? []) if (shown.includes(cmd)) console.log(`-- ${cmd}\n${out}`);
  for (const line of found.slice(0, 6)) console.log(line);
});
console.log(`${worlds} worlds, ${asked} calls, ${bad} worlds differ; verdicts`, verdicts, 'results', codes);
process.exitCode = bad === 0 ? 0 : 1;
