/** The small sockets that stand for a connection to be or one that was. */
import { PERM_READ } from '../../mem/arena.ts';
import { SOCKET_TAG, setSkMember } from '../../net/inetSock.ts';
import { UAPI } from '../../spec/constants.ts';
import { LAYOUTS } from '../../spec/layouts.ts';
import { allocSockView } from '../../vm/ctxView.ts';
import type { KernelCore } from '../core.ts';
import { withSocket } from './table.ts';

const { TCP_NEW_SYN_RECV, TCP_TIME_WAIT } = UAPI;

const SMALL = {
  time_wait: { struct: 'tcp_timewait_sock', state: TCP_TIME_WAIT, refs: 3 },
  syn_recv: { struct: 'tcp_request_sock', state: TCP_NEW_SYN_RECV, refs: 1 },
} as const;

/** Its address, 0 without memory. @kernel inet_twsk_alloc, inet_reqsk_alloc */
export function createSmall(kernel: KernelCore, kind: keyof typeof SMALL, family: number): number {
  const { arena } = kernel;
  const { struct, state, refs } = SMALL[kind];
  const made = arena.alloc({ kind: 'kernel', size: LAYOUTS[struct].size, perm: PERM_READ, tag: SOCKET_TAG });
  if (!made.ok) return 0;
  const sk = made.value;
  if (!allocSockView(arena, sk).ok) {
    arena.free(sk);
    return 0;
  }
  setSkMember(arena, sk, 'sock_common', 'skc_family', family);
  setSkMember(arena, sk, 'sock_common', 'skc_state', state);
  setSkMember(arena, sk, 'sock_common', 'skc_refcnt', refs);
  kernel.world = { ...kernel.world, sockets: withSocket(kernel.world.sockets, sk) };
  return sk;
}
