/** What applications do with TCP sockets. */
import { SOCK_FLAG, setSkMember, setSockFlag, skMember } from '../../../net/inetSock.ts';
import { UAPI } from '../../../spec/constants.ts';
import { ERRNO } from '../../../spec/errno.ts';
import type { KernelCore } from '../../core.ts';
import { bindConflict, reuseportPeer, takeSource } from '../bind.ts';
import { answer, changeLife, getLife, netSysctl, type SockCall, setTable } from '../call.ts';
import { type Ends, ehashOf, setEnds } from '../ends.ts';
import type { SockAnswer } from '../life.ts';
import { inetAutobind, inetHashConnect } from '../port.ts';
import { boundKey, withBound, withEstablished, withGrouped, withoutHashed } from '../table.ts';
import { destroySock, sockOrphan, tcpDone } from './done.ts';
import { tcpInitSequence } from './isn.ts';
import { sendNew, tcpSendActiveReset, tcpSendFin, tcpWriteXmit } from './output.ts';
import { dropRequest } from './request.ts';
import {
  addTp,
  RCV_SHUTDOWN,
  SEND_SHUTDOWN,
  setState,
  setTp,
  stateOf,
  TCP_CLOSE,
  TCP_CLOSE_WAIT,
  TCP_CLOSING,
  TCP_ESTABLISHED,
  TCP_FIN_WAIT1,
  TCP_FIN_WAIT2,
  TCP_LAST_ACK,
  TCP_LISTEN,
  TCP_SYN_RECV,
  TCP_SYN_SENT,
} from './sock.ts';
import { tcpTimeWait } from './timewait.ts';
import { beginId, beginWindow, defaultMss, selectInitialWindow, tcpSyncMss } from './window.ts';

const { AF_INET6 } = UAPI;

/** listen(2); again it changes the backlog. @kernel inet_listen, inet_csk_listen_start */
export function listenSocket(kernel: KernelCore, sk: number, backlog: number): SockAnswer {
  return answer(kernel, (call) => {
    const { arena } = kernel;
    const state = stateOf(arena, sk);
    if (state !== TCP_CLOSE && state !== TCP_LISTEN) return ERRNO.EINVAL;
    setSkMember(arena, sk, 'sock', 'sk_max_ack_backlog', backlog);
    if (state === TCP_LISTEN) return 0;
    const refused = inetAutobind(kernel, sk);
    if (refused !== 0) return refused;
    const port = skMember(arena, sk, 'sock_common', 'skc_num');
    if (bindConflict(arena, kernel.world.sockets, 'tcp', sk, port)) return ERRNO.EADDRINUSE;
    const shares = skMember(arena, sk, 'sock_common', 'skc_reuseport') !== 0;
    let table = kernel.world.sockets;
    if (shares) table = withGrouped(table, sk, reuseportPeer(arena, table, 'tcp', sk));
    const v6 = skMember(arena, sk, 'sock_common', 'skc_family') === AF_INET6;
    setTable(kernel, withBound(table, boundKey('tcp', port), sk, v6 && shares));
    setSockFlag(arena, sk, SOCK_FLAG.rcuFree, true);
    setState(call, sk, TCP_LISTEN);
    return 0;
  });
}

/** The oldest connection that waits, 0 without one. @kernel inet_csk_accept */
export function tcpAccept(kernel: KernelCore, listener: number): number {
  const call: SockCall = { kernel, effects: [] };
  const [child, ...rest] = getLife(call, listener).acceptQueue;
  if (child === undefined) return 0;
  changeLife(call, listener, { acceptQueue: rest });
  setSkMember(kernel.arena, listener, 'sock', 'sk_ack_backlog', rest.length);
  return child;
}

/** Puts the numbers of a new connection into the socket and sends the SYN. @kernel tcp_connect */
function sendSyn(call: SockCall, sk: number, ends: Ends, mss: number): void {
  const { kernel } = call;
  const { arena } = kernel;
  const isn = tcpInitSequence(kernel, ends);
  for (const name of ['snd_una', 'snd_nxt', 'snd_sml', 'snd_up'] as const) setTp(arena, sk, name, isn);
  setTp(arena, sk, 'write_seq', isn + 1);
  for (const name of ['rcv_nxt', 'rcv_wup', 'copied_seq'] as const) setTp(arena, sk, name, 0);
  setTp(arena, sk, 'advmss', mss);
  tcpSyncMss(call, sk, mss);
  const scaled = netSysctl(kernel, 'net.ipv4.tcp_window_scaling') !== 0;
  beginWindow(call, sk, selectInitialWindow(call, mss, scaled));
  beginId(call, sk);
  sendNew(call, sk, { seq: isn, bytes: new Uint8Array(0), syn: true, fin: false });
}

/**
 * Begins a connection.
 *
 * @param address of the peer, 4 or 16 bytes; an IPv6 socket takes both
 * @param source the route's source address, of the same length; a bound socket keeps its own
 * @param mss the route's MTU without headers; of Ethernet unless given
 * @kernel tcp_v4_connect, tcp_v6_connect
 */
export function tcpConnect(
  kernel: KernelCore,
  sk: number,
  address: Uint8Array,
  port: number,
  source: Uint8Array,
  mss = defaultMss(address.length === 16),
): SockAnswer {
  return answer(kernel, (call) => {
    const { arena } = kernel;
    const state = stateOf(arena, sk);
    if (state === TCP_SYN_SENT) return ERRNO.EALREADY;
    if (state !== TCP_CLOSE) return ERRNO.EISCONN;
    const v6 = skMember(arena, sk, 'sock_common', 'skc_family') === AF_INET6;
    if (source.length !== address.length || (address.length === 16 && !v6)) return ERRNO.EINVAL;
    const local = takeSource(arena, sk, source);
    const bound = kernel.world.sockets.records.get(sk)?.port ?? 0;
    const ends = { local, port: bound, remote: address, remotePort: port };
    const refused = inetHashConnect(kernel, sk, ends);
    if (refused !== 0) return refused;
    const all = { ...ends, port: skMember(arena, sk, 'sock_common', 'skc_num') };
    setEnds(arena, sk, all, { mapped: true, accepted: false });
    setSkMember(arena, sk, 'sock', 'sk_err', 0);
    setSkMember(arena, sk, 'sock', 'sk_shutdown', 0);
    setState(call, sk, TCP_SYN_SENT);
    setTable(kernel, withEstablished(kernel.world.sockets, ehashOf(arena, sk), sk));
    sendSyn(call, sk, all, mss);
    return 0;
  });
}

const WRITES: readonly number[] = [TCP_ESTABLISHED, TCP_CLOSE_WAIT];
const WAITS: readonly number[] = [TCP_SYN_SENT, TCP_SYN_RECV];

/** Bytes to be sent; before the connection is there they wait. @kernel tcp_sendmsg */
export function tcpSendmsg(kernel: KernelCore, sk: number, bytes: Uint8Array): SockAnswer {
  return answer(kernel, (call) => {
    const { arena } = kernel;
    const state = stateOf(arena, sk);
    const shut = (skMember(arena, sk, 'sock', 'sk_shutdown') & SEND_SHUTDOWN) !== 0;
    if (shut || (!WRITES.includes(state) && !WAITS.includes(state))) return ERRNO.EPIPE;
    if (bytes.length === 0) return 0;
    addTp(arena, sk, 'write_seq', bytes.length);
    changeLife(call, sk, { unsent: [...getLife(call, sk).unsent, bytes.slice()] });
    if (WRITES.includes(state)) tcpWriteXmit(call, sk);
    return 0;
  });
}

/** States after our side has closed, and whether a FIN is to go out. */
const CLOSE_STATE: Readonly<Record<number, number>> = {
  [TCP_ESTABLISHED]: TCP_FIN_WAIT1,
  [TCP_SYN_RECV]: TCP_FIN_WAIT1,
  [TCP_CLOSE_WAIT]: TCP_LAST_ACK,
};

/** @kernel tcp_close_state */
function closeState(call: SockCall, sk: number): void {
  const { arena } = call.kernel;
  const next = CLOSE_STATE[stateOf(arena, sk)];
  setSkMember(arena, sk, 'sock', 'sk_shutdown', skMember(arena, sk, 'sock', 'sk_shutdown') | SEND_SHUTDOWN);
  if (next === undefined) return;
  setState(call, sk, next);
  tcpSendFin(call, sk);
}

/** shutdown(2) of the writing side: half a close. @kernel tcp_shutdown */
export function tcpShutdown(kernel: KernelCore, sk: number): SockAnswer {
  return answer(kernel, (call) => {
    const state = stateOf(kernel.arena, sk);
    if (state === TCP_CLOSE || state === TCP_LISTEN || state === TCP_SYN_SENT) return ERRNO.ENOTCONN;
    closeState(call, sk);
    return 0;
  });
}

/** What waits for a listening socket that goes is gone too. @kernel inet_csk_listen_stop */
function listenStop(call: SockCall, sk: number): void {
  const { requests, acceptQueue } = getLife(call, sk);
  for (const req of [...(requests?.keys() ?? [])]) dropRequest(call, req);
  changeLife(call, sk, { acceptQueue: [] });
  for (const child of acceptQueue) abort(call, child);
}

/** @kernel tcp_need_reset */
const NEED_RESET: readonly number[] = [TCP_ESTABLISHED, TCP_CLOSE_WAIT, TCP_FIN_WAIT1, TCP_FIN_WAIT2, TCP_SYN_RECV];

function abort(call: SockCall, sk: number): void {
  const { arena } = call.kernel;
  const state = stateOf(arena, sk);
  sockOrphan(call, sk);
  if (NEED_RESET.includes(state)) tcpSendActiveReset(call, sk);
  if (state === TCP_CLOSE) destroySock(call, sk);
  else tcpDone(call, sk);
}

/** close(2). @kernel __tcp_close */
export function tcpClose(kernel: KernelCore, sk: number): SockAnswer {
  return answer(kernel, (call) => {
    const { arena } = kernel;
    const state = stateOf(arena, sk);
    sockOrphan(call, sk);
    if (state === TCP_LISTEN) {
      setState(call, sk, TCP_CLOSE);
      setTable(kernel, withoutHashed(kernel.world.sockets, sk));
      listenStop(call, sk);
      destroySock(call, sk);
    } else if (state === TCP_CLOSE) destroySock(call, sk);
    else if (state === TCP_SYN_SENT) tcpDone(call, sk);
    else if (state === TCP_FIN_WAIT2) tcpTimeWait(call, sk, TCP_FIN_WAIT2);
    else {
      setSkMember(arena, sk, 'sock', 'sk_shutdown', RCV_SHUTDOWN | SEND_SHUTDOWN);
      if (state !== TCP_CLOSING) closeState(call, sk);
    }
    return 0;
  });
}

/** The connection ends at once, the peer gets a RST. @kernel tcp_abort, tcp_disconnect */
export function tcpAbort(kernel: KernelCore, sk: number): SockAnswer {
  return answer(kernel, (call) => {
    abort(call, sk);
    return 0;
  });
}
