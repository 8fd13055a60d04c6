/** What is kept of the kernel's answers to random load requests. */
import { createHash } from 'node:crypto';
import type { ProgResult } from '../../../src/spec/request.ts';
import { outcomeOf } from '../../verifier/outcome.ts';

export const RECORDED_SEED = 20261128;
export const RECORDED_COUNT = 1200;

/** Stage, errno and a digest of both logs in one line. */
export function recordOf(result: ProgResult): string {
  const { stage, errno, log, btf_log } = outcomeOf(result);
  const digest = createHash('sha256')
    .update(JSON.stringify([log, btf_log ?? '']))
    .digest('hex');
  return `${stage} ${errno} ${digest.slice(0, 12)}`;
}
