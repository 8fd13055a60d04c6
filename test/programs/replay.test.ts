/** The programs do here what the kernel did with them: verdict, packet and maps, packet by packet. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { answerRequest } from '../../src/kernel/answer.ts';
import { packetLine } from '../../src/net/print.ts';
import {
  type Golden,
  outcomesOf,
  passedOn,
  runRequest,
  SEQUENCES,
  type Sequence,
  type Step,
  sequenceRequest,
  stepResults,
  stepsOf,
} from './sequences.ts';

function goldenOf(name: string): Golden {
  const file = new URL(`../recorded/programs/${name}.json.gz`, import.meta.url);
  return JSON.parse(gunzipSync(readFileSync(file)).toString()) as Golden;
}

/** The steps that were recorded. */
function recordedSteps(sequence: Sequence, golden: Golden): Step[] {
  const list: Step[] = [];
  const walk = stepsOf(sequence);
  for (let at = walk.next(); !at.done; ) {
    list.push(at.value);
    at = walk.next(passedOn(at.value, golden.outcomes[list.length - 1]));
  }
  return list;
}

describe.each(SEQUENCES)('$name', (sequence) => {
  it('gives what the kernel gave', { timeout: 120_000 }, () => {
    const golden = goldenOf(sequence.name);
    const steps = recordedSteps(sequence, golden);
    expect(steps.length).toBe(golden.outcomes.length);
    const request = sequenceRequest(sequence);
    const answer = answerRequest(runRequest(request, steps));
    expect(answer.verdict, answer.detail).toBe('accept');
    const outcomes = outcomesOf(steps, stepResults(request, answer.test_run ?? []));
    for (const [i, step] of steps.entries())
      expect(outcomes[i], `packet ${step.event}, ${step.prog}: ${packetLine(step.data)}`).toEqual(golden.outcomes[i]);
  });
});
