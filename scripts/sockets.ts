/**
 * Random socket worlds and programs that look sockets up in them: asks a real kernel and the simulation, and shows where
 * they differ. Usage: npx tsx scripts/sockets.ts [--seed N] [--count N] [--extent listen|extended] [--write FILE] [-v]
 * `--extent extended` needs an oracle whose `listen` takes all members of SocketRequest. `--write` keeps requests and
 * answers that are equal, one JSON object per line, for the tests.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { answerRequest } from '../src/kernel/answer.ts';
import type { LoadRequest } from '../src/spec/request.ts';
import { essence } from '../test/kernel/socketAnswer.ts';
import { Random } from '../test/random.ts';
import { askOracle } from './oracle.ts';
import { program } from './sockets/program.ts';
import { type Extent, setup, sockets } from './sockets/world.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '200' },
    extent: { type: 'string', default: 'listen' },
    write: { type: 'string' },
    verbose: { type: 'boolean', short: 'v', default: false },
  },
});

const r = new Random(Number(values.seed));
const requests: LoadRequest[] = Array.from({ length: Number(values.count) }, (_, i) => {
  const world = sockets(r, values.extent as Extent);
  const commands = setup(r);
  const made = program(r, `s${values.seed}-${i}`, world, values.extent === 'extended');
  return { ...made, setup: commands };
});
const theirs = askOracle(requests, 0, ['dummy']);
const kept: string[] = [];
let equal = 0;
const counts: Record<string, number> = {};
theirs.forEach((their, i) => {
  const request = requests[i]!;
  const ours = answerRequest(request);
  counts[`${their.verdict} ${their.stage}`] = (counts[`${their.verdict} ${their.stage}`] ?? 0) + 1;
  const [a, b] = [JSON.stringify(essence(their)), JSON.stringify(essence(ours))];
  if (a === b) {
    equal++;
    kept.push(JSON.stringify({ request, answer: JSON.parse(a) }));
  } else if (values.verbose) {
    console.log(`${request.name}: ${JSON.stringify(request.listen)}\n  kernel ${a}\n  ours   ${b}`);
    console.log(`  ${their.detail ?? ''} ${(their.log ?? '').slice(-300)} | ${ours.detail ?? ''}`);
  }
});
console.log(`${equal} of ${requests.length} equal`, counts);
if (values.write) writeFileSync(values.write, gzipSync(kept.join('\n')));
