/** TCP segments that come in. */
import { UAPI } from '../../../spec/constants.ts';
import type { KernelCore } from '../../core.ts';
import type { SockCall } from '../call.ts';
import type { DropReason, SockEffect, SockReceived } from '../life.ts';
import { type IpInput, readIp } from '../packet/ip.ts';
import { readSegment, type Segment } from '../packet/segment.ts';
import { lookupFlow } from '../receive.ts';
import { tcpRcvConnected, tcpSegsIn } from './input.ts';
import { tcpCheckReq, tcpRcvListen } from './request.ts';
import { tcpSendReset } from './reset.ts';
import { stateOf, TCP_CLOSE, TCP_LISTEN, TCP_NEW_SYN_RECV, TCP_SYN_SENT, TCP_TIME_WAIT } from './sock.ts';
import { tcpRcvSynsent } from './synSent.ts';
import { killTimewait, tcpTimewaitStateProcess } from './timewait.ts';
import { defaultMss } from './window.ts';

const { IPPROTO_TCP } = UAPI;

/** What is known of the packet beside its bytes. */
interface Arrival {
  readonly ifindex: number;
  readonly mss: number;
}

/** A socket in TIME_WAIT: a new connection may begin in its place. @kernel tcp_v4_rcv (do_time_wait) */
function rcvTimewait(call: SockCall, tw: number, seg: Segment, { ifindex, mss }: Arrival): DropReason | undefined {
  const { kernel } = call;
  const { drop, isn } = tcpTimewaitStateProcess(call, tw, seg);
  if (isn === undefined) return drop;
  // The look-up must not find the small socket again.
  const listener = lookupFlow(
    kernel,
    'tcp',
    { src: new Uint8Array(seg.ip.src.length), dst: seg.ip.dst, sport: 0, dport: seg.dport },
    ifindex,
  );
  if (listener === 0 || stateOf(kernel.arena, listener) !== TCP_LISTEN) {
    tcpSendReset(call, seg);
    killTimewait(call, tw);
    return 'NO_SOCKET';
  }
  killTimewait(call, tw);
  return tcpRcvListen(call, listener, seg, mss, isn);
}

/** @kernel tcp_v4_do_rcv, tcp_v6_do_rcv */
function doRcv(call: SockCall, sk: number, seg: Segment, arrival: Arrival): DropReason | undefined {
  switch (stateOf(call.kernel.arena, sk)) {
    case TCP_LISTEN:
      return tcpRcvListen(call, sk, seg, arrival.mss);
    case TCP_NEW_SYN_RECV:
      return tcpCheckReq(call, sk, seg);
    case TCP_TIME_WAIT:
      return rcvTimewait(call, sk, seg, arrival);
    case TCP_CLOSE:
      tcpSendReset(call, seg);
      return 'TCP_CLOSE';
    case TCP_SYN_SENT:
      tcpSegsIn(call, sk, seg);
      return tcpRcvSynsent(call, sk, seg);
    default:
      tcpSegsIn(call, sk, seg);
      return tcpRcvConnected(call, sk, seg);
  }
}

/**
 * A TCP packet for this node.
 *
 * @param sk the socket, where a program has chosen one; 0: it is looked up
 * @param mss the MSS of the route back, for connections that begin; of Ethernet unless given
 * @kernel tcp_v4_rcv, tcp_v6_rcv
 */
export function tcpRcv(kernel: KernelCore, packet: IpInput, ifindex: number, sk = 0, mss?: number): SockReceived {
  const effects: SockEffect[] = [];
  const call = { kernel, effects };
  const ip = readIp(packet);
  if (ip?.protocol !== IPPROTO_TCP) return { effects, drop: 'PKT_TOO_SMALL' };
  const seg = readSegment(ip);
  if (typeof seg === 'string') return { effects, drop: seg };
  const { sport, dport } = seg;
  const found = sk || lookupFlow(kernel, 'tcp', { src: ip.src, dst: ip.dst, sport, dport }, ifindex);
  if (found === 0) {
    tcpSendReset(call, seg);
    return { effects, drop: 'NO_SOCKET' };
  }
  const drop = doRcv(call, found, seg, { ifindex, mss: mss ?? defaultMss(ip.v6) });
  return drop ? { effects, drop } : { effects };
}
