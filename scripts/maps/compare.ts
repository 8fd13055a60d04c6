/**
 * Compares src/maps with the kernel on random cases.
 *
 *     npx tsx scripts/maps/compare.ts FIRST_SEED CASES [OPS] [--record FILE]
 *
 * With --record, the cases and the kernel's answers are written as a golden file.
 */
import { writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { replay } from '../../test/maps/replay.ts';
import { askOracle } from '../oracle.ts';
import { generate } from './generate.ts';
import { answerOf, requestOf } from './program.ts';

const [firstText, countText, opsText] = process.argv.slice(2).filter((arg) => /^\d+$/.test(arg));
const first = Number(firstText ?? 1);
const count = Number(countText ?? 100);
const ops = Number(opsText ?? 40);
const recordAt = process.argv.indexOf('--record');

const cases = Array.from({ length: count }, (_, i) => generate(first + i, ops));
const results = askOracle(cases.map((test, i) => requestOf(test, `seed${first + i}`)));
const golden: unknown[] = [];
let same = 0;
const differing: number[] = [];
const unusable: string[] = [];
results.forEach((result, i) => {
  const test = cases[i]!;
  if (result.verdict !== 'accept') {
    unusable.push(
      `${first + i}: ${result.stage} errno ${result.errno} ${String(result.detail ?? '')}${String(result.log ?? '').slice(-300)}`,
    );
    return;
  }
  const theirs = answerOf(test, result.test_run ?? []);
  const ours = replay(test);
  golden.push({ ...test, answer: theirs });
  if (isDeepStrictEqual(theirs, ours)) same++;
  else {
    differing.push(first + i);
    if (differing.length <= 3) explain(first + i, theirs, ours);
  }
});

function explain(seed: number, theirs: ReturnType<typeof replay>, ours: ReturnType<typeof replay>): void {
  const test = cases[seed - first]!;
  const { type, key_size, value_size, max_entries, map_flags } = test;
  console.log(`seed ${seed}:`, { type, key_size, value_size, max_entries, map_flags });
  theirs.forEach((run, r) => {
    run.r0.forEach((value, i) => {
      if (value !== ours[r]!.r0[i])
        console.log(`  run ${r} op ${i}`, test.ops[i], 'kernel', value, 'here', ours[r]!.r0[i]);
    });
    if (!isDeepStrictEqual(run.walk, ours[r]!.walk)) console.log('  walk', run.walk.join(), '|', ours[r]!.walk.join());
    if (!isDeepStrictEqual(run.map, ours[r]!.map)) console.log('  map', run.map, ours[r]!.map);
  });
}

console.log(`${same} of ${results.length} the same, ${differing.length} differ, ${unusable.length} unusable`);
for (const line of unusable.slice(0, 5)) console.log(line);
const byType = new Map<number, number>();
for (const seed of differing) byType.set(seed % 8, (byType.get(seed % 8) ?? 0) + 1);
if (differing.length > 0) console.log('differing seeds', differing.slice(0, 40).join(' '), byType);
if (recordAt > 0)
  writeFileSync(process.argv[recordAt + 1]!, `[\n${golden.map((row) => JSON.stringify(row)).join(',\n')}\n]\n`);
