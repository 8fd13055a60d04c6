/** A recorded sequence, done again here. */
import { answerRequest } from '../../src/kernel/answer.ts';
import {
  type Golden,
  type Outcome,
  outcomesOf,
  passedOn,
  runRequest,
  type Sequence,
  type Step,
  sequenceRequest,
  stepResults,
  stepsOf,
} from './sequences.ts';

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

/** The steps, each with the packet that the kernel let go on, and what becomes of them here. Throws if nothing loads. */
export function replayed(sequence: Sequence, golden: Golden): { steps: readonly Step[]; outcomes: readonly Outcome[] } {
  const steps = recordedSteps(sequence, golden);
  const request = sequenceRequest(sequence);
  const answer = answerRequest(runRequest(request, steps));
  if (answer.verdict !== 'accept') throw new Error(answer.detail);
  const outcomes = outcomesOf(steps, stepResults(request, steps, answer.test_run ?? []), sequence.digests);
  return { steps, outcomes };
}
