/**
 * The referee of the programs: captures of more than a thousand packets, each made from another seed, through the programs on a
 * real kernel and here; prints the first step of each that differs in verdict, packet or maps.
 * Usage: ORACLE_DIR=DIR npx tsx scripts/compare-programs.ts [SEED] [COUNT]
 */
import { isDeepStrictEqual } from 'node:util';
import { packetLine } from '../src/net/print.ts';
import { replayed } from '../test/programs/replayed.ts';
import { SEQUENCES, type Sequence } from '../test/programs/sequences.ts';
import { thousandEvents } from '../test/programs/thousand/capture.ts';
import { record } from './programs/record.ts';

const [first = 1, count = 1] = process.argv.slice(2).map(Number);
let runs = 0;
let bad = 0;
for (let seed = first; seed < first + count; seed++) {
  for (const { digests: _, ...rest } of SEQUENCES.filter((s) => s.digests)) {
    const sequence: Sequence = { ...rest, events: () => thousandEvents(seed) };
    const golden = record(sequence);
    const { steps, outcomes } = replayed(sequence, golden);
    runs += steps.length;
    const at = steps.findIndex((_, i) => !isDeepStrictEqual(outcomes[i], golden.outcomes[i]));
    if (at < 0) continue;
    bad++;
    const { event, prog, data } = steps[at]!;
    console.log(`seed ${seed}, ${sequence.name}, packet ${event}, ${prog}: ${packetLine(data)}`);
    console.log(`  kernel ${JSON.stringify(golden.outcomes[at])}\n  ours   ${JSON.stringify(outcomes[at])}`);
  }
}
console.log(`${count} captures, ${runs} runs, ${bad} sequences differ`);
process.exitCode = bad === 0 ? 0 : 1;
