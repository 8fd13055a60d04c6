/** The sockets that a load request binds before its maps are made. */
import { errnoName } from '../../spec/errno.ts';
import type { SocketRequest } from '../../spec/request.ts';
import { fail, ok, type Result } from '../../util/problem.ts';
import type { KernelCore } from '../core.ts';
import { kernelProblem } from '../messages.ts';
import { addSocket } from './add.ts';

/** Binds them in order and says which one failed; its socket objects are in the request's order. */
export function listenSockets(kernel: KernelCore, requests: readonly SocketRequest[]): Result<readonly number[]> {
  const socks: number[] = [];
  for (const [index, request] of requests.entries()) {
    const added = addSocket(kernel, request);
    if ('errno' in added) {
      const { addr, port } = request;
      const { errno } = added;
      return fail(kernelProblem('listen', {}, { index, addr, port, errno, errname: errnoName(errno) ?? 'errno' }));
    }
    socks.push(added.sk);
  }
  return ok(socks);
}
