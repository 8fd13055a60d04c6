/**
 * Soundness of the verifier's abstract values: random programs that it accepts run on random packets and map contents, and every register and stack
 * slot must hold what the exploration says, through pruned paths too:
 * `npx tsx scripts/soundness.ts [--seed N] [--count N] [--inputs N]`. Exit status 1 on a violation.
 */
import { parseArgs } from 'node:util';
import { generate, requestOf } from '../test/verifier/generate/program.ts';
import { explore, follow, runs } from '../test/verifier/soundness/follow.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '5000' },
    inputs: { type: 'string', default: '4' },
  },
});
const MAX_INSNS = 20_000;
const [first, count, inputs] = [Number(values.seed), Number(values.count), Number(values.inputs)];
const sums = { programs: 0, runs: 0, insns: 0, beyond: 0, violations: 0 };
for (let seed = first; sums.programs < count; seed++) {
  const program = generate(seed, seed % 2 === 0 ? 'tc' : 'xdp', true);
  const request = requestOf(program);
  const root = request && explore(request, MAX_INSNS);
  if (!request || !root || !runs(request)) continue;
  sums.programs++;
  for (let i = 0; i < inputs; i++) {
    const run = follow(request, root, seed * inputs + i + 1, MAX_INSNS);
    sums.runs++;
    sums.insns += run.insns;
    sums.beyond += run.beyond;
    if (run.violation === undefined) continue;
    sums.violations++;
    console.log(`seed ${seed} (${program.section}), input ${i}: ${run.violation}\n${program.lines.join('\n')}`);
    break;
  }
  if (sums.programs % 500 === 0) console.log(JSON.stringify(sums));
}
console.log(JSON.stringify(sums));
process.exitCode = sums.violations > 0 ? 1 : 0;
