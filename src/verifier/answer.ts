/** Answers load requests with verdicts, in the format of the referee that boots a kernel. No program runs here. */
import { checkBtf } from '../btf/check/index.ts';
import { errnoName } from '../spec/errno.ts';
import type { LoadRequest, LoadResult, ProgRequest } from '../spec/request.ts';
import { fromHex } from '../util/hex.ts';
import type { MapInfo } from './maps.ts';
import { mapInfos } from './maps.ts';
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

/** What the load of a BTF blob gives when it fails. The kernel is asked for a log only then, at level 1. */
function btfFailure(btf: ProgRequest['btf'], name: string | undefined): LoadResult | undefined {
  const blob = btf === undefined ? undefined : fromHex(btf);
  if (!blob) return undefined;
  const { errno, log } = checkBtf(blob, 1);
  if (errno === 0) return undefined;
  const errname = errnoName(errno);
  return {
    ...(name !== undefined && { name }),
    verdict: 'setup_error',
    stage: 'btf_load',
    errno,
    ...(errname && { errname }),
    btf_log: log,
  };
}

/** The verdicts on a request; `logLevel` holds where it has none of its own. */
export function verifyRequest(request: LoadRequest, logLevel: number): LoadResult {
  const failed = btfFailure(request.btf, request.name);
  if (failed) return failed;
  const maps = mapInfos(request.maps ?? []);
  const one = (prog: ProgRequest): LoadResult =>
    (prog.btf === request.btf ? undefined : btfFailure(prog.btf, prog.name)) ??
    progResult(prog.name, verifyProgram(prog, maps, prog.log_level ?? logLevel));
  if (!request.progs) return one(request);
  const { progs, ...shared } = request;
  const results = progs.map((prog) => one({ ...shared, ...prog }));
  const first = results.find((r) => r.verdict !== 'accept');
  const own = request.name === undefined ? {} : { name: request.name };
  return {
    ...own,
    verdict: first?.verdict ?? 'accept',
    stage: first?.stage ?? 'ok',
    errno: first?.errno ?? 0,
    log: '',
    progs: results,
  };
}
