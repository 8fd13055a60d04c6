/** Verdicts are remembered: many scenarios load the same programs, and verifying the big ones takes most of the time. */
import { createHash } from 'node:crypto';
import { toJson } from '../../kernel/replay/report.ts';
import type { LoadRequest } from '../../spec/request.ts';
import { ok, type Result } from '../../util/problem.ts';
import { type VerifiedProgram, type VerifyJob, type VerifyOptions, verifyJobs } from '../../verifier/api.ts';

const digest = (value: unknown): string => createHash('sha256').update(toJson(value)).digest('base64');

export class Verdicts {
  readonly #known = new Map<string, VerifiedProgram>();
  /** What is verified now, in words; undefined: nothing. */
  working: string | undefined;

  /** As `verifyJobs`; programs that were verified before in the same surroundings have their verdict at once. */
  jobs(request: LoadRequest, options: VerifyOptions): Result<readonly VerifyJob[]> {
    const made = verifyJobs(request, options);
    if (!made.ok) return made;
    const surroundings = digest([{ ...request, progs: [] }, [...(options.allow ?? [])].sort()]);
    return ok(made.value.map((job) => this.#remembered(job, `${surroundings} ${digest(job.request)}`)));
  }

  #remembered(job: VerifyJob, key: string): VerifyJob {
    return {
      name: job.name,
      request: job.request,
      size: job.size,
      get stats() {
        return job.stats;
      },
      advance: (budget) => {
        const known = this.#known.get(key);
        if (known) return known;
        const done = job.advance(budget);
        this.working = done ? undefined : `verifying ${job.name}: ${job.stats.insns} insns`;
        if (done) this.#known.set(key, done);
        return done;
      },
    };
  }
}
