/** `--requests`: load requests answered line by line in the format in which a kernel's answers are recorded. */
import { builtinBtf } from '../btf/builtin.ts';
import { answerRequest, testRuns } from '../kernel/answer.ts';
import { refusedMap } from '../kernel/load/refusedMap.ts';
import type { LoadRequest, LoadResult } from '../spec/request.ts';
import { refusedMapResult, unusableResult, verifiedResult } from '../verifier/answer.ts';
import type { VerifiedProgram, VerifyOptions } from '../verifier/api.ts';
import { verifyJobs } from '../verifier/api.ts';
import type { Status } from './failure.ts';
import { Failure, jsonError, STATUS, showProblems } from './failure.ts';
import { readText } from './files.ts';
import type { Io } from './io.ts';
import { cliProblem } from './messages.ts';
import { checkRequest } from './request.ts';
import type { Work } from './verifyJob.ts';
import { finishJob, newWork } from './verifyJob.ts';

/** Answers every line of a file; a line that is no request has an answer that says so. */
export async function answerRequests(io: Io, path: string, options: VerifyOptions): Promise<Status> {
  const lines = readText(io, path)
    .split('\n')
    .filter((line) => line.trim() !== '');
  const work = newWork(io);
  const { progress } = work;
  for (const [i, line] of lines.entries()) {
    const answered = await answerLine(path, line, options, work);
    progress.clear();
    if (!answered) return interrupted(io, i, lines.length);
    io.out(`${JSON.stringify(answered)}\n`);
    progress.say(`${i + 1} of ${lines.length} requests `);
  }
  progress.clear();
  return STATUS.good;
}

function interrupted(io: Io, done: number, total: number): Status {
  showProblems(io, [cliProblem('requests-interrupted', {}, { done, total })], { json: false });
  return STATUS.interrupted;
}

function nameOf(value: unknown): string | undefined {
  const name = typeof value === 'object' && value !== null && 'name' in value ? value.name : undefined;
  return typeof name === 'string' ? name : undefined;
}

/** The request of a line, or the answer that it is none. */
function requestOf(path: string, line: string): LoadRequest | LoadResult {
  let value: unknown;
  try {
    value = JSON.parse(line);
    return checkRequest(path, value);
  } catch (error) {
    if (error instanceof Failure) return unusableResult(nameOf(value), error.problems);
    if (!(error instanceof SyntaxError)) throw error;
    return unusableResult(undefined, [cliProblem('bad-json', {}, { path, why: jsonError(error) })]);
  }
}

async function answerLine(
  path: string,
  line: string,
  options: VerifyOptions,
  work: Work,
): Promise<LoadResult | undefined> {
  const request = requestOf(path, line);
  if ('verdict' in request) return request;
  const refused = refusedMap(request);
  if (refused) return refusedMapResult(request.name, refused);
  const jobs = verifyJobs(request, options);
  if (!jobs.ok) return unusableResult(request.name, jobs.problems);
  const programs: VerifiedProgram[] = [];
  for (const job of jobs.value) {
    const program = await finishJob(job, work);
    if (!program) return undefined;
    programs.push(program);
  }
  const result = verifiedResult(request, programs);
  const accepted = programs.map((p) => p.verification.verdict === 'accept');
  if (testRuns(request).length === 0 || !accepted.includes(true)) return result;
  const ran = answerRequest(request, { kernelBtf: () => options.kernelBtf ?? builtinBtf() }, accepted);
  return {
    ...result,
    ...(ran.test_run && ran.test_run.length > 0 && { test_run: ran.test_run }),
    ...(ran.verdict !== 'accept' && { notes: [`not run: ${ran.detail}`] }),
  };
}
