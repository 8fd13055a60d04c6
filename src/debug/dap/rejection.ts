/** What the verifier says before anything runs. */
import type { Explanation } from '../../explain/index.ts';
import type { LoadRequest, ProgRequest } from '../../spec/request.ts';
import type { Result } from '../../util/problem.ts';
import { fail, ok } from '../../util/problem.ts';
import { dapProblem } from './messages.ts';

/** A program that the kernel would not load. */
export interface Rejection {
  /** Index in the request, and the name there. */
  readonly index: number;
  readonly prog: string;
  /** Slot of the insn that was being checked, where it is one. */
  readonly slot: number | undefined;
  /** The last word of the log, or the errno. */
  readonly said: string;
  readonly log: string;
  readonly explanation: Explanation | undefined;
}

/** What a verification found: the first rejected program, and notes on those without a verdict. */
export interface Judgement {
  readonly rejection: Rejection | undefined;
  readonly notes: readonly string[];
}

/** Insns between two looks at the client. */
const SLICE = 20_000;

/**
 * Verifies the programs of a request, in their order up to the first rejection. `pause` lets the client be heard;
 * `cancelled` ends the work with a problem. The verifier is loaded when it is first asked.
 */
export async function judge(
  request: LoadRequest,
  pause: () => Promise<void>,
  cancelled: () => boolean,
): Promise<Result<Judgement>> {
  const { verifyJobs } = await import('../../verifier/api.ts');
  const jobs = verifyJobs(request, { logLevel: 2 });
  if (!jobs.ok) return jobs;
  const notes: string[] = [];
  for (const [index, job] of jobs.value.entries()) {
    let verified = job.advance(SLICE);
    while (!verified) {
      await pause();
      if (cancelled()) return fail(dapProblem('dap-cancelled'));
      verified = job.advance(SLICE);
    }
    const { verification: v, name, request: program } = verified;
    if (v.verdict === 'not_covered') {
      notes.push(`${name}: the verifier does not cover ${v.what}; it runs unverified, every access checked`);
    }
    if (v.verdict !== 'reject') continue;
    const explanation = await explained(v.log, program, request);
    const said = explanation?.message ?? lastWord(v.log) ?? `errno ${v.errno}`;
    return ok({ rejection: { index, prog: name, slot: v.insn, said, log: v.log, explanation }, notes });
  }
  return ok({ rejection: undefined, notes });
}

async function explained(log: string, program: ProgRequest, request: LoadRequest): Promise<Explanation | undefined> {
  if (log === '') return undefined;
  const { explainRejection } = await import('../../explain/index.ts');
  return explainRejection({ log, program, ...(request.progs === undefined && { request }) });
}

/** The last line that is no number. */
const lastWord = (log: string): string | undefined =>
  log.split('\n').findLast((line) => line !== '' && !line.startsWith('processed '));
