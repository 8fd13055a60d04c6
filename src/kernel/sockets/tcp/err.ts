/** ICMP errors about TCP segments. */
import { skMember } from '../../../net/inetSock.ts';
import { UAPI } from '../../../spec/constants.ts';
import type { KernelCore } from '../../core.ts';
import { changeLife, getLife, type SockCall } from '../call.ts';
import { type IcmpNews, quotedPorts, readIcmpError } from '../icmp.ts';
import type { SentSegment, SockEffect, SockReceived } from '../life.ts';
import { type IpInput, viewOf } from '../packet/ip.ts';
import { seqCmp } from '../packet/segment.ts';
import { lookupFlow } from '../receive.ts';
import { tcpDoneWithError } from './done.ts';
import { tcpRetransmitSkb } from './output.ts';
import { dropRequest } from './request.ts';
import { setTp, stateOf, TCP_LISTEN, TCP_NEW_SYN_RECV, TCP_SYN_RECV, TCP_SYN_SENT, TCP_TIME_WAIT, tp } from './sock.ts';
import { mssOfMtu, tcpSyncMss } from './window.ts';

const { IPPROTO_TCP } = UAPI;
const { after, before } = seqCmp;

/** Cuts a sent segment into pieces of at most `mss` bytes. @kernel tcp_fragment */
function cut(segment: SentSegment, mss: number): SentSegment[] {
  const { seq, bytes, syn, fin } = segment;
  if (bytes.length <= mss) return [segment];
  const count = Math.ceil(bytes.length / mss);
  return Array.from({ length: count }, (_, i) => ({
    seq: (seq + i * mss) >>> 0,
    bytes: bytes.subarray(i * mss, (i + 1) * mss),
    syn: syn && i === 0,
    fin: fin && i === count - 1,
  }));
}

/** The path is narrower than was thought: what is under way goes out in smaller pieces. @kernel tcp_v4_mtu_reduced */
function mtuReduced(call: SockCall, sk: number, mtu: number, v6: boolean): void {
  const { arena } = call.kernel;
  const had = tp(arena, sk, 'mss_cache');
  tcpSyncMss(call, sk, Math.min(mssOfMtu(mtu, v6), tp(arena, sk, 'advmss')));
  const mss = tp(arena, sk, 'mss_cache');
  if (mss >= had) return;
  const sent = getLife(call, sk).sent.flatMap((segment) => cut(segment, mss));
  changeLife(call, sk, { sent });
  setTp(arena, sk, 'packets_out', sent.length);
  tcpRetransmitSkb(call, sk);
}

function tell(call: SockCall, sk: number, news: IcmpNews): void {
  const { arena } = call.kernel;
  const state = stateOf(arena, sk);
  const seq = viewOf(news.quoted.payload).getUint32(4);
  if (state === TCP_NEW_SYN_RECV) {
    if (seq === skMember(arena, sk, 'tcp_request_sock', 'snt_isn') && news.mtu === undefined) dropRequest(call, sk);
    return;
  }
  if (state === TCP_LISTEN || state === TCP_TIME_WAIT) return;
  if (before(seq, tp(arena, sk, 'snd_una')) || after(seq, tp(arena, sk, 'snd_nxt'))) return;
  if (news.mtu !== undefined) mtuReduced(call, sk, news.mtu, news.quoted.v6);
  else if (state === TCP_SYN_SENT || state === TCP_SYN_RECV) tcpDoneWithError(call, sk, news.errno);
}

/**
 * An ICMP error about a segment of this node: a connection that begins fails with it, an established one only heeds the
 * path's MTU. @kernel tcp_v4_err, tcp_v6_err
 */
export function tcpV4Err(kernel: KernelCore, packet: IpInput, ifindex: number): SockReceived {
  const effects: SockEffect[] = [];
  const news = readIcmpError(packet, IPPROTO_TCP);
  if (news === 'ICMP_CSUM') return { effects, drop: news };
  if (!news) return { effects };
  const { src, dst } = news.quoted;
  const [own, peer] = quotedPorts(news.quoted);
  const sk = lookupFlow(kernel, 'tcp', { src: dst, dst: src, sport: peer, dport: own }, ifindex);
  if (sk !== 0) tell({ kernel, effects }, sk, news);
  return { effects };
}
