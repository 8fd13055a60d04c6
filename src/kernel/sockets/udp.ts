/** UDP sockets. */
import { setSkMember, skMember } from '../../net/inetSock.ts';
import { UAPI } from '../../spec/constants.ts';
import { ERRNO } from '../../spec/errno.ts';
import type { KernelCore } from '../core.ts';
import { takeSource } from './bind.ts';
import { answer, draw } from './call.ts';
import { endsOf, setEnds } from './ends.ts';
import { icmpErrorFor, quotedPorts, readIcmpError } from './icmp.ts';
import type { SockAnswer, SockEffect, SockEnd, SockReceived } from './life.ts';
import { type IpInput, ipPacket, readIp, transportChecksum, viewOf } from './packet/ip.ts';
import { inetAutobind } from './port.ts';
import { lookupFlow } from './receive.ts';
import { destroySock } from './tcp/done.ts';
import { defaultTtl, nextId } from './tcp/output.ts';
import { beginId } from './tcp/window.ts';

const { IPPROTO_UDP, TCP_ESTABLISHED } = UAPI;
const HEADER = 8;
const MAX_PAYLOAD = { v4: 65535 - 20 - HEADER, v6: 65535 - HEADER } as const;

function isConnected({ arena }: KernelCore, sk: number): boolean {
  return skMember(arena, sk, 'sock_common', 'skc_state') === TCP_ESTABLISHED;
}

/** connect(2): packets come from this peer only, and go there. @kernel __ip4_datagram_connect, __ip6_datagram_connect */
export function udpConnect(kernel: KernelCore, sk: number, peer: SockEnd, source: Uint8Array): SockAnswer {
  return answer(kernel, (call) => {
    const { arena } = kernel;
    if (peer.addr.length !== source.length) return ERRNO.EINVAL;
    const refused = inetAutobind(kernel, sk);
    if (refused !== 0) return refused;
    const local = takeSource(arena, sk, source);
    const port = skMember(arena, sk, 'sock_common', 'skc_num');
    const mapped = isV6(kernel, sk) && source.length === 4;
    setEnds(arena, sk, { local, port, remote: peer.addr, remotePort: peer.port }, { mapped, accepted: false });
    setSkMember(arena, sk, 'sock_common', 'skc_state', TCP_ESTABLISHED);
    beginId(call, sk);
    return 0;
  });
}

function isV6({ arena }: KernelCore, sk: number): boolean {
  return skMember(arena, sk, 'sock_common', 'skc_family') === UAPI.AF_INET6;
}

/** The datagram with its header. */
function datagram(src: Uint8Array, dst: Uint8Array, sport: number, dport: number, bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(HEADER + bytes.length);
  const dv = viewOf(out);
  dv.setUint16(0, sport);
  dv.setUint16(2, dport);
  dv.setUint16(4, out.length);
  out.set(bytes, HEADER);
  dv.setUint16(6, transportChecksum(src, dst, IPPROTO_UDP, out) || 0xffff);
  return out;
}

/**
 * Sends a datagram.
 *
 * @param to the receiver; a connected socket needs none
 * @param source the route's source address; a bound or connected socket keeps its own
 * @kernel udp_sendmsg, udpv6_sendmsg
 */
export function udpSendmsg(
  kernel: KernelCore,
  sk: number,
  bytes: Uint8Array,
  to?: SockEnd,
  source?: Uint8Array,
): SockAnswer {
  return answer(kernel, (call) => {
    const { arena } = kernel;
    const connected = isConnected(kernel, sk);
    if (!to && !connected) return ERRNO.EDESTADDRREQ;
    const refused = inetAutobind(kernel, sk);
    if (refused !== 0) return refused;
    const ends = endsOf(arena, sk);
    const dst = to?.addr ?? ends.remote;
    const v6 = dst.length === 16;
    if (bytes.length > (v6 ? MAX_PAYLOAD.v6 : MAX_PAYLOAD.v4)) return ERRNO.EMSGSIZE;
    const own = ends.local.length === dst.length && ends.local.some((b) => b !== 0) ? ends.local : source;
    if (own?.length !== dst.length) return ERRNO.EINVAL;
    const header = {
      src: own,
      dst,
      protocol: IPPROTO_UDP,
      ttl: defaultTtl(call, v6),
      tos: skMember(arena, sk, 'inet_sock', 'tos'),
      id: v6 ? 0 : connected ? nextId(call, sk) : draw(kernel) & 0xffff,
      df: true,
    };
    const body = datagram(own, dst, ends.port, to?.port ?? ends.remotePort, bytes);
    call.effects.push({ kind: 'send', sk, packet: ipPacket(header, body) });
    return 0;
  });
}

/**
 * A UDP packet for this node; where nobody listens the answer is "port unreachable". `sk`: the socket, where a program
 * has chosen one. @kernel __udp4_lib_rcv, __udp6_lib_rcv
 */
export function udpRcv(kernel: KernelCore, packet: IpInput, ifindex: number, sk = 0): SockReceived {
  const effects: SockEffect[] = [];
  const ip = readIp(packet);
  const length = ip && ip.payload.length >= HEADER ? viewOf(ip.payload).getUint16(4) : 0;
  if (ip?.protocol !== IPPROTO_UDP || length < HEADER || length > ip.payload.length)
    return { effects, drop: 'PKT_TOO_SMALL' };
  const body = ip.payload.subarray(0, length);
  const dv = viewOf(body);
  const unchecked = dv.getUint16(6) === 0 && !ip.v6;
  if (!unchecked && (dv.getUint16(6) === 0 || transportChecksum(ip.src, ip.dst, IPPROTO_UDP, body) !== 0)) {
    return { effects, drop: 'UDP_CSUM' };
  }
  const [sport, dport] = [dv.getUint16(0), dv.getUint16(2)];
  const found = sk || lookupFlow(kernel, 'udp', { src: ip.src, dst: ip.dst, sport, dport }, ifindex);
  if (found === 0) {
    const error = icmpErrorFor(kernel, packet);
    if (error) effects.push({ kind: 'send', sk: 0, packet: error });
    return { effects, drop: 'NO_SOCKET' };
  }
  effects.push({ kind: 'data', sk: found, bytes: body.slice(HEADER), from: { addr: ip.src, port: sport } });
  return { effects };
}

/** An ICMP error about a datagram of this node; only connected sockets hear of it. @kernel __udp4_lib_err, __udp6_lib_err */
export function udpErr(kernel: KernelCore, packet: IpInput, ifindex: number): SockReceived {
  const news = readIcmpError(packet, IPPROTO_UDP);
  if (news === 'ICMP_CSUM') return { effects: [], drop: news };
  if (!news) return { effects: [] };
  const { src, dst } = news.quoted;
  const [own, peer] = quotedPorts(news.quoted);
  const sk = lookupFlow(kernel, 'udp', { src: dst, dst: src, sport: peer, dport: own }, ifindex);
  if (sk === 0 || !news.fatal || !isConnected(kernel, sk)) return { effects: [] };
  setSkMember(kernel.arena, sk, 'sock', 'sk_err', news.errno);
  return { effects: [{ kind: 'error', sk, errno: news.errno }] };
}

/** close(2). @kernel udp_lib_close */
export function udpClose(kernel: KernelCore, sk: number): SockAnswer {
  return answer(kernel, (call) => {
    destroySock(call, sk);
    return 0;
  });
}
