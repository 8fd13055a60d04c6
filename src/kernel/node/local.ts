/** Packets for the node itself: to the protocol that they carry. */
import { internetChecksum } from '../../net/checksum.ts';
import { setSkMember, skFullsock, skIsRefcounted, skMember } from '../../net/inetSock.ts';
import { freeSkb, setSkbField, skbField } from '../../net/skb.ts';
import { UAPI } from '../../spec/constants.ts';
import type { KernelCore } from '../core.ts';
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
import { echoReply, sendIcmp } from './icmp.ts';
import { type IpHeader, readIp } from './ipHeader.ts';
import { ipipRcv } from './ipip.ts';
import { drop, tell } from './record.ts';
import { isForAll } from './route.ts';
import { lookupPrograms } from './skLookup.ts';
import { carryOut } from './socketWork.ts';
import { tripOf, type Work } from './state.ts';

const { IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_IPIP, IPPROTO_TCP, IPPROTO_UDP } = UAPI;
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
      return ipipRcv(kernel, work, header, ifindex);
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
    // To packets for everybody the node itself, without a socket, answers nothing.
    const forAll = isForAll(kernel.world.net, header.dst);
    const effects = got.effects.filter((e) => !(forAll && e.kind === 'send' && e.sk === 0));
    return carryOut(kernel, tripOf(work), effects);
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
    if (!v6 && isForAll(kernel.world.net, header.dst)) return drop(kernel, work, skb, 'INVALID_PROTO', { ifindex });
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
