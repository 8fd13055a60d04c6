/** Passive opening: listening sockets, request sockets, and the connections that come of them. */
import { setSkMember, skMember } from '../../../net/inetSock.ts';
import { offsetOf } from '../../../spec/layouts.ts';
import { IntMap } from '../../../util/intMap.ts';
import { addRefs, changeLife, getLife, netSysctl, type SockCall, setTable } from '../call.ts';
import { type Ends, ehashOf, endsOf, setEnds } from '../ends.ts';
import type { DropReason } from '../life.ts';
import { tcpOptions } from '../packet/options.ts';
import { ACK, FIN, RST, type Segment, SYN, seqCmp } from '../packet/segment.ts';
import { createSmall } from '../small.ts';
import { withEstablished } from '../table.ts';
import { createChild } from './child.ts';
import { destroySock } from './done.ts';
import { tcpRcvConnected, tcpSegsIn } from './input.ts';
import { tcpInitSequence } from './isn.ts';
import { sendBare } from './output.ts';
import { tcpSendReset } from './reset.ts';
import { setAlarm, setState, TCP_SYN_RECV, tcpTimeStamp, timestampsOn } from './sock.ts';
import { selectInitialWindow } from './window.ts';

const { before, after } = seqCmp;
const TIMEOUT_NS = 1_000_000_000n;
const DEFAULT_MSS = 536;
const QLEN = offsetOf('inet_connection_sock', 'icsk_accept_queue') + offsetOf('request_sock_queue', 'qlen');

/** The listening socket of a request socket. */
function listenerOf({ kernel }: SockCall, req: number): number {
  return skMember(kernel.arena, req, 'sock_common', 'skc_listener');
}

/** @kernel sk_acceptq_is_full */
function acceptqIsFull({ kernel }: SockCall, sk: number): boolean {
  const { arena } = kernel;
  return skMember(arena, sk, 'sock', 'sk_ack_backlog') > skMember(arena, sk, 'sock', 'sk_max_ack_backlog');
}

/** Sends a SYN-ACK, for the first time or again. @kernel tcp_v4_send_synack, tcp_make_synack */
function sendSynack(call: SockCall, req: number): void {
  const { arena } = call.kernel;
  const { local, port, remote, remotePort } = endsOf(arena, req);
  const flag = (name: 'tstamp_ok' | 'sack_ok' | 'wscale_ok' | 'rcv_wscale'): number =>
    skMember(arena, req, 'inet_request_sock', name);
  const ts = { val: tcpTimeStamp(call.kernel), ecr: skMember(arena, req, 'request_sock', 'ts_recent') };
  const options = tcpOptions({
    mss: getLife(call, req).mss,
    sackOk: flag('sack_ok') !== 0,
    ...(flag('wscale_ok') && { wscale: flag('rcv_wscale') }),
    ...(flag('tstamp_ok') && { ts }),
  });
  const segment = {
    src: local,
    dst: remote,
    sport: port,
    dport: remotePort,
    seq: skMember(arena, req, 'tcp_request_sock', 'snt_isn'),
    ack: skMember(arena, req, 'tcp_request_sock', 'rcv_nxt'),
    flags: SYN | ACK,
    window: skMember(arena, req, 'sock_common', 'skc_rcv_wnd'),
    options,
  };
  sendBare(call, req, segment, 0, true);
}

/** Fills a request socket from the SYN. @kernel tcp_openreq_init */
function openreqInit(call: SockCall, req: number, sk: number, seg: Segment, mss: number, isn: number): void {
  const { kernel } = call;
  const { arena } = kernel;
  const { options } = seg;
  const stamps = options.ts !== undefined && timestampsOn(kernel);
  const scaled = options.wscale !== undefined && netSysctl(kernel, 'net.ipv4.tcp_window_scaling') !== 0;
  const flags = {
    tstamp_ok: stamps ? 1 : 0,
    sack_ok: options.sackOk && netSysctl(kernel, 'net.ipv4.tcp_sack') !== 0 ? 1 : 0,
    wscale_ok: scaled ? 1 : 0,
    snd_wscale: scaled ? options.wscale! : 0,
  } as const;
  for (const [name, value] of Object.entries(flags)) {
    setSkMember(arena, req, 'inet_request_sock', name as keyof typeof flags, value);
  }
  const { wnd, scale } = selectInitialWindow(call, mss, scaled);
  setSkMember(arena, req, 'inet_request_sock', 'rcv_wscale', scale);
  setSkMember(arena, req, 'inet_request_sock', 'ir_mark', skMember(arena, sk, 'sock', 'sk_mark'));
  setSkMember(arena, req, 'request_sock', 'mss', options.mss ?? DEFAULT_MSS);
  setSkMember(arena, req, 'request_sock', 'ts_recent', stamps ? options.ts!.val : 0);
  setSkMember(arena, req, 'request_sock', 'timeout', 250);
  setSkMember(arena, req, 'tcp_request_sock', 'rcv_isn', seg.seq);
  setSkMember(arena, req, 'tcp_request_sock', 'rcv_nxt', (seg.seq + 1) >>> 0);
  setSkMember(arena, req, 'tcp_request_sock', 'snt_isn', isn);
  setSkMember(arena, req, 'sock_common', 'skc_rcv_wnd', wnd);
  setSkMember(arena, req, 'sock_common', 'skc_window_clamp', 0xffff * 2 ** scale);
  changeLife(call, req, { mss });
  const only = skMember(arena, sk, 'sock_common', 'skc_ipv6only');
  setSkMember(arena, req, 'sock_common', 'skc_ipv6only', only);
  const device = skMember(arena, sk, 'sock_common', 'skc_bound_dev_if');
  setSkMember(arena, req, 'sock_common', 'skc_bound_dev_if', device);
  arena.setU64(req + offsetOf('sock_common', 'skc_listener'), sk, 0);
}

function changeRequests(call: SockCall, sk: number, req: number, add: boolean): void {
  const { arena } = call.kernel;
  const old: IntMap<true> = getLife(call, sk).requests ?? IntMap.EMPTY;
  const requests: IntMap<true> = add ? old.with(req, true as const) : old.without(req);
  changeLife(call, sk, { requests });
  arena.setU32(sk + QLEN, requests.size);
  addRefs(call.kernel, sk, add ? 1 : -1);
}

/** A SYN for a listening socket. @kernel tcp_conn_request */
function tcpConnRequest(call: SockCall, sk: number, seg: Segment, mss: number, isn?: number): DropReason | undefined {
  const { kernel } = call;
  const { arena } = kernel;
  const waiting = getLife(call, sk).requests?.size ?? 0;
  const full = waiting >= Math.max(1, skMember(arena, sk, 'sock', 'sk_max_ack_backlog'));
  const req =
    full || acceptqIsFull(call, sk)
      ? 0
      : createSmall(kernel, 'syn_recv', skMember(arena, sk, 'sock_common', 'skc_family'));
  if (req === 0) {
    setSkMember(arena, sk, 'sock', 'sk_drops', skMember(arena, sk, 'sock', 'sk_drops') + 1);
    return 'NOT_SPECIFIED';
  }
  const ends: Ends = { local: seg.ip.dst, port: seg.dport, remote: seg.ip.src, remotePort: seg.sport };
  setEnds(arena, req, ends, { mapped: true, accepted: true });
  openreqInit(call, req, sk, seg, mss, isn ?? tcpInitSequence(kernel, ends));
  setTable(kernel, withEstablished(kernel.world.sockets, ehashOf(arena, req), req));
  changeRequests(call, sk, req, true);
  sendSynack(call, req);
  setAlarm(call, req, 'request', TIMEOUT_NS);
  return undefined;
}

/** A segment for a listening socket; `isn` where it opens what was in TIME_WAIT. @kernel tcp_rcv_state_process */
export function tcpRcvListen(
  call: SockCall,
  sk: number,
  seg: Segment,
  mss: number,
  isn?: number,
): DropReason | undefined {
  if ((seg.flags & ACK) !== 0) {
    tcpSendReset(call, seg);
    return 'TCP_FLAGS';
  }
  if ((seg.flags & RST) !== 0) return 'TCP_RESET';
  if ((seg.flags & SYN) === 0 || (seg.flags & FIN) !== 0) return 'TCP_FLAGS';
  return tcpConnRequest(call, sk, seg, mss, isn);
}

/** The request comes to nothing. @kernel inet_csk_reqsk_queue_drop */
export function dropRequest(call: SockCall, req: number): void {
  const listener = listenerOf(call, req);
  if (listener !== 0) changeRequests(call, listener, req, false);
  destroySock(call, req);
}

/** The SYN-ACK again, or the end of the request; later each time. @kernel reqsk_timer_handler */
export function requestAlarm(call: SockCall, req: number): void {
  const { arena } = call.kernel;
  const tries = skMember(arena, req, 'request_sock', 'num_timeout');
  if (tries >= netSysctl(call.kernel, 'net.ipv4.tcp_synack_retries')) {
    dropRequest(call, req);
    return;
  }
  setSkMember(arena, req, 'request_sock', 'num_timeout', tries + 1);
  const resend = skMember(arena, req, 'inet_request_sock', 'acked') === 0;
  if (resend) {
    setSkMember(arena, req, 'request_sock', 'num_retrans', skMember(arena, req, 'request_sock', 'num_retrans') + 1);
    sendSynack(call, req);
  }
  setAlarm(call, req, 'request', TIMEOUT_NS << BigInt(tries + 1));
}

/** The last segment of the handshake makes a socket of the request. @kernel tcp_v4_syn_recv_sock, inet_csk_complete_hashdance */
function synRecvSock(call: SockCall, req: number, listener: number, seg: Segment): DropReason | undefined {
  const { kernel } = call;
  const { arena } = kernel;
  const child = acceptqIsFull(call, listener) ? 0 : createChild(call, req, listener, seg);
  if (child === 0) {
    // The peer believes that it is connected: its next segment tries again. @kernel tcp_check_req (listen_overflow)
    setSkMember(arena, req, 'inet_request_sock', 'acked', 1);
    setSkMember(arena, listener, 'sock', 'sk_drops', skMember(arena, listener, 'sock', 'sk_drops') + 1);
    return 'NOT_SPECIFIED';
  }
  dropRequest(call, req);
  setTable(kernel, withEstablished(kernel.world.sockets, ehashOf(arena, child), child));
  setState(call, child, TCP_SYN_RECV);
  const { acceptQueue } = getLife(call, listener);
  changeLife(call, listener, { acceptQueue: [...acceptQueue, child] });
  setSkMember(arena, listener, 'sock', 'sk_ack_backlog', acceptQueue.length + 1);
  tcpSegsIn(call, child, seg);
  const at = call.effects.length;
  const drop = tcpRcvConnected(call, child, seg);
  // The connection is there before its first bytes are.
  const opened = call.effects.findIndex((e, i) => i >= at && e.kind === 'state' && e.sk === child);
  call.effects.splice(opened < 0 ? at : opened + 1, 0, { kind: 'child', listener, sk: child });
  return drop;
}

/** A segment for a request socket. @kernel tcp_check_req */
export function tcpCheckReq(call: SockCall, req: number, seg: Segment): DropReason | undefined {
  const { arena } = call.kernel;
  const { flags, options } = seg;
  const isn = skMember(arena, req, 'tcp_request_sock', 'rcv_isn');
  const next = skMember(arena, req, 'tcp_request_sock', 'rcv_nxt');
  const sent = skMember(arena, req, 'tcp_request_sock', 'snt_isn');
  const listener = listenerOf(call, req);
  const stamps = skMember(arena, req, 'inet_request_sock', 'tstamp_ok') !== 0;
  const recent = skMember(arena, req, 'request_sock', 'ts_recent');
  const paws = stamps && options.ts !== undefined && (flags & RST) === 0 && before(options.ts.val, recent);
  if (seg.seq === isn && (flags & (RST | SYN | ACK)) === SYN && !paws) {
    sendSynack(call, req);
    return undefined;
  }
  if ((flags & ACK) !== 0 && seg.ack !== (sent + 1) >>> 0) {
    tcpSendReset(call, seg);
    return (flags & RST) !== 0 ? 'TCP_RESET' : 'TCP_FLAGS';
  }
  const window = skMember(arena, req, 'sock_common', 'skc_rcv_wnd');
  const inWindow = !before(seg.end, next) && !after(seg.seq, (next + window) >>> 0);
  if (paws || !inWindow) {
    if ((flags & RST) === 0) reqskSendAck(call, req, sent, next);
    return paws ? 'TCP_RFC7323_PAWS' : 'NOT_SPECIFIED';
  }
  if (stamps && options.ts && !after(seg.seq, next)) {
    setSkMember(arena, req, 'request_sock', 'ts_recent', options.ts.val);
  }
  const syn = (flags & SYN) !== 0 && seg.seq !== isn;
  if ((flags & RST) !== 0 || syn) {
    tcpSendReset(call, seg);
    dropRequest(call, req);
    return (flags & RST) !== 0 ? 'TCP_RESET' : 'TCP_INVALID_SYN';
  }
  if ((flags & ACK) === 0) return 'TCP_FLAGS';
  return listener === 0 ? 'SOCKET_CLOSE' : synRecvSock(call, req, listener, seg);
}

/** @kernel tcp_v4_reqsk_send_ack */
function reqskSendAck(call: SockCall, req: number, sent: number, next: number): void {
  const { arena } = call.kernel;
  const { local, port, remote, remotePort } = endsOf(arena, req);
  const stamps = skMember(arena, req, 'inet_request_sock', 'tstamp_ok') !== 0;
  const ecr = skMember(arena, req, 'request_sock', 'ts_recent');
  const scale = skMember(arena, req, 'inet_request_sock', 'rcv_wscale');
  sendBare(call, req, {
    src: local,
    dst: remote,
    sport: port,
    dport: remotePort,
    seq: (sent + 1) >>> 0,
    ack: next,
    flags: ACK,
    window: skMember(arena, req, 'sock_common', 'skc_rcv_wnd') >>> scale,
    options: tcpOptions({ sackOk: false, ...(stamps && { ts: { val: tcpTimeStamp(call.kernel), ecr } }) }),
  });
}
