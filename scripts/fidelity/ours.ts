/** Our answer to a request, as the scripts ask for it: the log level is theirs, not the request's. */
import { builtinTypes } from '../../src/btf/builtin.ts';
import type { LoadRequest, LoadResult } from '../../src/spec/request.ts';
import { verifyRequest } from '../../src/verifier/answer.ts';

export function ourAnswer(request: LoadRequest, logLevel: number): LoadResult {
  const { log_level: _, progs, ...rest } = request;
  const own = progs && { progs: progs.map(({ log_level: __, ...prog }) => prog) };
  return verifyRequest({ ...rest, ...own }, logLevel, builtinTypes);
}
