/** What of an answer is compared with the kernel's: all that is not an address. */
import type { ProgResult } from '../../src/spec/request.ts';
import { plainLog } from './plainLog.ts';

const TIME = /verification time \d+ usec/;

export interface Outcome {
  readonly verdict: string;
  readonly stage: string;
  readonly errno: number;
  readonly log: readonly string[];
  readonly btf_log?: string;
}

export function outcomeOf({ verdict, stage, errno, log, btf_log }: ProgResult): Outcome {
  return {
    verdict,
    stage,
    errno,
    log: plainLog((log ?? '').replace(TIME, 'verification time')),
    ...(btf_log !== undefined && { btf_log }),
  };
}
