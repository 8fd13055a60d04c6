/** Answers load requests with verdicts, in the format of the referee that boots a kernel. No program runs here. */
import { errnoName } from '../spec/errno.ts';
import type { LoadRequest, LoadResult } from '../spec/request.ts';
import type { Problem } from '../util/problem.ts';
import { problemText } from '../util/problem.ts';
import type { VerifiedProgram, VerifyOptions } from './api.ts';
import { verify } from './api.ts';

function progResult({ request, verification: v }: VerifiedProgram): LoadResult {
  const named = request.name === undefined ? {} : { name: request.name };
  if (v.verdict === 'not_covered') {
    return { ...named, verdict: 'no_result', stage: 'request', errno: 0, detail: `not covered: ${v.what}`, log: v.log };
  }
  if (v.verdict === 'accept') {
    return { ...named, verdict: 'accept', stage: 'ok', errno: 0, log: v.log, verified_insns: v.insns };
  }
  const errname = errnoName(v.errno);
  if (v.setup) {
    const { stage, errno, btf_log, detail } = v.setup;
    return {
      ...named,
      verdict: 'setup_error',
      stage,
      errno,
      ...(errname && { errname }),
      ...(btf_log !== undefined && { btf_log }),
      ...(detail !== undefined && { detail }),
    };
  }
  return { ...named, verdict: 'reject', stage: 'prog_load', errno: v.errno, log: v.log, ...(errname && { errname }) };
}

/** The answer to a request with these programs: of several, the request's own verdict is that of the first not accepted. */
export function verifiedResult(request: LoadRequest, programs: readonly VerifiedProgram[]): LoadResult {
  const results = programs.map(progResult);
  const [program] = programs;
  const end = program?.verification;
  if (end?.verdict === 'reject' && end.setup?.whole) {
    const { name: _, ...failed } = results[0]!;
    return { ...(request.name !== undefined && { name: request.name }), ...failed };
  }
  // Maps alone may be asked for.
  if (!request.progs && request.insns === undefined && (request.maps?.length ?? 0) > 0) {
    return { ...(request.name !== undefined && { name: request.name }), verdict: 'accept', stage: 'ok', errno: 0 };
  }
  if (!request.progs) return results[0]!;
  const first = results.find((r) => r.verdict !== 'accept');
  return {
    ...(request.name !== undefined && { name: request.name }),
    verdict: first?.verdict ?? 'accept',
    stage: first?.stage ?? 'ok',
    errno: first?.errno ?? 0,
    ...(first?.errname !== undefined && { errname: first.errname }),
    log: '',
    progs: results,
  };
}

/** The answer to a request that cannot even be tried. */
export function unusableResult(name: string | undefined, problems: readonly Problem[]): LoadResult {
  const detail = problems.map(problemText).join('; ');
  return { ...(name !== undefined && { name }), verdict: 'setup_error', stage: 'request', errno: 0, detail };
}

/** The answer to a request one of whose maps bpf(2) refuses. */
export function refusedMapResult(name: string | undefined, problem: Problem): LoadResult {
  const errno = Number(problem.args.errno);
  const errname = errnoName(errno);
  const detail = problemText(problem);
  const stage = 'map_create';
  return {
    ...(name !== undefined && { name }),
    verdict: 'setup_error',
    stage,
    errno,
    ...(errname && { errname }),
    detail,
  };
}

/** The verdicts on a request; `logLevel` holds where it has none of its own. */
export function verifyRequest(request: LoadRequest, logLevel: number, options: VerifyOptions = {}): LoadResult {
  const verified = verify(request, { ...options, logLevel });
  return verified.ok ? verifiedResult(request, verified.value) : unusableResult(request.name, verified.problems);
}
