/** Answers load requests with verdicts, in the format of the referee that boots a kernel. No program runs here. */
import { errnoName } from '../spec/errno.ts';
import type { LoadRequest, LoadResult, ProgRequest } from '../spec/request.ts';
import { fromHex } from '../util/hex.ts';
import type { MapInfo } from './maps.ts';
import { BtfLoader, failureResult, setUp } from './setup.ts';
import type { Verification } from './verify.ts';
import { Verifier } from './verify.ts';

const SLICE = 100_000;

function bytesOf(insns: ProgRequest['insns']): Uint8Array | undefined {
  return fromHex(typeof insns === 'string' ? insns : (insns ?? []).join(''));
}

/** Verifies one program to its end. */
function verifyProgram(request: ProgRequest, maps: readonly MapInfo[], logLevel: number): Verification {
  const bytes = bytesOf(request.insns);
  if (!bytes) return { verdict: 'not_covered', what: 'insns are not hexadecimal', log: '', insns: 0 };
  const verifier = new Verifier({ request, bytes, maps, logLevel });
  for (;;) {
    const done = verifier.advance(SLICE);
    if (done) return done;
  }
}

function progResult(name: string | undefined, v: Verification): LoadResult {
  const named = name === undefined ? {} : { name };
  if (v.verdict === 'not_covered') {
    return { ...named, verdict: 'no_result', stage: 'request', errno: 0, detail: `not covered: ${v.what}`, log: v.log };
  }
  if (v.verdict === 'accept') {
    return { ...named, verdict: 'accept', stage: 'ok', errno: 0, log: v.log, verified_insns: v.insns };
  }
  const errname = errnoName(v.errno);
  return { ...named, verdict: 'reject', stage: 'prog_load', errno: v.errno, log: v.log, ...(errname && { errname }) };
}

/** The verdicts on a request; `logLevel` holds where it has none of its own. */
export function verifyRequest(request: LoadRequest, logLevel: number): LoadResult {
  const btfs = new BtfLoader();
  const maps = setUp(request, btfs);
  if ('verdict' in maps) return failureResult(request.name, maps);
  const one = (prog: ProgRequest): LoadResult => {
    const failed = btfs.failure(prog.btf);
    if (failed) return failureResult(prog.name, failed);
    return progResult(prog.name, verifyProgram(prog, maps, prog.log_level ?? logLevel));
  };
  const own = request.name === undefined ? {} : { name: request.name };
  if (!request.progs) {
    // Maps alone may be asked for.
    const nothing = request.insns === undefined && maps.length > 0;
    return nothing ? { ...own, verdict: 'accept', stage: 'ok', errno: 0 } : one(request);
  }
  const { progs, ...shared } = request;
  const results = progs.map((prog) => one({ ...shared, ...prog }));
  const first = results.find((r) => r.verdict !== 'accept');
  return {
    ...own,
    verdict: first?.verdict ?? 'accept',
    stage: first?.stage ?? 'ok',
    errno: first?.errno ?? 0,
    log: '',
    progs: results,
  };
}
