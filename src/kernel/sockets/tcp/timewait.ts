/** TIME_WAIT: a small socket in the place of a full one. */
import { setSkMember, skMember } from '../../../net/inetSock.ts';
import { LAYOUTS, offsetOf } from '../../../spec/layouts.ts';
import { netSysctl, type SockCall, setTable } from '../call.ts';
import { ehashOf, endsOf } from '../ends.ts';
import type { DropReason } from '../life.ts';
import { tcpOptions } from '../packet/options.ts';
import { ACK, FIN, RST, type Segment, SYN, seqCmp } from '../packet/segment.ts';
import { createSmall } from '../small.ts';
import { withEstablished, withPort } from '../table.ts';
import { destroySock, tcpDone } from './done.ts';
import { sendBare } from './output.ts';
import { tcpSendReset } from './reset.ts';
import { rxOpt, setAlarm, TCP_FIN_WAIT2, TCP_TIME_WAIT, tcpTimeStamp, tp } from './sock.ts';

const TIMEWAIT_LEN_NS = 60_000_000_000n;
const SECOND_NS = 1_000_000_000n;
const { skc_addrpair, skc_v6_daddr } = LAYOUTS.sock_common.members;
const COPIED = ['skc_reuse', 'skc_reuseport', 'skc_ipv6only', 'skc_bound_dev_if', 'skc_dport', 'skc_num'] as const;

/** The receive window as the last header showed it: in whole units of its scale. */
function shownWindow({ kernel }: SockCall, sk: number): number {
  const unit = 2 ** rxOpt(kernel.arena, sk, 'rcv_wscale');
  return Math.ceil(tp(kernel.arena, sk, 'rcv_wnd') / unit) * unit;
}

/** The socket becomes a small one in `substate` (TCP_TIME_WAIT or TCP_FIN_WAIT2) and is done. @kernel tcp_time_wait */
export function tcpTimeWait(call: SockCall, sk: number, substate: number): void {
  const { kernel } = call;
  const { arena } = kernel;
  const tw = createSmall(kernel, 'time_wait', skMember(arena, sk, 'sock_common', 'skc_family'));
  if (tw === 0) {
    tcpDone(call, sk);
    return;
  }
  for (const name of COPIED) setSkMember(arena, tw, 'sock_common', name, skMember(arena, sk, 'sock_common', name));
  arena.copy(tw + skc_addrpair[0], sk + skc_addrpair[0], 8);
  arena.copy(tw + skc_v6_daddr[0], sk + skc_v6_daddr[0], 32);
  setSkMember(arena, tw, 'sock_common', 'skc_tw_rcv_nxt', tp(arena, sk, 'rcv_nxt'));
  setSkMember(arena, tw, 'sock_common', 'skc_tw_snd_nxt', tp(arena, sk, 'snd_nxt'));
  setSkMember(arena, tw, 'inet_timewait_sock', 'tw_mark', skMember(arena, sk, 'sock', 'sk_mark'));
  setSkMember(arena, tw, 'inet_timewait_sock', 'tw_priority', skMember(arena, sk, 'sock', 'sk_priority'));
  setSkMember(arena, tw, 'inet_timewait_sock', 'tw_sport', skMember(arena, sk, 'inet_sock', 'inet_sport'));
  setSkMember(arena, tw, 'inet_timewait_sock', 'tw_substate', substate);
  setSkMember(arena, tw, 'inet_timewait_sock', 'tw_rcv_wscale', rxOpt(arena, sk, 'rcv_wscale'));
  setSkMember(arena, tw, 'tcp_timewait_sock', 'tw_rcv_wnd', shownWindow(call, sk));
  setSkMember(arena, tw, 'tcp_timewait_sock', 'tw_ts_recent', rxOpt(arena, sk, 'ts_recent'));
  // Without time stamps there is no time of the last one.
  const stamp = rxOpt(arena, sk, 'tstamp_ok') === 0 ? 0 : kernel.world.clock.sec;
  arena.setU64(tw + offsetOf('tcp_timewait_sock', 'tw_ts_recent_stamp'), stamp, 0);
  const hashed = withEstablished(kernel.world.sockets, ehashOf(arena, tw), tw);
  setTable(kernel, withPort(hashed, endsOf(arena, tw).port, tw));
  const fin = BigInt(netSysctl(kernel, 'net.ipv4.tcp_fin_timeout')) * SECOND_NS;
  setAlarm(call, tw, 'time_wait', substate === TCP_FIN_WAIT2 ? fin : TIMEWAIT_LEN_NS);
  tcpDone(call, sk);
}

/** @kernel tcp_v4_timewait_ack */
function timewaitAck(call: SockCall, tw: number): void {
  const { kernel } = call;
  const { arena } = kernel;
  const { local, port, remote, remotePort } = endsOf(arena, tw);
  const stamped = skMember(arena, tw, 'tcp_timewait_sock', 'tw_ts_recent_stamp') !== 0;
  const ecr = skMember(arena, tw, 'tcp_timewait_sock', 'tw_ts_recent');
  const window = skMember(arena, tw, 'tcp_timewait_sock', 'tw_rcv_wnd');
  sendBare(call, tw, {
    src: local,
    dst: remote,
    sport: port,
    dport: remotePort,
    seq: skMember(arena, tw, 'sock_common', 'skc_tw_snd_nxt'),
    ack: skMember(arena, tw, 'sock_common', 'skc_tw_rcv_nxt'),
    flags: ACK,
    window: Math.min(0xffff, window >>> skMember(arena, tw, 'inet_timewait_sock', 'tw_rcv_wscale')),
    options: tcpOptions({ sackOk: false, ...(stamped && { ts: { val: tcpTimeStamp(kernel), ecr } }) }),
  });
}

/** What a segment for a TIME_WAIT socket comes to; `isn`: a new connection may begin there, with that number. */
export interface TimewaitVerdict {
  readonly drop?: DropReason;
  readonly isn?: number;
}

const DROPPED: TimewaitVerdict = { drop: 'NOT_SPECIFIED' };

/** @kernel inet_twsk_deschedule_put */
export function killTimewait(call: SockCall, tw: number): void {
  destroySock(call, tw);
}

function again(call: SockCall, tw: number): void {
  setAlarm(call, tw, 'time_wait', TIMEWAIT_LEN_NS);
}

/** In substate FIN_WAIT2 the peer's FIN is waited for. */
function inFinWait2(call: SockCall, tw: number, seg: Segment, paws: boolean): TimewaitVerdict {
  const { arena } = call.kernel;
  const next = skMember(arena, tw, 'sock_common', 'skc_tw_rcv_nxt');
  const window = skMember(arena, tw, 'tcp_timewait_sock', 'tw_rcv_wnd');
  const inWindow = !seqCmp.before(seg.end, next) && !seqCmp.after(seg.seq, next + window);
  if (paws || !inWindow) {
    if ((seg.flags & RST) === 0) timewaitAck(call, tw);
    return DROPPED;
  }
  const reset = (): TimewaitVerdict => {
    tcpSendReset(call, seg);
    killTimewait(call, tw);
    return DROPPED;
  };
  if ((seg.flags & RST) !== 0) {
    killTimewait(call, tw);
    return DROPPED;
  }
  if ((seg.flags & SYN) !== 0 && !seqCmp.before(seg.seq, next)) return reset();
  if ((seg.flags & ACK) === 0 || !seqCmp.after(seg.end, next) || seg.end === seg.seq) return DROPPED;
  if ((seg.flags & FIN) === 0 || seg.end !== (next + 1) >>> 0) return reset();
  setSkMember(arena, tw, 'inet_timewait_sock', 'tw_substate', TCP_TIME_WAIT);
  setSkMember(arena, tw, 'sock_common', 'skc_tw_rcv_nxt', seg.end);
  if (seg.options.ts) setSkMember(arena, tw, 'tcp_timewait_sock', 'tw_ts_recent', seg.options.ts.val);
  again(call, tw);
  timewaitAck(call, tw);
  return {};
}

/** @kernel tcp_timewait_state_process */
export function tcpTimewaitStateProcess(call: SockCall, tw: number, seg: Segment): TimewaitVerdict {
  const { arena } = call.kernel;
  const { ts } = seg.options;
  const stamped = skMember(arena, tw, 'tcp_timewait_sock', 'tw_ts_recent_stamp') !== 0;
  const recent = skMember(arena, tw, 'tcp_timewait_sock', 'tw_ts_recent');
  const paws = stamped && ts !== undefined && (seg.flags & RST) === 0 && seqCmp.before(ts.val, recent);
  if (skMember(arena, tw, 'inet_timewait_sock', 'tw_substate') === TCP_FIN_WAIT2)
    return inFinWait2(call, tw, seg, paws);
  const next = skMember(arena, tw, 'sock_common', 'skc_tw_rcv_nxt');
  const reset = (seg.flags & RST) !== 0;
  if (!paws && seg.seq === next && (seg.seq === seg.end || reset)) {
    if (reset && netSysctl(call.kernel, 'net.ipv4.tcp_rfc1337') === 0) killTimewait(call, tw);
    else again(call, tw);
    return DROPPED;
  }
  const newer = seqCmp.after(seg.seq, next) || (stamped && ts !== undefined && seqCmp.before(recent, ts.val));
  if ((seg.flags & SYN) !== 0 && !reset && (seg.flags & ACK) === 0 && !paws && newer) {
    const isn = (skMember(arena, tw, 'sock_common', 'skc_tw_snd_nxt') + 65535 + 2) >>> 0;
    return { isn: isn === 0 ? 1 : isn };
  }
  if (reset) return DROPPED;
  if (paws || (seg.flags & ACK) !== 0) again(call, tw);
  timewaitAck(call, tw);
  return DROPPED;
}
