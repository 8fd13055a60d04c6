/** Packets for the node itself: to the protocol that they carry. */
import { internetChecksum } from '../../net/checksum.ts';
import { setSkMember, skFullsock, skIsRefcounted, skMember } from '../../net/inetSock.ts';
import { freeSkb, setSkbField, skbField, skbPull, skbSetHeader } from '../../net/skb.ts';
import { UAPI } from '../../spec/constants.ts';
import { swap16 } from '../../util/bits.ts';
import type { KernelCore } from '../core.ts';
import { deviceObject } from '../net/deviceObject.ts';
import type { SockReceived } from '../sockets/life.ts';
import type { IpInput } from '../sockets/packet/ip.ts';
import { rawRcv } from '../sockets/raw.ts';
import { lookupFlow } from '../sockets/receive.ts';
import { tcpV4Err } from '../sockets/tcp/err.ts';
import { tcpRcv } from '../sockets/tcp/rcv.ts';
import { udpErr, udpRcv } from '../sockets/udp.ts';
import { socketName } from './apps.ts';
import { dataBytes, ifindexOfSkb } from './buffer.ts';
import { cgroupSkb } from './cgroupHooks.ts';
import type { DropReason } from './dropReasons.ts';
import { DROP_REASONS } from './dropReasons.ts';
import type { Flow } from './flow.ts';
import { next } from './flow.ts';
import { echoReply, sendIcmp } from './icmp.ts';
import { type IpHeader, readIp } from './ipHeader.ts';
import { deviceName, drop, tell } from './record.ts';
import { lookupPrograms } from './skLookup.ts';
import { carryOut } from './socketWork.ts';
import { tripOf, type Work } from './state.ts';

const { ETH_P_IP, IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_IPIP, IPPROTO_TCP, IPPROTO_UDP } = UAPI;
type LocalWork = Extract<Work, { readonly at: 'local' }>;

/** The reason under the kernel's name; one that has no row here is told as it is. */
function reasonOf(name: string): DropReason {
  return Object.hasOwn(DROP_REASONS, name) ? (name as DropReason) : 'NOT_SPECIFIED';
}

/** A packet at its protocol. */
interface Arrival {
  readonly kernel: KernelCore;
  readonly work: LocalWork;
  readonly header: IpHeader;
  readonly ifindex: number;
  readonly input: IpInput;
}

/** @kernel ip_local_deliver_finish */
export function local(kernel: KernelCore, work: LocalWork): Flow {
  const { skb } = work;
  const header = readIp(kernel.arena, skb);
  const ifindex = ifindexOfSkb(kernel, skb);
  if (typeof header === 'string') return drop(kernel, work, skb, header, { ifindex });
  if (header.fragment) return drop(kernel, work, skb, 'FRAGMENT', { ifindex });
  const v6 = header.dst.length === 16;
  const input: IpInput = { bytes: dataBytes(kernel.arena, skb), ipOffset: 0, family: v6 ? 'inet6' : 'inet' };
  const arrival: Arrival = { kernel, work, header, ifindex, input };
  const raw = rawRcv(kernel, input, ifindex);
  carryOut(kernel, tripOf(work), raw);
  switch (header.protocol) {
    case IPPROTO_TCP:
    case IPPROTO_UDP:
      return toSocket(arrival);
    case IPPROTO_ICMP:
    case IPPROTO_ICMPV6:
      return icmp(arrival);
    case IPPROTO_IPIP:
      return decapsulate(arrival);
    default:
      if (raw.length > 0) return done(arrival);
      sendIcmp(kernel, work, skb, 'protocol');
      return drop(kernel, work, skb, 'IP_NOPROTO', { ifindex });
  }
}

/** The packet has got to where it was for. */
function done({ kernel, work }: Arrival): undefined {
  freeSkb(kernel.arena, work.skb);
}

/** The socket that a program has chosen at ingress; its reference goes with the packet. @kernel skb_steal_sock */
function stolen(kernel: KernelCore, skb: number): number {
  const { arena } = kernel;
  if (skbField(arena, skb, 'destructor') === 0) return 0;
  const sk = skbField(arena, skb, 'sk');
  setSkbField(arena, skb, 'destructor', 0);
  if (sk !== 0 && skIsRefcounted(arena, sk)) {
    setSkMember(arena, sk, 'sock_common', 'skc_refcnt', skMember(arena, sk, 'sock_common', 'skc_refcnt') - 1);
  }
  return sk;
}

/** TCP and UDP: a socket is found, the programs of its cgroup are asked, and it gets the packet. @kernel tcp_v4_rcv, udp_rcv */
function toSocket(arrival: Arrival): Flow {
  const { kernel, work, header, ifindex, input } = arrival;
  const { arena } = kernel;
  const { skb } = work;
  const tcp = header.protocol === IPPROTO_TCP;
  const receive = (sk: number): Flow => {
    const name = socketName(kernel, sk);
    const got: SockReceived = tcp ? tcpRcv(kernel, input, ifindex, sk) : udpRcv(kernel, input, ifindex, sk);
    if (got.drop) drop(kernel, work, skb, reasonOf(got.drop), { ifindex });
    else {
      if (tcp && got.effects.every((e) => e.kind !== 'data')) {
        tell(kernel, work, { kind: 'delivered', socket: name, what: 'it' });
      }
      done(arrival);
    }
    return carryOut(kernel, tripOf(work), got.effects);
  };
  const filtered = (sk: number): Flow => {
    if (sk === 0 || !skFullsock(arena, sk)) return receive(sk);
    return cgroupSkb(kernel, work, sk, 'ingress', (passed) =>
      passed ? receive(sk) : drop(kernel, work, skb, 'SOCKET_FILTER', { ifindex }),
    );
  };
  const chosen = stolen(kernel, skb);
  if (chosen !== 0) return filtered(chosen);
  const ports = input.bytes.subarray(header.size);
  if (ports.length < 4) return receive(0);
  const flow = {
    src: header.src,
    dst: header.dst,
    sport: (ports[0]! << 8) | ports[1]!,
    dport: (ports[2]! << 8) | ports[3]!,
  };
  const found = lookupFlow(kernel, tcp ? 'tcp' : 'udp', flow, ifindex);
  return lookupPrograms(kernel, work, { tcp, flow, found }, filtered);
}

/** @kernel icmp_rcv, icmpv6_rcv */
function icmp(arrival: Arrival): Flow {
  const { kernel, work, header, ifindex, input } = arrival;
  const { skb } = work;
  const body = input.bytes.subarray(header.size);
  const v6 = header.dst.length === 16;
  if (body.length < 8) return drop(kernel, work, skb, 'PKT_TOO_SMALL', { ifindex });
  if (!v6 && internetChecksum(body) !== 0) return drop(kernel, work, skb, 'ICMP_CSUM', { ifindex });
  if (body[0] === (v6 ? 128 : 8)) {
    tell(kernel, work, { kind: 'delivered', socket: 'kernel', what: 'the echo request' });
    done(arrival);
    return echoReply(kernel, work, input);
  }
  for (const effects of [tcpV4Err(kernel, input, ifindex), udpErr(kernel, input, ifindex)]) {
    if (effects.drop) return drop(kernel, work, skb, reasonOf(effects.drop), { ifindex });
    carryOut(kernel, tripOf(work), effects.effects);
  }
  tell(kernel, work, { kind: 'delivered', socket: 'kernel', what: 'the ICMP message' });
  return done(arrival);
}

/** An ipip device takes the outer header off. @kernel ipip_rcv */
function decapsulate(arrival: Arrival): Flow {
  const { kernel, work, header, ifindex } = arrival;
  const { arena, world } = kernel;
  const { skb } = work;
  const any = (a: Uint8Array): boolean => a.every((byte) => byte === 0);
  const same = (a: Uint8Array, b: Uint8Array): boolean => a.every((byte, i) => byte === b[i]);
  const device = world.net.devices.find(
    ({ up, tunnel: t }) =>
      up && t && (any(t.local) || same(t.local, header.dst)) && (any(t.remote) || same(t.remote, header.src)),
  );
  if (!device) {
    sendIcmp(kernel, work, skb, 'protocol');
    return drop(kernel, work, skb, 'IP_NOPROTO', { ifindex, why: 'no ipip device has these addresses' });
  }
  skbPull(arena, skb, header.size);
  setSkbField(arena, skb, 'dev', deviceObject(kernel, device.ifindex));
  setSkbField(arena, skb, 'skb_iif', device.ifindex);
  setSkbField(arena, skb, 'protocol', swap16(ETH_P_IP));
  setSkbField(arena, skb, 'mac_len', 0);
  for (const name of ['mac_header', 'network_header', 'transport_header'] as const) skbSetHeader(arena, skb, name);
  const bytes = dataBytes(arena, skb);
  tell(kernel, work, { kind: 'tunnel', dev: deviceName(kernel, device.ifindex), what: 'decapsulated', bytes });
  return next(kernel, { ...tripOf(work), at: 'receive', skb });
}
