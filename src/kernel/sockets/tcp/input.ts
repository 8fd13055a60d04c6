/** Segments for sockets that have a connection. */
import { setSkMember, skMember, sockFlag } from '../../../net/inetSock.ts';
import { getLife, type SockCall } from '../call.ts';
import type { DropReason } from '../life.ts';
import { ACK, FIN, RST, type Segment, SYN, seqCmp } from '../packet/segment.ts';
import { pawsDiscard, tcpAck, tcpSendChallengeAck, tcpSendDupack, tcpSequence } from './ack.ts';
import { tcpDataQueue } from './data.ts';
import { tcpDone, tcpReset } from './done.ts';
import { tcpWriteXmit } from './output.ts';
import { tcpSendReset } from './reset.ts';
import {
  addTp,
  RCV_SHUTDOWN,
  rxOpt,
  SEND_SHUTDOWN,
  SOCK_DEAD,
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
  TCP_SYN_RECV,
  TCP_TIME_WAIT,
  tp,
} from './sock.ts';
import { tcpTimeWait } from './timewait.ts';

const { before, after } = seqCmp;

/** @kernel tcp_segs_in */
export function tcpSegsIn({ kernel }: SockCall, sk: number, seg: Segment): void {
  addTp(kernel.arena, sk, 'segs_in', 1);
  if (seg.data.length > 0) addTp(kernel.arena, sk, 'data_segs_in', 1);
}

/** The other half of a SYN that crossed ours, in SYN_RECV. */
function isCrossedSynAck(call: SockCall, sk: number, seg: Segment): boolean {
  const { arena } = call.kernel;
  return (
    stateOf(arena, sk) === TCP_SYN_RECV &&
    (seg.flags & ACK) !== 0 &&
    (seg.seq + 1) >>> 0 === seg.end &&
    seg.end === tp(arena, sk, 'rcv_nxt') &&
    seg.ack === tp(arena, sk, 'snd_nxt')
  );
}

/** Time stamp, sequence number, RST and SYN. @kernel tcp_validate_incoming */
function tcpValidateIncoming(call: SockCall, sk: number, seg: Segment): DropReason | undefined {
  const { arena } = call.kernel;
  const rst = (seg.flags & RST) !== 0;
  const syn = (seg.flags & SYN) !== 0;
  if (!rst && pawsDiscard(call, sk, seg)) {
    if (syn) tcpSendChallengeAck(call, sk);
    else tcpSendDupack(call, sk, seg);
    return 'TCP_RFC7323_PAWS';
  }
  const outside = tcpSequence(call, sk, seg);
  if (outside) {
    if (!rst && syn && !isCrossedSynAck(call, sk, seg)) tcpSendChallengeAck(call, sk);
    else if (!rst) tcpSendDupack(call, sk, seg);
    return outside;
  }
  if (rst) {
    if (seg.seq === tp(arena, sk, 'rcv_nxt')) tcpReset(call, sk);
    else tcpSendChallengeAck(call, sk);
    return 'TCP_RESET';
  }
  if (syn && !isCrossedSynAck(call, sk, seg)) {
    tcpSendChallengeAck(call, sk);
    return 'TCP_INVALID_SYN';
  }
  return undefined;
}

/** The handshake is done. */
function becomeEstablished(call: SockCall, sk: number, seg: Segment): void {
  const { arena } = call.kernel;
  setState(call, sk, TCP_ESTABLISHED);
  setTp(arena, sk, 'snd_wnd', seg.window * (seg.flags & SYN ? 1 : 2 ** rxOpt(arena, sk, 'snd_wscale')));
  setTp(arena, sk, 'snd_wl1', seg.seq);
  setTp(arena, sk, 'copied_seq', tp(arena, sk, 'rcv_nxt'));
}

/** Our FIN may have been acknowledged. Answers what is left: nothing more to do with the segment, and why. */
function finAcked(call: SockCall, sk: number, seg: Segment): { readonly done: boolean; readonly drop?: DropReason } {
  const { arena } = call.kernel;
  const acked = tp(arena, sk, 'snd_una') === tp(arena, sk, 'write_seq');
  const state = stateOf(arena, sk);
  if (!acked) return { done: false };
  if (state === TCP_CLOSING) {
    tcpTimeWait(call, sk, TCP_TIME_WAIT);
    return { done: true };
  }
  if (state === TCP_LAST_ACK) {
    tcpDone(call, sk);
    return { done: true };
  }
  if (state !== TCP_FIN_WAIT1) return { done: false };
  setState(call, sk, TCP_FIN_WAIT2);
  setSkMember(arena, sk, 'sock', 'sk_shutdown', skMember(arena, sk, 'sock', 'sk_shutdown') | SEND_SHUTDOWN);
  if (!sockFlag(arena, sk, SOCK_DEAD)) return { done: false };
  if (dataAfterClose(call, sk, seg)) {
    tcpDone(call, sk);
    return { done: true, drop: 'TCP_ABORT_ON_DATA' };
  }
  // With the FIN in the same segment the full socket goes through TIME_WAIT itself.
  if ((seg.flags & FIN) !== 0) return { done: false };
  tcpTimeWait(call, sk, TCP_FIN_WAIT2);
  return { done: true };
}

/** Bytes for an application that is gone. */
function dataAfterClose({ kernel }: SockCall, sk: number, seg: Segment): boolean {
  const next = tp(kernel.arena, sk, 'rcv_nxt');
  const dataEnd = (seg.end - (seg.flags & FIN)) >>> 0;
  return seg.seq !== seg.end && after(dataEnd, next);
}

/** Does the segment end the handshake? Of an accepted connection the SYN counts as acknowledged already. */
function acksSyn(call: SockCall, sk: number, { ack }: Segment): boolean {
  const { arena } = call.kernel;
  const una = tp(arena, sk, 'snd_una');
  const first = getLife(call, sk).sent[0]?.syn ? (una + 1) >>> 0 : una;
  return !before(ack, first) && !after(ack, tp(arena, sk, 'snd_nxt'));
}

/** @kernel tcp_rcv_established, tcp_rcv_state_process */
export function tcpRcvConnected(call: SockCall, sk: number, seg: Segment): DropReason | undefined {
  const { arena } = call.kernel;
  const invalid = tcpValidateIncoming(call, sk, seg);
  if (invalid) return invalid;
  if ((seg.flags & ACK) === 0) return 'TCP_FLAGS';
  const began = stateOf(arena, sk);
  if (began === TCP_SYN_RECV && !acksSyn(call, sk, seg)) {
    tcpSendReset(call, seg);
    return 'TCP_OLD_ACK';
  }
  const refused = tcpAck(call, sk, seg);
  if (refused) {
    if (began !== TCP_ESTABLISHED && refused !== 'TCP_TOO_OLD_ACK') tcpSendChallengeAck(call, sk);
    return refused;
  }
  if (began === TCP_SYN_RECV) becomeEstablished(call, sk, seg);
  const fin = finAcked(call, sk, seg);
  if (fin.drop) tcpSendReset(call, seg);
  if (fin.done) return fin.drop;
  const state = stateOf(arena, sk);
  const closing = state === TCP_CLOSE_WAIT || state === TCP_CLOSING || state === TCP_LAST_ACK;
  let drop: DropReason | undefined;
  const finWait = state === TCP_FIN_WAIT1 || state === TCP_FIN_WAIT2;
  const deaf = (skMember(arena, sk, 'sock', 'sk_shutdown') & RCV_SHUTDOWN) !== 0;
  if (finWait && deaf && dataAfterClose(call, sk, seg)) {
    // RFC 1122: what nobody will ever read is answered by a RST.
    tcpSendReset(call, seg);
    tcpReset(call, sk);
    return 'TCP_ABORT_ON_DATA';
  }
  if (!closing || before(seg.seq, tp(arena, sk, 'rcv_nxt'))) drop = tcpDataQueue(call, sk, seg);
  const now = stateOf(arena, sk);
  // A FIN that came before the bytes in front of it: nobody is there to read them.
  if (now === TCP_FIN_WAIT2 && sockFlag(arena, sk, SOCK_DEAD)) tcpTimeWait(call, sk, TCP_FIN_WAIT2);
  else if (now !== TCP_CLOSE) tcpWriteXmit(call, sk);
  return drop;
}
