/** The answer to our SYN. */
import { setSkMember } from '../../../net/inetSock.ts';
import { netSysctl, type SockCall } from '../call.ts';
import type { DropReason } from '../life.ts';
import type { TcpOptions } from '../packet/options.ts';
import { ACK, RST, type Segment, SYN, seqCmp } from '../packet/segment.ts';
import { cleanRtxQueue } from './ack.ts';
import { tcpDataQueue } from './data.ts';
import { tcpReset } from './done.ts';
import { tcpRetransmitSkb, tcpSendAck, tcpWriteXmit } from './output.ts';
import { tcpSendReset } from './reset.ts';
import { setRxOpt, setState, setTp, TCP_ESTABLISHED, TCP_SYN_RECV, tcpTimeStamp, timestampsOn, tp } from './sock.ts';
import { tcpSyncMss } from './window.ts';

const { after, before } = seqCmp;
const DEFAULT_MSS = 536;

/** Keeps what both sides have agreed on. */
function agree(call: SockCall, sk: number, options: TcpOptions): void {
  const { kernel } = call;
  const { arena } = kernel;
  const stamps = options.ts !== undefined && timestampsOn(kernel);
  const scaled = options.wscale !== undefined && netSysctl(kernel, 'net.ipv4.tcp_window_scaling') !== 0;
  setRxOpt(arena, sk, 'tstamp_ok', stamps ? 1 : 0);
  if (stamps) setRxOpt(arena, sk, 'ts_recent', options.ts!.val);
  setRxOpt(arena, sk, 'ts_recent_stamp', stamps ? kernel.world.clock.sec : 0);
  setRxOpt(arena, sk, 'sack_ok', options.sackOk && netSysctl(kernel, 'net.ipv4.tcp_sack') !== 0 ? 1 : 0);
  setRxOpt(arena, sk, 'wscale_ok', scaled ? 1 : 0);
  setRxOpt(arena, sk, 'snd_wscale', scaled ? options.wscale! : 0);
  if (!scaled) setRxOpt(arena, sk, 'rcv_wscale', 0);
  setRxOpt(arena, sk, 'mss_clamp', options.mss ?? DEFAULT_MSS);
  tcpSyncMss(call, sk, tp(arena, sk, 'advmss'));
}

/** Takes the peer's first number. */
function synReceived(call: SockCall, sk: number, seg: Segment): void {
  const { arena } = call.kernel;
  const next = (seg.seq + 1) >>> 0;
  for (const name of ['rcv_nxt', 'rcv_wup', 'copied_seq'] as const) setTp(arena, sk, name, next);
  setTp(arena, sk, 'snd_wl1', seg.seq);
  setTp(arena, sk, 'snd_wnd', seg.window);
  setTp(arena, sk, 'max_window', seg.window);
}

/** Is the acknowledgement one of our SYN? */
function wrongAck(call: SockCall, sk: number, seg: Segment): DropReason | undefined {
  const { arena } = call.kernel;
  const una = tp(arena, sk, 'snd_una');
  if (!after(seg.ack, una) || after(seg.ack, tp(arena, sk, 'snd_nxt'))) return 'TCP_INVALID_ACK_SEQUENCE';
  const ecr = seg.options.ts?.ecr ?? 0;
  return ecr !== 0 && after(ecr, tcpTimeStamp(call.kernel)) ? 'TCP_RFC7323_PAWS' : undefined;
}

/** @kernel tcp_rcv_synsent_state_process */
export function tcpRcvSynsent(call: SockCall, sk: number, seg: Segment): DropReason | undefined {
  const { arena } = call.kernel;
  const { flags } = seg;
  const wrong = flags & ACK ? wrongAck(call, sk, seg) : undefined;
  if (wrong) {
    tcpSendReset(call, seg);
    return wrong;
  }
  if ((flags & RST) !== 0) {
    if ((flags & ACK) !== 0) tcpReset(call, sk);
    return 'TCP_RESET';
  }
  if ((flags & SYN) === 0) return 'TCP_FLAGS';
  agree(call, sk, seg.options);
  synReceived(call, sk, seg);
  if ((flags & ACK) === 0) {
    // Both have begun at the same time: the same SYN goes out again and acknowledges the peer's.
    setState(call, sk, TCP_SYN_RECV);
    tcpRetransmitSkb(call, sk);
    return undefined;
  }
  cleanRtxQueue(call, sk, seg.ack);
  setState(call, sk, TCP_ESTABLISHED);
  setSkMember(arena, sk, 'sock_common', 'skc_incoming_cpu', call.kernel.world.cpu);
  tcpSendAck(call, sk);
  const rest = (seg.seq + 1) >>> 0;
  if (before(rest, seg.end)) tcpDataQueue(call, sk, { ...seg, seq: rest, flags: flags & ~SYN });
  tcpWriteXmit(call, sk);
  return undefined;
}
