/** What the verifier says before anything runs. */
import type { Explanation } from '../../explain/index.ts';
import type { LoadRequest, ProgRequest } from '../../spec/request.ts';
import type { Result } from '../../util/problem.ts';
import { fail, ok } from '../../util/problem.ts';
import type { VerifiedProgram, VerifyJob } from '../../verifier/api.ts';
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
  // Most programs are accepted: the log is made only of one that is not.
  const quick = verifyJobs(withLog(request, { log_level: 0 }));
  if (!quick.ok) return quick;
  const loud = verifyJobs(withLog(request, { log_level: 2, log_size: LOG_SIZE }));
  if (!loud.ok) return loud;
  const notes: string[] = [];
  for (const [index, job] of quick.value.entries()) {
    const first = await worked(job, pause, cancelled);
    const again = first?.verification.verdict === 'reject' ? await worked(loud.value[index]!, pause, cancelled) : first;
    if (!first || !again) return fail(dapProblem('dap-cancelled'));
    const { verification: v, name, request: program } = first;
    const { log } = again.verification;
    if (v.verdict === 'not_covered') {
      notes.push(`${name}: the verifier does not cover ${v.what}; it runs unverified, every access checked`);
    }
    if (v.verdict !== 'reject') continue;
    const explanation = await explained(log, program, request);
    const said = explanation?.message ?? lastWord(log) ?? `errno ${v.errno}`;
    return ok({ rejection: { index, prog: name, slot: v.insn, said, log, explanation }, notes });
  }
  return ok({ rejection: undefined, notes });
}

/** Bytes of the log of a rejected program: its end is what counts. */
const LOG_SIZE = 1 << 20;

/** The same programs with another log. */
function withLog(request: LoadRequest, log: Pick<ProgRequest, 'log_level' | 'log_size'>): LoadRequest {
  const own = <R extends ProgRequest>({ log_size: _, ...rest }: R): Omit<R, 'log_size'> & typeof log => ({
    ...rest,
    ...log,
  });
  const progs = request.progs?.map(own);
  return { ...own(request), ...(progs && { progs }) };
}

/** A whole verification; undefined where it was cancelled. */
async function worked(
  job: VerifyJob,
  pause: () => Promise<void>,
  cancelled: () => boolean,
): Promise<VerifiedProgram | undefined> {
  for (;;) {
    const verified = job.advance(SLICE);
    if (verified) return verified;
    await pause();
    if (cancelled()) return undefined;
  }
}

async function explained(log: string, program: ProgRequest, request: LoadRequest): Promise<Explanation | undefined> {
  if (log === '') return undefined;
  const { explainRejection } = await import('../../explain/index.ts');
  return explainRejection({ log, program, ...(request.progs === undefined && { request }) });
}

/** The last line that is no number. */
const lastWord = (log: string): string | undefined =>
  log.split('\n').findLast((line) => line !== '' && !line.startsWith('processed '));
