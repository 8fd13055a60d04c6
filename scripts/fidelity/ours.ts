/** Our answer to a request, as the scripts ask for it: the log level is theirs, not the request's. */
import { builtinTypes } from '../../src/btf/builtin.ts';
import type { LoadRequest, LoadResult } from '../../src/spec/request.ts';
import { fromHex } from '../../src/util/hex.ts';
import { verifyRequest } from '../../src/verifier/answer.ts';
import { mapInfos } from '../../src/verifier/maps.ts';
import { Verifier } from '../../src/verifier/verify.ts';

/** Whether our verifier is done within so many insns: those that are not would make the kernel's log huge. */
export function isShort(request: LoadRequest, insns: number): boolean {
  const hex = typeof request.insns === 'string' ? request.insns : (request.insns ?? []).join('');
  const maps = mapInfos(request.maps ?? []);
  const verifier = new Verifier({ request, bytes: fromHex(hex)!, maps, logLevel: 0, types: builtinTypes });
  return verifier.advance(insns) !== undefined;
}

export function ourAnswer(request: LoadRequest, logLevel: number): LoadResult {
  const { log_level: _, progs, ...rest } = request;
  const own = progs && { progs: progs.map(({ log_level: __, ...prog }) => prog) };
  return verifyRequest({ ...rest, ...own }, logLevel);
}
