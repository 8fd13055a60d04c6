/** All hand-written programs as load requests, by name; `scripts/record-hand.ts` reads them too. */
import type { LoadRequest, ProgResult } from '../../../src/spec/request.ts';
import { type Outcome, outcomeOf } from '../outcome.ts';
import { argumentRequests, useRequests } from './argumentKinds.ts';
import { bpfFiles, programsOfFile } from './bpfFiles.ts';
import { availabilityRequests, callRequests, hookCallRequests } from './calls.ts';
import { contextRequests } from './contexts.ts';
import { kfuncRequests, meetingRequests, parameterRequests } from './pairs.ts';
import { arithmeticRequests, comparisonRequests, packetRequests, slotRequests } from './scalars.ts';
import { mapRequests, objectRequests, returnRequests } from './tables.ts';

/** The programs by name, in the groups that they are recorded in. */
export const HAND_GROUPS: Readonly<Record<string, () => ReadonlyMap<string, LoadRequest>>> = {
  files: () =>
    new Map(
      bpfFiles()
        .flatMap(programsOfFile)
        .map(({ name, request }) => [name, request]),
    ),
  arguments: () => new Map(argumentRequests()),
  contexts: () => new Map(contextRequests()),
  returns: () => new Map(returnRequests()),
  maps: () => new Map(mapRequests()),
  objects: () => new Map(objectRequests()),
  availability: () => new Map(availabilityRequests()),
  calls: () => new Map(callRequests()),
  hooks: () => new Map(hookCallRequests()),
  uses: () => new Map(useRequests()),
  meetings: () => new Map(meetingRequests()),
  parameters: () => new Map([...parameterRequests(), ...kfuncRequests()]),
  arithmetic: () => new Map(arithmeticRequests()),
  comparisons: () => new Map(comparisonRequests()),
  slots: () => new Map([...slotRequests(), ...packetRequests()]),
};

/** Where the kernel's answers to a group are. */
export const recordedGroup = (group: string): URL =>
  new URL(`../../recorded/verifier/hand/${group}.json.gz`, import.meta.url);

const FUNCTION_ID = /((?:call|kfunc) (?!bpf_prog)\w+)#\d{4,}/g;

/** What is compared of an answer: all that is the same at every boot. */
export function handOutcome(result: ProgResult): Outcome {
  const log = result.log?.replace(FUNCTION_ID, '$1#N').replace(/btf_id \d+/g, 'btf_id N');
  return outcomeOf({ ...result, ...(log !== undefined && { log }) });
}

const CLOSING = /^(processed |stack depth|verification time|(cur|old) state:|$)/;

/** The answer as a program's EXPECT line has it. */
export function expectation({ verdict, log }: Outcome): string {
  const line = log.findLast((l) => !CLOSING.test(l)) ?? '';
  return verdict === 'reject' && line !== '' ? `reject: ${line}` : verdict;
}
