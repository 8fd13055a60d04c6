/** Runs a program at a hook of a socket on the simulation, and reads the map that it wrote. */

import { Kernel } from '../../src/kernel/kernel.ts';
import { ctxBytes } from '../../src/kernel/replay/ctx.ts';
import { setLocal } from '../../src/kernel/sockets/bind.ts';
import { createSocket } from '../../src/kernel/sockets/create.ts';
import { addressBytes } from '../../src/kernel/sockets/spec.ts';
import { userLookup } from '../../src/maps/user.ts';
import { setSkMember } from '../../src/net/inetSock.ts';
import { UAPI } from '../../src/spec/constants.ts';
import type { LoadRequest } from '../../src/spec/request.ts';
import { toHex } from '../../src/util/hex.ts';
import { problemText } from '../../src/util/problem.ts';

export interface HookCase {
  readonly request: LoadRequest;
  readonly proto: 'tcp' | 'udp';
  readonly family: 'inet' | 'inet6';
  readonly state: 'closed' | 'listen';
}

/** The value of the request's first map after one run, without the zeros at its end. */
export function runHook({ request, proto, family, state }: HookCase): string {
  const made = Kernel.create();
  if (!made.ok) throw new Error('no kernel');
  const kernel = made.value;
  const { progs, maps } = kernel.load(request);
  const sock = createSocket(kernel.arena, proto, family);
  if (!sock.ok) throw new Error('no socket');
  if (state === 'listen') {
    setLocal(kernel.arena, sock.value, addressBytes(family === 'inet' ? '127.0.0.1' : '::1')!, 777);
    setSkMember(kernel.arena, sock.value, 'sock_common', 'skc_state', UAPI.TCP_LISTEN);
  }
  const ops = state === 'listen' ? ctxBytes('bpf_sock_ops', { op: UAPI.BPF_SOCK_OPS_TCP_LISTEN_CB }) : undefined;
  const status = kernel.localRun(progs[0]!, { sock: sock.value, ...(ops?.ok && { ctx: ops.value }) }).finish();
  if (status.state === 'fault') return problemText(status.problem);
  return toHex(userLookup(kernel.maps, maps[0]!.address, new Uint8Array(4)) as Uint8Array).replace(/(00)+$/, '');
}
