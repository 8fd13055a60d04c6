/** What a real kernel makes of a sequence of packets. */
import type { TestRunResult } from '../../src/spec/request.ts';
import { toHex } from '../../src/util/hex.ts';
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
} from '../../test/programs/sequences.ts';
import { askOracle } from '../oracle.ts';

/** More than the programs that a packet passes. */
const MAX_ROUNDS = 8;

const nameOf = ({ event, prog, data }: Step): string => `${event} ${prog} ${toHex(data)}`;

/** The steps, as far as the packets between the programs of a chain are known from the last round. */
function steps(sequence: Sequence, known: ReadonlyMap<string, Outcome>): Step[] {
  const list: Step[] = [];
  const walk = stepsOf(sequence);
  for (let at = walk.next(); !at.done; ) {
    list.push(at.value);
    at = walk.next(passedOn(at.value, known.get(nameOf(at.value))));
  }
  return list;
}

/** A chain needs a round for each program a packet passes: the second one's packet is what the first one made. */
export function record(sequence: Sequence): Golden {
  const request = sequenceRequest(sequence);
  let known: ReadonlyMap<string, Outcome> = new Map();
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const list = steps(sequence, known);
    if (round > 0 && list.length === known.size && list.every((s) => known.has(nameOf(s))))
      return { sequence: sequence.name, kernel: '6.12', outcomes: [...known.values()] };
    const [result] = askOracle([runRequest(request, list)], 0, sequence.setup ? ['dummy'] : []);
    if (result?.verdict !== 'accept') throw new Error(JSON.stringify(result, null, 1).slice(0, 4000));
    const outcomes = outcomesOf(list, stepResults(request, list, result.test_run as TestRunResult[]), sequence.digests);
    known = new Map(list.map((step, i) => [nameOf(step), outcomes[i]!]));
  }
  throw new Error(`${sequence.name} does not settle`);
}
