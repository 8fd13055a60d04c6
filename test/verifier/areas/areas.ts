/** Areas of the verifier, each with many small programs, and what of an answer is compared. */
import type { ProgResult } from '../../../src/spec/request.ts';
import { outcomeOf } from '../outcome.ts';
import { contextRequests } from './contexts.ts';
import { fieldRequests } from './fields.ts';
import { formatRequests } from './formats.ts';
import type { Requests } from './source.ts';
import { stackRequests } from './stack.ts';

export const AREAS: Readonly<Record<string, () => Requests>> = {
  contexts: contextRequests,
  fields: fieldRequests,
  formats: formatRequests,
  stack: stackRequests,
};

/** Verdict, errno and log as one text; of the many contexts only what the log says of the access. */
export function shortOutcome(area: string, answer: ProgResult): string {
  const { verdict, errno, log } = outcomeOf(answer);
  const lines =
    area === 'contexts'
      ? log.filter((line) => !/^(func#|mark_precise|processed|\d+: (R1=ctx|\(b7\) r0|\(95\)))/.test(line))
      : log;
  return [`${verdict} ${errno}`, ...lines].join('\n');
}
