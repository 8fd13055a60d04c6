/** ICMP errors: made for packets, and heard of by sockets. */
import { internetChecksum } from '../../net/checksum.ts';
import { UAPI } from '../../spec/constants.ts';
import { ERRNO } from '../../spec/errno.ts';
import type { KernelCore } from '../core.ts';
import { draw, netSysctl } from './call.ts';
import { type IpInput, type IpView, ipPacket, readIp, transportChecksum, viewOf } from './packet/ip.ts';

const { IPPROTO_ICMP, IPPROTO_ICMPV6 } = UAPI;
const HEADER = 8;
const V4_MAX = 576 - 20 - HEADER;
const V6_MAX = 1280 - 40 - HEADER;
/** Precedence "internetwork control" of errors. */
const TOS_CONTROL = 0xc0;
const ICMP_ERRORS: readonly number[] = [3, 4, 5, 11, 12];
const V6_ERROR_TYPES = 128;

const ICMP = { unreachable: 3, timeExceeded: 11, port: 3, fragNeeded: 4 } as const;
const ICMP6 = { unreachable: 1, tooBig: 2, timeExceeded: 3, port: 4 } as const;

/** Errors are not answered by errors, groups and everybody not at all. @kernel icmp_send, icmpv6_send */
function mayAnswer({ v6, src, dst, protocol, payload }: IpView): boolean {
  if (v6)
    return (
      src[0] !== 0xff &&
      src.some((b) => b !== 0) &&
      (protocol !== IPPROTO_ICMPV6 || (payload[0] ?? 0) >= V6_ERROR_TYPES)
    );
  const toMany = (a: Uint8Array): boolean => a[0]! >= 224;
  const anyone = src.every((b) => b === 0);
  return (
    !toMany(src) && !toMany(dst) && !anyone && (protocol !== IPPROTO_ICMP || !ICMP_ERRORS.includes(payload[0] ?? 0))
  );
}

/**
 * The ICMP or ICMPv6 error about a packet, as an IP packet to its sender; undefined where none may be sent.
 *
 * @param info the second word of the header: the MTU of "fragmentation needed" and "packet too big"
 * @param source the address that it comes from
 * @kernel icmp_send, icmp6_send
 */
export function icmpSend(
  kernel: KernelCore,
  packet: IpInput,
  type: number,
  code: number,
  info: number,
  source: Uint8Array,
): Uint8Array | undefined {
  const ip = readIp(packet);
  if (!ip || !mayAnswer(ip)) return undefined;
  const quoted = ip.packet.subarray(0, ip.v6 ? V6_MAX : V4_MAX);
  const body = new Uint8Array(HEADER + quoted.length);
  body[0] = type;
  body[1] = code;
  viewOf(body).setUint32(4, info);
  body.set(quoted, HEADER);
  const protocol = ip.v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
  const check = ip.v6 ? transportChecksum(source, ip.src, protocol, body) : internetChecksum(body);
  viewOf(body).setUint16(2, check);
  const ttl = ip.v6 ? (kernel.world.net.inet6.all.hop_limit ?? 64) : netSysctl(kernel, 'net.ipv4.ip_default_ttl');
  const tos = ip.v6 ? 0 : (ip.tos & 0x1e) | TOS_CONTROL;
  return ipPacket({ src: source, dst: ip.src, protocol, ttl, tos, id: draw(kernel) & 0xffff, df: false }, body);
}

/** "Port unreachable" about a packet of this node; undefined where none may be sent. */
export function icmpErrorFor(kernel: KernelCore, packet: IpInput): Uint8Array | undefined {
  const ip = readIp(packet);
  if (!ip) return undefined;
  return ip.v6
    ? icmpSend(kernel, packet, ICMP6.unreachable, ICMP6.port, 0, ip.dst)
    : icmpSend(kernel, packet, ICMP.unreachable, ICMP.port, 0, ip.dst);
}

/** An ICMP error as a socket hears of it. */
export interface IcmpNews {
  readonly errno: number;
  /** Connected UDP sockets hear of it without having asked. */
  readonly fatal: boolean;
  /** The path's MTU, where the error is about it. */
  readonly mtu?: number;
  /** The packet that was sent: its header, as far as it is quoted. */
  readonly quoted: IpView;
}

const { EACCES, ECONNREFUSED, EHOSTUNREACH, EMSGSIZE, ENETUNREACH, ENOPROTOOPT, EOPNOTSUPP, EPROTO } = ERRNO;
type Row = readonly [errno: number, fatal: boolean];
/** @kernel icmp_err_convert */
const UNREACHABLE: readonly Row[] = [
  [ENETUNREACH, false],
  [EHOSTUNREACH, false],
  [ENOPROTOOPT, true],
  [ECONNREFUSED, true],
  [EMSGSIZE, false],
  [EOPNOTSUPP, false],
  [ENETUNREACH, true],
  [ERRNO.EHOSTDOWN, true],
  [ERRNO.ENONET, true],
  [ENETUNREACH, true],
  [EHOSTUNREACH, true],
  [ENETUNREACH, false],
  [EHOSTUNREACH, false],
  [EHOSTUNREACH, true],
  [EHOSTUNREACH, true],
  [EHOSTUNREACH, true],
];
/** @kernel icmpv6_err_convert */
const UNREACHABLE6: readonly Row[] = [
  [ENETUNREACH, false],
  [EACCES, true],
  [EHOSTUNREACH, false],
  [EHOSTUNREACH, false],
  [ECONNREFUSED, true],
  [EACCES, true],
  [EACCES, true],
];

function rowOf(v6: boolean, type: number, code: number): Row | undefined {
  if (v6) {
    if (type === ICMP6.unreachable) return UNREACHABLE6[code] ?? [EPROTO, true];
    if (type === ICMP6.tooBig) return [EMSGSIZE, false];
    return type === ICMP6.timeExceeded ? [EHOSTUNREACH, false] : type === 4 ? [EPROTO, true] : undefined;
  }
  if (type === ICMP.unreachable) return UNREACHABLE[code];
  if (type === ICMP.timeExceeded) return [EHOSTUNREACH, false];
  return type === 12 ? [EPROTO, true] : undefined;
}

/** Reads an ICMP error with the protocol that its quote must have; undefined for all else. @kernel icmp_unreach */
export function readIcmpError(packet: IpInput, protocol: number): IcmpNews | 'ICMP_CSUM' | undefined {
  const ip = readIp(packet);
  if (!ip || ip.protocol !== (ip.v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP) || ip.payload.length < HEADER) return undefined;
  const { payload } = ip;
  const sum = ip.v6 ? transportChecksum(ip.src, ip.dst, IPPROTO_ICMPV6, payload) : internetChecksum(payload);
  if (sum !== 0) return 'ICMP_CSUM';
  const [type, code] = [payload[0]!, payload[1]!];
  const row = rowOf(ip.v6, type, code);
  const quoted = readIp({ bytes: payload, ipOffset: HEADER, family: ip.v6 ? 'inet6' : 'inet' }, true);
  if (!row || quoted?.protocol !== protocol || quoted.payload.length < HEADER) return undefined;
  const word = viewOf(payload).getUint32(4);
  const news = { errno: row[0], fatal: row[1], quoted };
  if (row[0] !== EMSGSIZE) return news;
  return { ...news, mtu: ip.v6 ? word : word & 0xffff };
}

/** The quoted packet's ports: its source is the socket's own. */
export function quotedPorts({ payload }: IpView): readonly [own: number, peer: number] {
  const dv = viewOf(payload);
  return [dv.getUint16(0), dv.getUint16(2)];
}
