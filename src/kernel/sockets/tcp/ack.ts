/** Acknowledgements that come in, and the oldest segments that they take away. */
import { setSkMember, skMember } from '../../../net/inetSock.ts';
import { clockJiffies } from '../../clock.ts';
import { changeLife, getLife, netSysctl, type SockCall } from '../call.ts';
import type { DropReason, SentSegment } from '../life.ts';
import { type Segment, SYN, seqCmp } from '../packet/segment.ts';
import { rtoNs, tcpRetransmitSkb, tcpSendAck } from './output.ts';
import { addTp, addTp64, clearAlarm, rxOpt, setAlarm, setRxOpt, setTp, tp } from './sock.ts';

const { before, after } = seqCmp;
const TCP_CA_LOSS = 4;
const MS_PER_TICK = 4;
/** One second in ticks. */
const TIMEOUT_INIT = 250;

/** Was such an answer sent only just now? Two sides that disagree would else answer each other for ever. @kernel __tcp_oow_rate_limited */
function oowRateLimited({ kernel }: SockCall, sk: number): boolean {
  const { arena, world } = kernel;
  const last = tp(arena, sk, 'last_oow_ack_time');
  const now = clockJiffies(world.clock)[0];
  const limit = netSysctl(kernel, 'net.ipv4.tcp_invalid_ratelimit') / MS_PER_TICK;
  const elapsed = (now - last) | 0;
  if (last !== 0 && elapsed >= 0 && elapsed < limit) return true;
  setTp(arena, sk, 'last_oow_ack_time', now);
  return false;
}

/** @kernel tcp_send_challenge_ack */
export function tcpSendChallengeAck(call: SockCall, sk: number): void {
  if (!oowRateLimited(call, sk)) tcpSendAck(call, sk);
}

/** Tells a peer that is wrong where we are. @kernel tcp_send_dupack */
export function tcpSendDupack(call: SockCall, sk: number, seg: Segment): void {
  const bare = seg.data.length === 0 || (seg.flags & SYN) !== 0;
  if (!bare || !oowRateLimited(call, sk)) tcpSendAck(call, sk);
}

/** Is the segment's time stamp older than one that we have seen? @kernel tcp_paws_discard */
export function pawsDiscard({ kernel }: SockCall, sk: number, { options: { ts } }: Segment): boolean {
  if (!ts || rxOpt(kernel.arena, sk, 'tstamp_ok') === 0) return false;
  return before(ts.val, rxOpt(kernel.arena, sk, 'ts_recent'));
}

/** @kernel tcp_replace_ts_recent */
function replaceTsRecent(call: SockCall, sk: number, seg: Segment): void {
  const { arena, world } = call.kernel;
  const { ts } = seg.options;
  if (!ts || rxOpt(arena, sk, 'tstamp_ok') === 0 || after(seg.seq, tp(arena, sk, 'rcv_wup'))) return;
  if (before(ts.val, rxOpt(arena, sk, 'ts_recent'))) return;
  setRxOpt(arena, sk, 'ts_recent', ts.val);
  setRxOpt(arena, sk, 'ts_recent_stamp', world.clock.sec);
}

/** @kernel tcp_ack_update_window */
function ackUpdateWindow({ kernel }: SockCall, sk: number, seg: Segment): void {
  const { arena } = kernel;
  const window = seg.window * ((seg.flags & SYN) === 0 ? 2 ** rxOpt(arena, sk, 'snd_wscale') : 1);
  const newer =
    after(seg.ack, tp(arena, sk, 'snd_una')) ||
    after(seg.seq, tp(arena, sk, 'snd_wl1')) ||
    (seg.seq === tp(arena, sk, 'snd_wl1') && (window > tp(arena, sk, 'snd_wnd') || window === 0));
  if (!newer) return;
  setTp(arena, sk, 'snd_wl1', seg.seq);
  setTp(arena, sk, 'snd_wnd', window);
  setTp(arena, sk, 'max_window', Math.max(window, tp(arena, sk, 'max_window')));
}

/** What is left of a sent segment when everything before `ack` has arrived. */
function restOf(segment: SentSegment, ack: number): SentSegment | undefined {
  const { seq, bytes, syn, fin } = segment;
  const end = (seq + bytes.length + (syn ? 1 : 0) + (fin ? 1 : 0)) >>> 0;
  if (!before(ack, end)) return undefined;
  if (!after(ack, seq)) return segment;
  const gone = ((ack - seq) >>> 0) - (syn ? 1 : 0);
  return { seq: ack, bytes: bytes.subarray(gone), syn: false, fin };
}

/** The timer begins anew, or ends when nothing is under way. @kernel tcp_rearm_rto */
function rearmRto(call: SockCall, sk: number): void {
  const { arena } = call.kernel;
  setSkMember(arena, sk, 'inet_connection_sock', 'icsk_backoff', 0);
  setSkMember(arena, sk, 'inet_connection_sock', 'icsk_retransmits', 0);
  setSkMember(arena, sk, 'inet_connection_sock', 'icsk_rto', TIMEOUT_INIT);
  if (getLife(call, sk).sent.length === 0) clearAlarm(call, sk);
  else setAlarm(call, sk, 'retransmit', rtoNs(call, sk));
}

/** Takes acknowledged segments off the queue. @kernel tcp_clean_rtx_queue */
export function cleanRtxQueue(call: SockCall, sk: number, ack: number): void {
  const { arena } = call.kernel;
  const una = tp(arena, sk, 'snd_una');
  const sent = getLife(call, sk).sent.flatMap((segment) => restOf(segment, ack) ?? []);
  changeLife(call, sk, { sent });
  addTp64(arena, sk, 'bytes_acked', (ack - una) >>> 0);
  addTp(arena, sk, 'delivered', Math.max(0, tp(arena, sk, 'packets_out') - sent.length));
  setTp(arena, sk, 'packets_out', sent.length);
  setTp(arena, sk, 'snd_una', ack);
  rearmRto(call, sk);
  if (skMember(arena, sk, 'inet_connection_sock', 'icsk_ca_state') !== TCP_CA_LOSS) return;
  // What was under way when the timer ran out is taken for lost: it goes out again, one with each acknowledgement.
  if (before(ack, tp(arena, sk, 'high_seq'))) tcpRetransmitSkb(call, sk);
  else setSkMember(arena, sk, 'inet_connection_sock', 'icsk_ca_state', 0);
}

/** @kernel tcp_enter_loss */
export function tcpEnterLoss({ kernel }: SockCall, sk: number): void {
  setSkMember(kernel.arena, sk, 'inet_connection_sock', 'icsk_ca_state', TCP_CA_LOSS);
  setTp(kernel.arena, sk, 'high_seq', tp(kernel.arena, sk, 'snd_nxt'));
}

/** Takes an acknowledgement in; the reason to drop the segment where it cannot be one. @kernel tcp_ack */
export function tcpAck(call: SockCall, sk: number, seg: Segment): DropReason | undefined {
  const { arena } = call.kernel;
  const una = tp(arena, sk, 'snd_una');
  if (before(seg.ack, una)) {
    if (before(seg.ack, (una - tp(arena, sk, 'max_window')) >>> 0)) {
      tcpSendChallengeAck(call, sk);
      return 'TCP_TOO_OLD_ACK';
    }
    return undefined;
  }
  if (after(seg.ack, tp(arena, sk, 'snd_nxt'))) return 'TCP_ACK_UNSENT_DATA';
  replaceTsRecent(call, sk, seg);
  ackUpdateWindow(call, sk, seg);
  if (seg.ack !== una) cleanRtxQueue(call, sk, seg.ack);
  // The peer's answer to a probe: it is still there.
  else if (getLife(call, sk).sent.length === 0 && tp(arena, sk, 'snd_wnd') > 0) clearAlarm(call, sk);
  return undefined;
}

/** Is the segment inside of what we wait for? @kernel tcp_sequence */
export function tcpSequence({ kernel }: SockCall, sk: number, seg: Segment): DropReason | undefined {
  const { arena } = kernel;
  const wup = tp(arena, sk, 'rcv_wup');
  if (before(seg.end, wup)) return 'TCP_OLD_SEQUENCE';
  return after(seg.seq, (wup + tp(arena, sk, 'rcv_wnd')) >>> 0) ? 'TCP_INVALID_SEQUENCE' : undefined;
}
