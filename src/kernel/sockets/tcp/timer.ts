/** Alarms of TCP sockets. */
import { setSkMember, skMember, sockFlag } from '../../../net/inetSock.ts';
import { ERRNO } from '../../../spec/errno.ts';
import type { KernelCore } from '../../core.ts';
import { getLife, netSysctl, type SockCall } from '../call.ts';
import type { SockAlarm, SockEffect } from '../life.ts';
import { tcpEnterLoss } from './ack.ts';
import { tcpDoneWithError } from './done.ts';
import { rtoNs, tcpRetransmitSkb, tcpXmitProbe } from './output.ts';
import { requestAlarm } from './request.ts';
import { addTp, alarmCounts, SOCK_DEAD, setAlarm, stateOf, TCP_CLOSE, TCP_SYN_RECV, TCP_SYN_SENT, tp } from './sock.ts';
import { killTimewait } from './timewait.ts';

/** 120 seconds in ticks. */
const RTO_MAX = 30000;
/** Tries of a socket that nobody holds. @kernel tcp_orphan_retries */
const ORPHAN_RETRIES = 8;

function tryLimit({ kernel }: SockCall, sk: number): number {
  const { arena } = kernel;
  const state = stateOf(arena, sk);
  if (state === TCP_SYN_SENT || state === TCP_SYN_RECV) {
    const own = skMember(arena, sk, 'inet_connection_sock', 'icsk_syn_retries');
    const linear = state === TCP_SYN_SENT ? netSysctl(kernel, 'net.ipv4.tcp_syn_linear_timeouts') : 0;
    return (own || netSysctl(kernel, 'net.ipv4.tcp_syn_retries')) + linear;
  }
  if (sockFlag(arena, sk, SOCK_DEAD)) return netSysctl(kernel, 'net.ipv4.tcp_orphan_retries') || ORPHAN_RETRIES;
  return netSysctl(kernel, 'net.ipv4.tcp_retries2');
}

/** @kernel tcp_retransmit_timer, tcp_probe_timer */
function retransmitTimer(call: SockCall, sk: number): void {
  const { kernel } = call;
  const { arena } = kernel;
  const { sent, unsent, finWaits } = getLife(call, sk);
  const idle = sent.length === 0 && unsent.length === 0 && !finWaits;
  if (stateOf(arena, sk) === TCP_CLOSE || idle) return;
  const icsk = (name: 'icsk_retransmits' | 'icsk_rto' | 'icsk_backoff'): number =>
    skMember(arena, sk, 'inet_connection_sock', name);
  const tries = icsk('icsk_retransmits');
  if (tries >= tryLimit(call, sk)) {
    tcpDoneWithError(call, sk, ERRNO.ETIMEDOUT);
    return;
  }
  setSkMember(arena, sk, 'inet_connection_sock', 'icsk_retransmits', tries + 1);
  addTp(arena, sk, 'total_rto', 1);
  const linear = netSysctl(kernel, 'net.ipv4.tcp_syn_linear_timeouts');
  if (stateOf(arena, sk) !== TCP_SYN_SENT || tp(arena, sk, 'total_rto') > linear) {
    setSkMember(arena, sk, 'inet_connection_sock', 'icsk_backoff', icsk('icsk_backoff') + 1);
    setSkMember(arena, sk, 'inet_connection_sock', 'icsk_rto', Math.min(RTO_MAX, icsk('icsk_rto') * 2));
  }
  if (sent.length === 0) tcpXmitProbe(call, sk);
  else {
    tcpEnterLoss(call, sk);
    tcpRetransmitSkb(call, sk);
  }
  setAlarm(call, sk, 'retransmit', rtoNs(call, sk));
}

const HANDLERS: Readonly<Record<SockAlarm, (call: SockCall, sk: number) => void>> = {
  retransmit: retransmitTimer,
  request: requestAlarm,
  time_wait: killTimewait,
};

/** An alarm that was asked for; one that came to nothing since, or too early, does nothing. The socket must be there. */
export function tcpAlarm(kernel: KernelCore, sk: number, what: SockAlarm): readonly SockEffect[] {
  const effects: SockEffect[] = [];
  const call = { kernel, effects };
  if (alarmCounts(call, sk, what)) HANDLERS[what](call, sk);
  return effects;
}
