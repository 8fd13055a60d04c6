/** Answers to segments that nobody wants. */
import type { SockCall } from '../call.ts';
import { ACK, RST, type Segment } from '../packet/segment.ts';
import { sendBare } from './output.ts';

/** A RST is never answered; what acknowledges gets its own number back. @kernel tcp_v4_send_reset, tcp_v6_send_reset */
export function tcpSendReset(call: SockCall, segment: Segment): void {
  if ((segment.flags & RST) !== 0) return;
  const acks = (segment.flags & ACK) !== 0;
  const { ip, sport, dport } = segment;
  const numbers = acks ? { seq: segment.ack, ack: 0, flags: RST } : { seq: 0, ack: segment.end, flags: RST | ACK };
  sendBare(
    call,
    0,
    { src: ip.dst, dst: ip.src, sport: dport, dport: sport, window: 0, ...numbers },
    ip.v6 ? 0 : ip.tos,
  );
}
