/** What TCP sockets send. */
import { setSkMember, skMember } from '../../../net/inetSock.ts';
import { UAPI } from '../../../spec/constants.ts';
import { changeLife, getLife, netSysctl, type SockCall } from '../call.ts';
import { endsOf } from '../ends.ts';
import type { SentSegment } from '../life.ts';
import { ipPacket } from '../packet/ip.ts';
import { type TcpOptions, tcpOptions } from '../packet/options.ts';
import { ACK, FIN, PSH, RST, type SegmentSpec, SYN, segmentBytes, seqCmp } from '../packet/segment.ts';
import {
  addTp,
  addTp64,
  rxOpt,
  setAlarm,
  setTp,
  stateOf,
  TCP_SYN_RECV,
  TICK_NS,
  tcpTimeStamp,
  timestampsOn,
  tp,
} from './sock.ts';

const { IPPROTO_TCP } = UAPI;
const MAX_WINDOW = 0xffff;
const TCP_NAGLE_OFF = 1;

/** The hop limit of packets of this kernel. */
export function defaultTtl(call: SockCall, v6: boolean): number {
  return v6 ? (call.kernel.world.net.inet6.all.hop_limit ?? 64) : netSysctl(call.kernel, 'net.ipv4.ip_default_ttl');
}

/** The next IPv4 identification of a connected socket. @kernel ip_select_ident_segs */
export function nextId({ kernel }: SockCall, sk: number): number {
  const id = skMember(kernel.arena, sk, 'inet_sock', 'inet_id');
  setSkMember(kernel.arena, sk, 'inet_sock', 'inet_id', (id + 1) & 0xffff);
  return id & 0xffff;
}

/** Sends a segment that belongs to no full socket: a RST, or an answer of a small one. @kernel ip_send_unicast_reply */
export function sendBare(call: SockCall, sk: number, spec: SegmentSpec, tos = 0, carried = false): void {
  const ttl = defaultTtl(call, spec.src.length === 16);
  const header = { src: spec.src, dst: spec.dst, protocol: IPPROTO_TCP, ttl, tos, id: 0, df: true };
  call.effects.push({ kind: 'send', sk, packet: ipPacket(header, segmentBytes(spec)), ...(carried && { carried }) });
}

/** The window that a header shows. @kernel tcp_select_window */
function advertised(call: SockCall, sk: number, syn: boolean): number {
  const { arena } = call.kernel;
  const window = tp(arena, sk, 'rcv_wnd');
  const scale = syn ? 0 : rxOpt(arena, sk, 'rcv_wscale');
  return Math.min(MAX_WINDOW, Math.ceil(window / 2 ** scale));
}

/** The options of a SYN of an active opener. @kernel tcp_syn_options */
function synOptions(call: SockCall, sk: number): TcpOptions {
  const { kernel } = call;
  const { arena } = kernel;
  const reply = stateOf(arena, sk) === TCP_SYN_RECV;
  const ts = reply ? rxOpt(arena, sk, 'tstamp_ok') !== 0 : timestampsOn(kernel);
  const scaled = reply ? rxOpt(arena, sk, 'wscale_ok') !== 0 : netSysctl(kernel, 'net.ipv4.tcp_window_scaling') !== 0;
  return {
    mss: tp(arena, sk, 'advmss'),
    sackOk: reply ? rxOpt(arena, sk, 'sack_ok') !== 0 : netSysctl(kernel, 'net.ipv4.tcp_sack') !== 0,
    ...(scaled && { wscale: rxOpt(arena, sk, 'rcv_wscale') }),
    ...(ts && { ts: { val: tcpTimeStamp(kernel), ecr: reply ? rxOpt(arena, sk, 'ts_recent') : 0 } }),
  };
}

function establishedOptions(call: SockCall, sk: number): TcpOptions {
  const { arena } = call.kernel;
  if (rxOpt(arena, sk, 'tstamp_ok') === 0) return { sackOk: false };
  return { sackOk: false, ts: { val: tcpTimeStamp(call.kernel), ecr: rxOpt(arena, sk, 'ts_recent') } };
}

/** Sends one segment of a socket. @kernel __tcp_transmit_skb */
function tcpTransmitSkb(call: SockCall, sk: number, seq: number, flags: number, data?: Uint8Array): void {
  const { arena } = call.kernel;
  const { local, port, remote, remotePort } = endsOf(arena, sk);
  const syn = (flags & SYN) !== 0;
  const acks = (flags & ACK) !== 0;
  const spec: SegmentSpec = {
    src: local,
    dst: remote,
    sport: port,
    dport: remotePort,
    seq,
    ack: acks ? tp(arena, sk, 'rcv_nxt') : 0,
    flags,
    window: flags & RST ? 0 : advertised(call, sk, syn),
    options: tcpOptions(syn ? synOptions(call, sk) : establishedOptions(call, sk)),
    ...(data && { data }),
  };
  const v6 = local.length === 16;
  const header = {
    src: local,
    dst: remote,
    protocol: IPPROTO_TCP,
    ttl: defaultTtl(call, v6),
    tos: skMember(arena, sk, 'inet_sock', 'tos'),
    id: v6 ? 0 : nextId(call, sk),
    df: true,
  };
  if (acks) setTp(arena, sk, 'rcv_wup', tp(arena, sk, 'rcv_nxt'));
  addTp(arena, sk, 'segs_out', 1);
  if (data && data.length > 0) {
    addTp(arena, sk, 'data_segs_out', 1);
    addTp64(arena, sk, 'bytes_sent', data.length);
  }
  call.effects.push({ kind: 'send', sk, packet: ipPacket(header, segmentBytes(spec)) });
}

/** @kernel tcp_send_ack */
export function tcpSendAck(call: SockCall, sk: number): void {
  tcpTransmitSkb(call, sk, tp(call.kernel.arena, sk, 'snd_nxt'), ACK);
}

/** @kernel tcp_send_active_reset */
export function tcpSendActiveReset(call: SockCall, sk: number): void {
  tcpTransmitSkb(call, sk, tp(call.kernel.arena, sk, 'snd_nxt'), RST | ACK);
}

/** A segment that the peer must answer although nothing can be sent. @kernel tcp_xmit_probe_skb */
export function tcpXmitProbe(call: SockCall, sk: number): void {
  tcpTransmitSkb(call, sk, (tp(call.kernel.arena, sk, 'snd_una') - 1) >>> 0, ACK);
}

/** How long an answer is waited for. */
export function rtoNs(call: SockCall, sk: number): bigint {
  return BigInt(skMember(call.kernel.arena, sk, 'inet_connection_sock', 'icsk_rto')) * TICK_NS;
}

/** Sends a segment of the queue, for the first time or again. */
function transmitSent(call: SockCall, sk: number, { seq, bytes, syn, fin }: SentSegment, push: boolean): void {
  const acks = !syn || stateOf(call.kernel.arena, sk) === TCP_SYN_RECV;
  const flags = (syn ? SYN : 0) | (fin ? FIN : 0) | (acks ? ACK : 0) | (push ? PSH : 0);
  tcpTransmitSkb(call, sk, seq, flags, bytes);
}

/** Sends something new and waits for its acknowledgement. @kernel tcp_event_new_data_sent */
export function sendNew(call: SockCall, sk: number, segment: SentSegment, push = false): void {
  const { arena } = call.kernel;
  const { sent } = getLife(call, sk);
  const { seq, bytes, syn, fin } = segment;
  changeLife(call, sk, { sent: [...sent, segment] });
  setTp(arena, sk, 'snd_nxt', seq + bytes.length + (syn ? 1 : 0) + (fin ? 1 : 0));
  setTp(arena, sk, 'packets_out', sent.length + 1);
  transmitSent(call, sk, segment, push);
  if (sent.length === 0) setAlarm(call, sk, 'retransmit', rtoNs(call, sk));
}

/** Sends the oldest segment again. @kernel tcp_retransmit_skb */
export function tcpRetransmitSkb(call: SockCall, sk: number): void {
  const head = getLife(call, sk).sent[0];
  if (!head) return;
  const { arena } = call.kernel;
  addTp(arena, sk, 'total_retrans', 1);
  if (head.bytes.length > 0) addTp64(arena, sk, 'bytes_retrans', head.bytes.length);
  transmitSent(call, sk, head, head.bytes.length > 0);
}

/** Takes up to `size` bytes from the front of a list of pieces. */
function takeBytes(pieces: readonly Uint8Array[], size: number): readonly [Uint8Array, readonly Uint8Array[]] {
  const taken: Uint8Array[] = [];
  let left = size;
  let at = 0;
  for (; at < pieces.length && left >= pieces[at]!.length; at++) {
    taken.push(pieces[at]!);
    left -= pieces[at]!.length;
  }
  const rest = pieces.slice(at);
  if (left > 0 && rest.length > 0) {
    taken.push(rest[0]!.subarray(0, left));
    rest[0] = rest[0]!.subarray(left);
  }
  const out = new Uint8Array(taken.reduce((n, t) => n + t.length, 0));
  taken.reduce((to, t) => {
    out.set(t, to);
    return to + t.length;
  }, 0);
  return [out, rest];
}

/** Must a small segment wait because another small one is under way? @kernel tcp_nagle_check */
function nagleWaits(call: SockCall, sk: number): boolean {
  const { arena } = call.kernel;
  if ((tp(arena, sk, 'nonagle') & TCP_NAGLE_OFF) !== 0 || getLife(call, sk).sent.length === 0) return false;
  const small = tp(arena, sk, 'snd_sml');
  return seqCmp.after(small, tp(arena, sk, 'snd_una')) && !seqCmp.after(small, tp(arena, sk, 'snd_nxt'));
}

/** Sends what the peer's window allows. @kernel tcp_write_xmit */
export function tcpWriteXmit(call: SockCall, sk: number): void {
  const { arena } = call.kernel;
  const mss = tp(arena, sk, 'mss_cache');
  for (;;) {
    const { unsent, finWaits, sent } = getLife(call, sk);
    if (unsent.length === 0 && !finWaits) return;
    const next = tp(arena, sk, 'snd_nxt');
    const room = (tp(arena, sk, 'snd_una') + tp(arena, sk, 'snd_wnd') - next) | 0;
    const [bytes, rest] = takeBytes(unsent, Math.max(0, Math.min(mss, room)));
    const last = rest.length === 0;
    // What the window cuts short waits for the window to open, not to fill the path with small segments.
    if (room > 0 && !last && bytes.length < mss && sent.length > 0) return;
    if (room <= 0 || (bytes.length === 0 && !last)) {
      // Nobody will acknowledge anything: ask for the window from time to time. @kernel tcp_check_probe_timer
      if (sent.length === 0 && getLife(call, sk).due === undefined) setAlarm(call, sk, 'retransmit', rtoNs(call, sk));
      return;
    }
    const fin = last && finWaits && bytes.length < room;
    if (bytes.length < mss && !fin && nagleWaits(call, sk)) return;
    if (bytes.length < mss && bytes.length > 0) setTp(arena, sk, 'snd_sml', next + bytes.length);
    changeLife(call, sk, { unsent: rest, finWaits: finWaits && !fin });
    sendNew(call, sk, { seq: next, bytes, syn: false, fin }, last && bytes.length > 0);
  }
}

/** A FIN goes behind all that is to be sent. @kernel tcp_send_fin */
export function tcpSendFin(call: SockCall, sk: number): void {
  addTp(call.kernel.arena, sk, 'write_seq', 1);
  changeLife(call, sk, { finWaits: true });
  tcpWriteXmit(call, sk);
}
