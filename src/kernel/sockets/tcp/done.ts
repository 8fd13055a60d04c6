/** The ends of TCP sockets. */
import { setSkMember, setSockFlag, skMember, sockFlag } from '../../../net/inetSock.ts';
import { ERRNO } from '../../../spec/errno.ts';
import { changeLife, type SockCall, setTable } from '../call.ts';
import { withoutHashed, withoutPort } from '../table.ts';
import {
  clearAlarm,
  RCV_SHUTDOWN,
  SEND_SHUTDOWN,
  SOCK_DEAD,
  setState,
  setTp,
  stateOf,
  TCP_CLOSE,
  TCP_CLOSE_WAIT,
  TCP_SYN_SENT,
} from './sock.ts';

const SOCK_BINDPORT_LOCK = 8;

/** Nobody finds the socket any more, and nobody holds it. @kernel inet_csk_destroy_sock */
export function destroySock(call: SockCall, sk: number): void {
  const { kernel, effects } = call;
  setTable(kernel, withoutPort(withoutHashed(kernel.world.sockets, sk), sk));
  effects.push({ kind: 'destroy', sk });
}

/** @kernel tcp_done */
export function tcpDone(call: SockCall, sk: number): void {
  const { kernel } = call;
  const { arena } = kernel;
  setState(call, sk, TCP_CLOSE);
  clearAlarm(call, sk);
  changeLife(call, sk, { unsent: [], finWaits: false, sent: [], early: [] });
  setTp(arena, sk, 'packets_out', 0);
  setSkMember(arena, sk, 'sock', 'sk_shutdown', RCV_SHUTDOWN | SEND_SHUTDOWN);
  setTable(kernel, withoutHashed(kernel.world.sockets, sk));
  const locks = skMember(arena, sk, 'sock', 'sk_userlocks');
  if ((locks & SOCK_BINDPORT_LOCK) === 0) setTable(kernel, withoutPort(kernel.world.sockets, sk));
  if (sockFlag(arena, sk, SOCK_DEAD)) destroySock(call, sk);
}

/** The connection ends with an error that the application hears of. @kernel tcp_done_with_error */
export function tcpDoneWithError(call: SockCall, sk: number, errno: number): void {
  const { arena } = call.kernel;
  setSkMember(arena, sk, 'sock', 'sk_err', errno);
  if (!sockFlag(arena, sk, SOCK_DEAD)) call.effects.push({ kind: 'error', sk, errno });
  tcpDone(call, sk);
}

/** The peer has reset the connection. @kernel tcp_reset */
export function tcpReset(call: SockCall, sk: number): void {
  const state = stateOf(call.kernel.arena, sk);
  if (state === TCP_CLOSE) return;
  const { ECONNREFUSED, ECONNRESET, EPIPE } = ERRNO;
  const errno = state === TCP_SYN_SENT ? ECONNREFUSED : state === TCP_CLOSE_WAIT ? EPIPE : ECONNRESET;
  tcpDoneWithError(call, sk, errno);
}

/** The application lets go. @kernel sock_orphan */
export function sockOrphan({ kernel }: SockCall, sk: number): void {
  setSockFlag(kernel.arena, sk, SOCK_DEAD, true);
}
