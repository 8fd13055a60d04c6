/** `bpflab run --verify`: the verifier has a say before anything runs. */
import { verifyJobs } from '../verifier/api.ts';
import { Failure, need, STATUS } from './failure.ts';
import type { Input } from './input.ts';
import type { Io } from './io.ts';
import { cliProblem } from './messages.ts';
import { insnPlace, saidText } from './print/verdict.ts';
import { finishJob, newWork } from './verifyJob.ts';

/** Leaves the command when a program is rejected; what is not covered is noted and runs. False when the user asked to stop. */
export async function verifyFirst(io: Io, input: Input): Promise<boolean> {
  const work = newWork(io);
  for (const [index, job] of need(verifyJobs(input.request)).entries()) {
    const program = await finishJob(job, work);
    work.progress.clear();
    if (!program) return false;
    const { name, verification: v } = program;
    if (v.verdict === 'not_covered') {
      io.err(`note: --verify: ${name}: not covered: ${v.what}; it runs unverified, every access checked\n`);
    } else if (v.verdict === 'reject') {
      const place = insnPlace({ program, position: (slot) => input.position(index, slot) }, v.insn);
      throw new Failure([cliProblem('verify-rejected', place, { name, said: saidText(v) })], STATUS.rejected);
    }
  }
  return true;
}
