/**
 * Random load requests through the verifier: none may crash or hang. `npx tsx scripts/fuzz-load.ts [COUNT] [SEED]`, by default
 * 100,000 of them; with `--oracle` the kernel is asked too (some thousands at most) and every difference is printed.
 */
import { parseArgs } from 'node:util';
import type { LoadRequest } from '../src/spec/request.ts';
import { verifyRequest } from '../src/verifier/answer.ts';
import { loadRequests } from '../test/fuzz/load/index.ts';
import { outcomeOf } from '../test/verifier/outcome.ts';
import { askOracle } from './oracle.ts';

/** Milliseconds after which a request counts as hanging. */
const LIMIT = 5000;
const LOG_LEVEL = 2;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { oracle: { type: 'boolean', default: false } },
});
const [count = 100_000, seed = 1] = positionals.map(Number);
const tally = new Map<string, number>();
const add = (key: string): void => void tally.set(key, (tally.get(key) ?? 0) + 1);

function answer(request: LoadRequest): ReturnType<typeof verifyRequest> {
  const start = performance.now();
  const result = verifyRequest(request, LOG_LEVEL);
  if (performance.now() - start > LIMIT) throw new Error(`${request.name} takes longer than ${LIMIT} ms`);
  add(`${result.stage} ${result.verdict}`);
  return result;
}

if (values.oracle) {
  const requests = [...loadRequests(seed, count)];
  let different = 0;
  for (const [i, kernel] of askOracle(requests, LOG_LEVEL).entries()) {
    const ours = answer(requests[i]!);
    if (ours.verdict === 'no_result') continue;
    const [expected, got] = [JSON.stringify(outcomeOf(kernel)), JSON.stringify(outcomeOf(ours))];
    if (expected === got) continue;
    different++;
    console.log(`${JSON.stringify(requests[i])}\n  kernel ${expected}\n  ours   ${got}`);
  }
  console.log(`${different} of ${count} differ`);
} else for (const request of loadRequests(seed, count)) answer(request);
console.log(Object.fromEntries(tally));
