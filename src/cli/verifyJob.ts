/** One program through the verifier while the terminal stays alive. */
import type { VerifiedProgram, VerifyJob } from '../verifier/api.ts';
import { Breath } from './breath.ts';
import type { Io } from './io.ts';
import { Progress } from './progress.ts';

/** Insns between two looks at the clock. */
const SLICE = 10_000;

/** What long work needs: breath and a line for progress. */
export interface Work {
  readonly breath: Breath;
  readonly progress: Progress;
}

export function newWork(io: Io): Work {
  return { breath: new Breath(io), progress: new Progress(io) };
}

/** Verifies one program to its end; undefined when the user asked to stop. */
export async function finishJob(job: VerifyJob, { breath, progress }: Work): Promise<VerifiedProgram | undefined> {
  for (;;) {
    const done = job.advance(SLICE);
    if (breath.due && (await breath.take())) return undefined;
    if (done) return done;
    progress.say(`${job.name}: ${job.stats.insns} insns, ${job.stats.total_states} states `);
  }
}
