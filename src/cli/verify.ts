/** What `bpflab verify` does, from its options to its exit status. */
import type { Explanation } from '../explain/index.ts';
import type { Status } from './failure.ts';
import { STATUS, showProblems, unusable } from './failure.ts';
import type { Io } from './io.ts';
import { cliProblem } from './messages.ts';
import { checkType } from './pick.ts';
import { explainVerified, explanationText } from './print/explanation.ts';
import { verdictJson, verdictText } from './print/verdict.ts';
import { csvText, tableText } from './print/veristat.ts';
import { styleOf } from './style.ts';
import type { Verified } from './verifyInputs.ts';
import { verifyUnits } from './verifyInputs.ts';
import { finishJob, newWork } from './verifyJob.ts';
import type { VerifyCliOptions } from './verifyOptions.ts';
import { kernelList, ruleList, shownLog, verifyOptions } from './verifyOptions.ts';
import { answerRequests } from './verifyRequests.ts';

/** Verifies every program of the files; leaves by `Failure` what cannot be verified at all. */
export async function verifyFiles(io: Io, files: readonly string[], options: VerifyCliOptions): Promise<Status> {
  const json = options.json === true;
  if (options.kernel === 'list') {
    io.out(kernelList(json));
    return STATUS.good;
  }
  if (options.allow?.includes('list')) {
    io.out(ruleList(json));
    return STATUS.good;
  }
  checkType(options.type);
  if (json && options.csv) unusable('both-outputs');
  const wanted = verifyOptions(io, options);
  if (options.requests !== undefined) return answerRequests(io, options.requests, wanted);
  if (files.length === 0) unusable('no-files');
  const units = verifyUnits(io, files, options, wanted);
  const work = newWork(io);
  const done: Verified[] = [];
  for (const unit of units) {
    const start = performance.now();
    const program = await finishJob(unit.job, work);
    work.progress.clear();
    if (!program) {
      show(io, done, options, units.length);
      showProblems(io, [cliProblem('verify-interrupted', {}, { name: unit.job.name, insns: unit.job.stats.insns })], {
        json: false,
      });
      return STATUS.interrupted;
    }
    const verified = { ...unit, program, duration: Math.round(1000 * (performance.now() - start)) };
    done.push(verified);
    if (!json && !options.csv) showOne(io, verified, options, units.length > 1);
  }
  show(io, done, options, units.length);
  return statusOf(done);
}

/** Rejected counts more than not covered. */
function statusOf(done: readonly Verified[]): Status {
  const verdicts = new Set(done.map((d) => d.program.verification.verdict));
  if (verdicts.has('reject')) return STATUS.rejected;
  return verdicts.has('not_covered') ? STATUS.unusable : STATUS.good;
}

/** A program as soon as it is verified; of several, an accepted one has only its row in the table. */
function showOne(io: Io, verified: Verified, options: VerifyCliOptions, several: boolean): void {
  const style = styleOf(io);
  const { verification } = verified.program;
  const log = shownLog(options);
  if (several && log === 0 && verification.verdict === 'accept' && verification.lifted.length === 0) return;
  if (log !== 0) io.out(verification.log);
  io.out(verdictText(verified, { style, several }));
  if (options.explain ?? io.columns !== undefined) io.out(explanationText(verified, { style, columns: io.columns }));
  if (several) io.out('\n');
}

/** `--json --explain`: the explanation as data. */
function explanationJson(verified: Verified, options: VerifyCliOptions): { readonly explanation?: Explanation } {
  const explanation = options.explain ? explainVerified(verified) : undefined;
  return explanation ? { explanation } : {};
}

/** What comes when all are done. */
function show(io: Io, done: readonly Verified[], options: VerifyCliOptions, count: number): void {
  if (options.csv) io.out(csvText(done));
  else if (options.json) {
    const kernel = options.kernel ?? '6.12';
    const ok = done.length === count && statusOf(done) === STATUS.good;
    io.out(
      `${JSON.stringify({ bpflab: 1, kernel, programs: done.map((d) => ({ ...verdictJson(d), ...explanationJson(d, options) })), ok })}\n`,
    );
  } else if (count > 1) io.out(tableText(done));
}
