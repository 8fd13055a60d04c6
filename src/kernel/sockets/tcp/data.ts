/** Bytes that come in. */
import { setSkMember, skMember, sockFlag } from '../../../net/inetSock.ts';
import { changeLife, getLife, type SockCall } from '../call.ts';
import type { DropReason, Piece } from '../life.ts';
import { FIN, type Segment, seqCmp } from '../packet/segment.ts';
import { tcpSendAck } from './output.ts';
import {
  addTp,
  addTp64,
  RCV_SHUTDOWN,
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
  TCP_SYN_RECV,
  TCP_TIME_WAIT,
  tp,
} from './sock.ts';
import { tcpTimeWait } from './timewait.ts';

const { before, after } = seqCmp;

const endOf = ({ seq, bytes, fin }: Piece): number => (seq + bytes.length + (fin ? 1 : 0)) >>> 0;

/** The peer has sent its last byte. @kernel tcp_fin */
function tcpFin(call: SockCall, sk: number): void {
  const { arena } = call.kernel;
  setSkMember(arena, sk, 'sock', 'sk_shutdown', skMember(arena, sk, 'sock', 'sk_shutdown') | RCV_SHUTDOWN);
  changeLife(call, sk, { early: [] });
  if (!sockFlag(arena, sk, SOCK_DEAD)) call.effects.push({ kind: 'end', sk });
  switch (stateOf(arena, sk)) {
    case TCP_SYN_RECV:
    case TCP_ESTABLISHED:
      setState(call, sk, TCP_CLOSE_WAIT);
      return;
    case TCP_FIN_WAIT1:
      // Both sides have closed at the same time.
      tcpSendAck(call, sk);
      setState(call, sk, TCP_CLOSING);
      return;
    case TCP_FIN_WAIT2:
      tcpSendAck(call, sk);
      tcpTimeWait(call, sk, TCP_TIME_WAIT);
      return;
    default:
  }
}

/** Hands over what of a piece is new. @kernel tcp_rcv_nxt_update */
function deliver(call: SockCall, sk: number, piece: Piece): void {
  const { arena } = call.kernel;
  const next = tp(arena, sk, 'rcv_nxt');
  const bytes = piece.bytes.slice((next - piece.seq) >>> 0);
  const end = endOf(piece);
  addTp64(arena, sk, 'bytes_received', (end - next) >>> 0);
  setTp(arena, sk, 'rcv_nxt', end);
  // The application reads at once.
  addTp(arena, sk, 'copied_seq', bytes.length);
  if (bytes.length > 0) call.effects.push({ kind: 'data', sk, bytes });
  if (piece.fin) tcpFin(call, sk);
}

/** @kernel tcp_ofo_queue */
function ofoQueue(call: SockCall, sk: number): void {
  for (;;) {
    const { early } = getLife(call, sk);
    const next = tp(call.kernel.arena, sk, 'rcv_nxt');
    const [first, ...rest] = early;
    if (!first || after(first.seq, next)) return;
    changeLife(call, sk, { early: rest });
    if (after(endOf(first), next)) deliver(call, sk, first);
  }
}

/** Keeps a piece that came too early; one that covers others takes their place. @kernel tcp_data_queue_ofo */
function keep(call: SockCall, sk: number, piece: Piece): void {
  const { early } = getLife(call, sk);
  const covers = (a: Piece, b: Piece): boolean => !after(a.seq, b.seq) && !before(endOf(a), endOf(b));
  addTp(call.kernel.arena, sk, 'rcv_ooopack', 1);
  if (early.some((e) => covers(e, piece))) return;
  const kept = [...early.filter((e) => !covers(piece, e)), piece];
  changeLife(call, sk, { early: kept.sort((a, b) => (a.seq - b.seq) | 0) });
}

/** @kernel tcp_data_queue */
export function tcpDataQueue(call: SockCall, sk: number, seg: Segment): DropReason | undefined {
  const { arena } = call.kernel;
  if (seg.seq === seg.end) return undefined;
  const next = tp(arena, sk, 'rcv_nxt');
  const window = tp(arena, sk, 'rcv_wnd');
  const drop = (reason: DropReason): DropReason => {
    tcpSendAck(call, sk);
    return reason;
  };
  if (!after(seg.end, next)) return drop('TCP_OLD_DATA');
  if (!before(seg.seq, (next + window) >>> 0)) return drop(window === 0 ? 'TCP_ZEROWINDOW' : 'TCP_OVERWINDOW');
  const piece = { seq: seg.seq, bytes: seg.data, fin: (seg.flags & FIN) !== 0 };
  if (after(seg.seq, next)) {
    keep(call, sk, piece);
    tcpSendAck(call, sk);
    return undefined;
  }
  deliver(call, sk, piece);
  ofoQueue(call, sk);
  // Where the FIN was answered already, or the socket is gone, nothing is left to acknowledge.
  const acked = tp(arena, sk, 'rcv_wup') === tp(arena, sk, 'rcv_nxt');
  if (!acked && stateOf(arena, sk) !== TCP_CLOSE) tcpSendAck(call, sk);
  return undefined;
}
